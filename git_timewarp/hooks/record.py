"""What was installed and what was there before, in `<common dir>/timewarp-hooks/.record.json`.

Written before anything else changes, so that an installation cut short can be undone. It lies
beside the stubs and not in the state folder: who deletes that one keeps his hooks, and what
takes ours out.
"""

import binascii
import contextlib
import json
import os
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.git.repo import Repo
from git_timewarp.util import atomic, directories, faults
from git_timewarp.util.frozen import Frozen
from git_timewarp.util.text import compact_json, json_name, name_from_json

FORMAT_VERSION = 2
FOLDER = "timewarp-hooks"
"""Where everything of our hooks lies, in the common directory; theirs of single work trees beside."""

BESIDE = "beside"
PATH = "path"


class HooksRecordError(TimewarpError):
    """The note of what was installed cannot be read."""

    kind = Kind.CORRUPT
    reference = "hooks-record-unreadable"


class Place(Frozen):
    """A config file in which `core.hooksPath` is ours.

    Attributes:
        config: the file, relative to the common directory.
        folder: our hooks folder, relative to the common directory.
        value: what we set `core.hooksPath` to.
        previous: what it was in this very file, or None.
        next: the setting in effect before, wherever it came from; None is git's own folder.
        condition: the `includeIf` condition for linked work trees, or None.
        before: the whole file as it was.
        after: SHA-256 of the file as we left it, or None when we did not get that far.
    """

    config: str
    folder: str
    value: str
    previous: str | None
    next: str | None
    condition: str | None
    before: bytes
    after: str | None = None

    def to_json(self) -> dict[str, object]:
        """Return the stored form."""
        return {
            "config": json_name(self.config),
            "folder": json_name(self.folder),
            "value": json_name(self.value),
            "previous": None if self.previous is None else json_name(self.previous),
            "next": None if self.next is None else json_name(self.next),
            "condition": None if self.condition is None else json_name(self.condition),
            "before": binascii.b2a_base64(self.before, newline=False).decode("ascii"),
            "after": self.after,
        }


class Record(Frozen):
    """One installation.

    Attributes:
        mode: `beside` (stubs in git's own hooks folder) or `path` (`core.hooksPath` is ours).
        common_dir: where the repository was.
        stubs: SHA-256 of each stub we wrote in git's own hooks folder, by name.
        made_folder: whether that folder was made for them.
        places: config files that name a folder of ours.
        done: False while it is being put in or taken out; then it must be taken out.
    """

    mode: str
    common_dir: str
    stubs: Mapping[str, str] = MappingProxyType({})
    made_folder: bool = False
    places: tuple[Place, ...] = ()
    done: bool = False

    def to_json(self) -> dict[str, object]:
        """Return the stored form."""
        return {
            "v": FORMAT_VERSION,
            "mode": self.mode,
            "common_dir": json_name(self.common_dir),
            "stubs": dict(self.stubs),
            "made_folder": self.made_folder,
            "done": self.done,
            "places": [place.to_json() for place in self.places],
        }


def path(repo: Repo) -> str:
    """Return where the record lies."""
    return os.path.join(repo.common_dir, FOLDER, ".record.json")


def _first_path(repo: Repo) -> str:
    """Return where the record of format 1 lay."""
    return os.path.join(repo.state_dir, "hooks.json")


def exists(repo: Repo) -> bool:
    """Tell whether there is a record, readable or not."""
    return os.path.exists(path(repo)) or os.path.exists(_first_path(repo))


def load(repo: Repo) -> Record | None:
    """Return what is installed, or None; HooksRecordError when the file is damaged or newer."""
    where = path(repo)
    data = atomic.read(where)
    if data is None:
        where = _first_path(repo)
        data = atomic.read(where)
    if data is None:
        return None
    try:
        found = json.loads(data)
        version = int(found["v"])
        if version <= FORMAT_VERSION:
            return Record(
                mode=str(found["mode"]),
                common_dir=name_from_json(found["common_dir"]),
                stubs={str(name): str(digest) for name, digest in found["stubs"].items()},
                made_folder=bool(found["made_folder"]),
                done=bool(found["done"]),
                places=tuple(_place(place, version) for place in found["places"]),
            )
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        raise HooksRecordError(
            f"the note of installed hooks '{where}' cannot be read",
            hint="git timewarp hooks uninstall --force",
        ) from exc
    raise HooksRecordError(
        f"the note of installed hooks '{where}' has format {version}, newer than this program",
        hint="git timewarp --version",
    )


def save(repo: Repo, record: Record) -> None:
    """Store `record` durably; it holds the config file, so nobody more may read it."""
    mode = os.stat(os.path.join(repo.common_dir, "config")).st_mode & 0o666
    directories.make(os.path.dirname(path(repo)))
    atomic.write(path(repo), compact_json(record.to_json()), mode=mode)


def forget(repo: Repo) -> None:
    """Remove the record; nothing is installed any more."""
    for where in (_first_path(repo), path(repo)):
        faults.point("unlink record of hooks")
        with contextlib.suppress(FileNotFoundError):
            os.unlink(where)
    faults.point("rmdir hooks")
    with contextlib.suppress(OSError):
        os.rmdir(os.path.dirname(path(repo)))


def _place(found: dict[str, Any], version: int) -> Place:
    folder = name_from_json(found["folder"])
    return Place(
        config=name_from_json(found["config"]),
        # Format 1 told it relative to the state folder.
        folder=f"timewarp/{folder}" if version == 1 else folder,
        value=name_from_json(found["value"]),
        previous=None if found["previous"] is None else name_from_json(found["previous"]),
        next=None if found["next"] is None else name_from_json(found["next"]),
        condition=None if found["condition"] is None else name_from_json(found["condition"]),
        before=binascii.a2b_base64(found["before"]),
        after=found["after"],
    )
