"""The refs of a moment as one blob: `<oid> <refname>[ <symref>]` a line, HEAD first."""

from __future__ import annotations

from git_timewarp.capture.workplace import Place
from git_timewarp.git.names import Oid, RefName
from git_timewarp.git.run import end, finish
from git_timewarp.store.view import Head
from git_timewarp.util.text import to_str

_LIST = ("for-each-ref", "--format=%(HEAD)%(objectname) %(refname) %(symref)")
_HEAD = ("symbolic-ref", "-q", "HEAD")
_OURS = b" refs/timewarp/"


class RefsReading:
    """A reading of HEAD and all refs, started by the constructor.

    HEAD is read with the refs where it points to one of them, and after them otherwise.
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        self._list = place.repo.git.start(*_LIST)

    def result(self) -> tuple[Head, bytes]:
        """Return where HEAD points and the contents of the `refs` blob."""
        listed = finish(self._list, _LIST).out.splitlines()
        branch = self._branch(listed)
        lines = [line[1:].rstrip(b" ") for line in listed if _OURS not in line[:107]]
        head = Head(self._oid(branch, lines), branch)
        first = f"{head.oid or self._place.repo.zero} HEAD"
        if branch is not None:
            first += f" {branch}"
        return head, b"".join(
            line + b"\n"
            for line in (
                first.encode("utf-8", "surrogateescape"),
                *sorted(lines, key=lambda line: line.split(b" ", 1)[1]),
            )
        )

    def stop(self) -> None:
        """End the process; harmless when it has ended."""
        end(self._list)

    def _branch(self, listed: list[bytes]) -> RefName | None:
        """Return the ref HEAD points to, None when it is detached; git marks one that is there."""
        for line in listed:
            if line.startswith(b"*"):
                return RefName(to_str(line[1:]).split(" ")[1])
        symbolic = self._place.repo.git.run(*_HEAD, ok=(0, 1))
        return RefName(symbolic.text) if symbolic.code == 0 else None

    def _oid(self, branch: RefName | None, lines: list[bytes]) -> Oid | None:
        if branch is None:
            found = self._place.reader.info("HEAD")
            return found[0] if found else None
        for line in lines:
            oid, name = to_str(line).split(" ")[:2]
            if name == branch:
                return Oid(oid)
        return None
