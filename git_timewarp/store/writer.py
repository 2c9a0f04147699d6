"""Writer identity: one id per clone, never shared by two (design 3).

`writer.json` in our state folder binds the id to the path, inode and machine of the
git directory and to a nonce that is also kept outside the repository, beside the last
number that was folded. A clone that was copied, moved or restored from a backup does
not match and gets a new id; refs of the old one stay and are only read. The device
number is recorded but does not decide: it changes when a machine is restarted.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping

from git_timewarp.git.names import WriterId
from git_timewarp.store import lineage
from git_timewarp.store.events import NewerFormatError
from git_timewarp.util import atomic, directories, faults
from git_timewarp.util.clock import Clock
from git_timewarp.util.frozen import Frozen
from git_timewarp.util.ids import WRITER_ID_LENGTH, letters
from git_timewarp.util.text import compact_json, json_name

FORMAT_VERSION = 1


class Surroundings(Frozen):
    """Facts of the machine, passed in: its id, and a folder outside every repository.

    `outside` is None where there is no home; then copies made in place of the
    original (same path and inode) cannot be told apart.
    """

    machine: str
    outside: str | None


def surroundings(environ: Mapping[str, str]) -> Surroundings:
    """Gather the facts of this machine; `environ` is the process environment."""
    found = atomic.read("/etc/machine-id") or b""
    machine = found.decode("ascii", "replace").strip() or os.uname().nodename
    state, home = environ.get("XDG_STATE_HOME"), environ.get("HOME")
    if not state and home and os.path.isdir(home):
        state = os.path.join(home, ".local", "state")
    return Surroundings(machine, os.path.join(state, "git-timewarp") if state else None)


class Identity(Frozen):
    """Whether this clone has a writer id, and whether the recorded one is still its own."""

    writer: WriterId | None
    is_ours: bool
    reason: str = ""


def check(state_dir: str, around: Surroundings, *, last_n: int) -> Identity:
    """Read `writer.json` and compare it with the clone we stand in.

    Args:
        state_dir: `$GIT_COMMON_DIR/timewarp`.
        around: facts of the machine.
        last_n: the last event number the journal knows of.

    Raises:
        NewerFormatError: a newer version wrote it.
    """
    data = atomic.read(_path(state_dir))
    if data is None:
        return Identity(None, is_ours=False, reason="no writer yet")
    try:
        record = json.loads(data)
        if isinstance(record["v"], int) and record["v"] > FORMAT_VERSION:
            raise NewerFormatError("writer.json", record["v"])
        writer = WriterId(record["id"])
    except (ValueError, KeyError, TypeError):
        return Identity(None, is_ours=False, reason="writer.json is damaged")
    common = os.path.dirname(state_dir)
    for member, value in _place(common, around).items():
        if record.get(member) != value:
            return Identity(writer, is_ours=False, reason=f"the {member} changed")
    outside = _outside(around, writer)
    if record.get("nonce") and outside is not None:
        known = _read_outside(outside)
        if known is not None and known[0] != record["nonce"]:
            return Identity(writer, is_ours=False, reason="another clone uses the id")
        if known is not None and known[1] > last_n:
            return Identity(writer, is_ours=False, reason="the repository went back in time")
    return Identity(writer, is_ours=True)


def create(
    state_dir: str, around: Surroundings, *, clock: Clock, before: Mapping[str, int]
) -> WriterId:
    """Give this clone a new writer id and record it, with those it had `before`."""
    writer = WriterId(letters(clock, WRITER_ID_LENGTH))
    common = os.path.dirname(state_dir)
    left = _left(common, around)
    known = {**left, **before}
    record: dict[str, object] = {
        "v": FORMAT_VERSION,
        "id": writer,
        **_place(common, around),
        "device": os.stat(common).st_dev,
        "nonce": clock.random_bytes(16).hex(),
        "former": [{"id": old, "n": n} for old, n in sorted(known.items())],
    }
    outside = _outside(around, writer)
    if outside is not None:
        try:
            directories.make(os.path.dirname(outside))
            atomic.write(outside, compact_json({"nonce": record["nonce"], "n": 0}), mode=0o600)
        except OSError:
            record["nonce"] = None
    atomic.write(_path(state_dir), compact_json(record))
    for old in left:
        forget(around, WriterId(old))
    return writer


def take_over(state_dir: str, before: Mapping[str, int]) -> None:
    """Note that this clone had the ids `before`, each with the number of its last event here."""
    record = json.loads(atomic.read(_path(state_dir)) or b"{}")
    known = {**lineage.former(state_dir), **before}
    record["former"] = [{"id": old, "n": n} for old, n in sorted(known.items())]
    atomic.write(_path(state_dir), compact_json(record))


def was_here(around: Surroundings, writer: WriterId) -> bool:
    """Tell whether a clone on this machine, of this user, recorded under an id."""
    outside = _outside(around, writer)
    return outside is not None and os.path.exists(outside)


def leave(state_dir: str, around: Surroundings, writer: WriterId, *, n: int) -> None:
    """Remember outside the repository what this clone recorded, before `writer.json` goes.

    Best effort: `create` finds it, should recording begin again in the same place.
    """
    outside = _outside(around, writer)
    if outside is None:
        return
    before = {**lineage.former(state_dir), str(writer): n}
    known = _read_outside(outside)
    record = {
        "nonce": known[0] if known is not None else None,
        "n": n,
        "left": _place(os.path.dirname(state_dir), around),
        "former": [{"id": old, "n": last} for old, last in sorted(before.items())],
    }
    with contextlib.suppress(OSError):
        directories.make(os.path.dirname(outside))
        atomic.write(outside, compact_json(record), mode=0o600)


def note_folded(around: Surroundings, writer: WriterId, n: int) -> None:
    """Remember outside the repository how far the chain was folded; best effort."""
    outside = _outside(around, writer)
    known = _read_outside(outside) if outside is not None else None
    if outside is not None and known is not None:
        with contextlib.suppress(OSError):
            atomic.write(outside, compact_json({"nonce": known[0], "n": n}), mode=0o600, sync=False)


def forget(around: Surroundings, writer: WriterId) -> None:
    """Remove what is kept outside the repository for this writer."""
    outside = _outside(around, writer)
    if outside is not None:
        with contextlib.suppress(OSError):
            directories.remove(outside)
            for folder in (os.path.dirname(outside), around.outside or ""):
                faults.point("rmdir outside")
                os.rmdir(folder)


def _place(common: str, around: Surroundings) -> dict[str, object]:
    """Return what tells one clone from another."""
    return {
        "path": json_name(os.path.realpath(common)),
        "inode": os.stat(common).st_ino,
        "machine": around.machine,
    }


def _left(common: str, around: Surroundings) -> dict[str, int]:
    """Return the ids that recorded in this very place until a `deinit`, with their last number."""
    found: dict[str, int] = {}
    here = _place(common, around)
    folder = os.path.join(around.outside, "writers") if around.outside is not None else ""
    names = os.listdir(folder) if os.path.isdir(folder) else []
    for name in names:
        try:
            record = json.loads(atomic.read(os.path.join(folder, name)) or b"{}")
            if record.get("left") == here:
                found |= {str(item["id"]): int(item["n"]) for item in record["former"]}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue
    return found


def _path(state_dir: str) -> str:
    return os.path.join(state_dir, "writer.json")


def _outside(around: Surroundings, writer: WriterId) -> str | None:
    return None if around.outside is None else os.path.join(around.outside, "writers", writer)


def _read_outside(path: str) -> tuple[str, int] | None:
    data = atomic.read(path)
    if data is None:
        return None
    try:
        record = json.loads(data)
        return str(record["nonce"]), int(record["n"])
    except (ValueError, KeyError, TypeError):
        return None
