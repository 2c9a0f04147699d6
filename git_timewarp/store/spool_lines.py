"""What a git hook noted: lines of the spool, read back into records.

The format is in `store/spool.py`. Reading survives anything: a line that a full disk or a
kill cut short is counted and passed over, the lines around it are read.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from git_timewarp.git import generation
from git_timewarp.util.frozen import Frozen
from git_timewarp.util.text import json_name, to_str

VERSION = "1"
MORE, LAST = "+", "."
_ESCAPE = r"\\(.)"
_UNESCAPED = {"\\": "\\", "t": "\t", "n": "\n"}
_USERINFO = r"(?<=://)[^/@]*@"
_CLOCK_SLACK_NS = 1_000_000_000


class HookEvent(Frozen):
    """One run of a git hook, as the hook itself noted it.

    Attributes:
        key: idempotency key, the same whenever this entry is read.
        hook: name of the hook, such as `post-commit`.
        git_dir: GIT_DIR of the hook made absolute, or None when it was too long to note.
        cwd: folder the hook ran in (the work tree's root), or None likewise.
        branch: full name of the ref HEAD pointed to, or None when detached or unknown.
        commit: the object id HEAD named then, or None where only git can tell (a packed
            ref, another ref format): ask git.
        action: GIT_REFLOG_ACTION, such as `rebase (pick)`, or None.
        args: the hook's arguments; what stands before `@` in a URL is left out.
        lines: the hook's standard input (post-rewrite, pre-push).
        more_lines: lines of standard input that were not noted, at least.
        at_ns: when it ran, nanoseconds since the epoch, never later than it really was noted.
        exact: whether `at_ns` is the time itself; otherwise the entry is not younger.
        complete: whether the whole entry arrived; False when its writer was killed.
        pid, git_pid: the hook's process and the git that started it.
    """

    key: str
    hook: str
    git_dir: str | None
    cwd: str | None
    branch: str | None
    commit: str | None
    action: str | None
    args: tuple[str, ...]
    lines: tuple[str, ...]
    more_lines: int
    at_ns: int
    exact: bool
    complete: bool
    pid: int
    git_pid: int

    def worktree(self, common_dir: str) -> str | None:
        """Return the name of the work tree, or None when it is not of this repository."""
        if self.git_dir is None:
            return None
        found, common = os.path.realpath(self.git_dir), os.path.realpath(common_dir)
        if found == common or os.path.dirname(found) == os.path.join(common, "worktrees"):
            return generation.name(found, common)
        return None

    def to_dict(self) -> dict[str, object]:
        """Return the stable JSON form."""
        return {
            "key": self.key,
            "hook": self.hook,
            "git_dir": None if self.git_dir is None else json_name(self.git_dir),
            "cwd": None if self.cwd is None else json_name(self.cwd),
            "branch": None if self.branch is None else json_name(self.branch),
            "commit": self.commit,
            "action": None if self.action is None else json_name(self.action),
            "args": [json_name(arg) for arg in self.args],
            "lines": [json_name(line) for line in self.lines],
            "more_lines": self.more_lines,
            "complete": self.complete,
            "exact": self.exact,
        }


class Scan(Frozen):
    """What a piece of a spool file holds: its entries, lines cut short, where reading ended."""

    events: tuple[HookEvent, ...]
    torn: int
    end: int


class _Entry:
    def __init__(self, offset: int) -> None:
        self.offset = offset
        self.fields: dict[str, list[str]] = {}
        self.complete = False


def scan(
    data: bytes, *, name: str, start: int, final: bool, latest_ns: int, boot_ns: int | None
) -> Scan:
    """Read the entries in `data`, which begins at offset `start` of the spool file `name`.

    Args:
        data: bytes from `start` to the end of the file.
        name: the retired file's name; with an entry's offset it makes the entry's key.
        start: offset of `data` in the file.
        final: nobody will append to it any more: what is unfinished stays so.
        latest_ns: when the file was last written to, nanoseconds since the epoch.
        boot_ns: when the machine was started, or None where that is not known.
    """
    entries: list[_Entry] = []
    unfinished: dict[str, _Entry] = {}
    torn = 0
    offset = 0
    for line, end in _split(data):
        parsed = _parse(line) if end <= len(data) else None
        if parsed is not None:
            _collect(parsed, _Line(offset, entries, unfinished))
        elif line:
            if end > len(data) and not final:
                break
            torn += 1
        offset = min(end, len(data))
    if unfinished and not final:
        offset = min(entry.offset for entry in unfinished.values())
        entries = [entry for entry in entries if entry.offset < offset]
    events = _events(entries, name=name, start=start, latest_ns=latest_ns, boot_ns=boot_ns)
    return Scan(tuple(events), torn, start + offset)


class _Line(NamedTuple):
    offset: int
    entries: list[_Entry]
    unfinished: dict[str, _Entry]


def _split(data: bytes) -> Iterator[tuple[bytes, int]]:
    """Yield each line and the offset behind its newline (beyond the data where there is none)."""
    position = 0
    while position < len(data):
        found = data.find(b"\n", position)
        end = len(data) + 1 if found < 0 else found + 1
        yield data[position : end - 1], end
        position = end


def _parse(line: bytes) -> tuple[str, dict[str, list[str]], str] | None:
    """Return (writer, fields, end mark) of a whole line, or None."""
    words = to_str(line).split("\t")
    if len(words) < 3 or words[0] != VERSION or words[-1] not in {MORE, LAST}:
        return None
    fields: dict[str, list[str]] = {}
    for word in words[2:-1]:
        key, equals, value = word.partition("=")
        if not equals:
            return None
        plain = re.sub(_ESCAPE, lambda found: _UNESCAPED.get(found[1], found[0]), value)
        fields.setdefault(key, []).append(plain)
    return words[1], fields, words[-1]


def _collect(parsed: tuple[str, dict[str, list[str]], str], line: _Line) -> None:
    writer, fields, mark = parsed
    entry = line.unfinished.get(writer)
    if entry is None or "h" in fields:
        entry = _Entry(line.offset)
        line.entries.append(entry)
    for key, values in fields.items():
        entry.fields.setdefault(key, []).extend(values)
    entry.fields["id"] = [writer]
    entry.complete = mark == LAST
    if entry.complete:
        line.unfinished.pop(writer, None)
    else:
        line.unfinished[writer] = entry


def _events(
    entries: Sequence[_Entry], *, name: str, start: int, latest_ns: int, boot_ns: int | None
) -> list[HookEvent]:
    """Turn entries into records, last first: an entry is not younger than the one behind it."""
    events: list[HookEvent] = []
    latest, younger_uptime, same_boot = latest_ns, float("inf"), True
    for entry in reversed(entries):
        uptime = _number(entry.fields.get("u"))
        if uptime is not None:
            same_boot = same_boot and uptime <= younger_uptime + 1
            younger_uptime = uptime
        boot = boot_ns if same_boot else None
        at_ns = _moment(entry.fields, boot)
        exact = at_ns is not None and at_ns <= latest + _CLOCK_SLACK_NS
        moment = min(at_ns, latest) if exact and at_ns is not None else latest
        event = _event(entry, key=f"{name}:{start + entry.offset}", at_ns=moment, exact=exact)
        latest = moment
        if event is not None and "p" not in entry.fields:
            events.append(event)
    events.reverse()
    return events


def _moment(fields: Mapping[str, Sequence[str]], boot_ns: int | None) -> int | None:
    clock, uptime = _number(fields.get("t")), _number(fields.get("u"))
    if clock is not None:
        return int(clock * 1_000_000) * 1000
    if uptime is not None and boot_ns is not None:
        return boot_ns + int(uptime * 1000) * 1_000_000
    return None


def _event(entry: _Entry, *, key: str, at_ns: int, exact: bool) -> HookEvent | None:
    fields = entry.fields
    hook = _first(fields, "h")
    if hook is None:
        return None
    cwd, git_dir = _first(fields, "w"), _first(fields, "g")
    if git_dir is not None and not git_dir.startswith("/"):
        git_dir = None if cwd is None else os.path.normpath(os.path.join(cwd, git_dir))
    pid, _, git_pid = fields["id"][0].partition(".")
    return HookEvent(
        key=key,
        hook=hook,
        git_dir=git_dir,
        cwd=cwd,
        branch=_first(fields, "b"),
        commit=_first(fields, "c"),
        action=_first(fields, "r"),
        args=tuple(re.sub(_USERINFO, "", arg) for arg in fields.get("a", ())),
        lines=tuple(fields.get("l", ())),
        more_lines=int(_number(fields.get("x")) or 0),
        at_ns=at_ns,
        exact=exact,
        complete=entry.complete,
        pid=int(_number([pid]) or 0),
        git_pid=int(_number([git_pid]) or 0),
    )


def _first(fields: Mapping[str, Sequence[str]], key: str) -> str | None:
    values = fields.get(key)
    return values[0] if values else None


def _number(values: Sequence[str] | None) -> float | None:
    try:
        return float(values[0]) if values else None
    except ValueError:
        return None
