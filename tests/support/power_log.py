"""What `strace -f -y -xx` wrote about a command and its children, call by call.

With `-xx` no string holds a comma, a quote or an equals sign, so a line is split by simple rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

MOST = 1 << 23
"""How long a string strace writes down; a longer write is told and fails the test."""

TRACED = (
    *("open", "openat", "creat", "write", "pwrite64", "writev", "pwritev", "pwritev2"),
    *("copy_file_range", "sendfile", "ftruncate", "truncate", "fallocate", "lseek"),
    *("rename", "renameat", "renameat2", "link", "linkat", "unlink", "unlinkat"),
    *("mkdir", "mkdirat", "rmdir", "symlink", "symlinkat", "chmod", "fchmod", "fchmodat"),
    *("fsync", "fdatasync", "sync_file_range", "syncfs", "sync"),
    *("dup", "dup2", "dup3", "fcntl", "ioctl", "chdir", "fchdir"),
    *("clone", "clone3", "fork", "vfork"),
)

COMMAND = (
    *("strace", "-f", "-y", "-xx", "-A", "--seccomp-bpf"),
    *("-s", str(MOST), "-e", "trace=" + ",".join("?" + name for name in TRACED)),
)

_LINE = re.compile(r"(\d+) +(?:<\.\.\. (\w+) resumed>|(\w+)\()(.*)", re.DOTALL)
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"(\.\.\.)?')
_PLACE = re.compile(r"<((?:\\x[0-9a-f]{2})*)>")


@dataclass(frozen=True, slots=True)
class Call:
    """A call that came back without an error.

    Attributes:
        words: its arguments as strace wrote them.
        result: what it returned.
    """

    pid: int
    name: str
    words: tuple[str, ...]
    result: int

    def texts(self) -> list[bytes]:
        """Return the strings among its arguments."""
        found = _TEXT.findall(", ".join(self.words))
        assert not any(cut for _, cut in found), f"{self.name}: longer than {MOST} bytes"
        return [_bytes(text) for text, _ in found]

    def number(self, at: int) -> int:
        """Return an argument that is a number or a file descriptor."""
        found = re.match(r"-?\d+", self.words[at])
        assert found, (self.name, self.words)
        return int(found[0], 8 if self._is_mode(at) else 10)

    def _is_mode(self, at: int) -> bool:
        return self.words[at].startswith("0") and len(self.words[at]) > 1

    def place(self, at: int) -> str:
        """Return the path of an argument that is a file descriptor, or nothing."""
        found = _PLACE.search(self.words[at])
        return _bytes(found[1]).decode("utf-8", "surrogateescape") if found else ""


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))


def running(log: str) -> set[int]:
    """Return the processes in the log that have not ended in it."""
    found: set[int] = set()
    ended: set[int] = set()
    for line in log.splitlines():
        pid, _, rest = line.partition(" ")
        if pid.isdigit():
            (ended if rest.lstrip().startswith("+++") else found).add(int(pid))
    return found - ended


def calls(log: str) -> Iterator[Call]:
    """Return the calls in the order in which they came back."""
    begun: dict[int, str] = {}
    for line in log.splitlines():
        found = _LINE.match(line)
        if not found:
            continue
        pid, resumed, name, rest = int(found[1]), found[2], found[3], found[4]
        if resumed and pid not in begun:
            continue  # begun before this log was
        if resumed:
            name, rest = resumed, begun.pop(pid) + rest
        elif rest.endswith("<unfinished ...>"):
            begun[pid] = rest.removesuffix("<unfinished ...>")
            continue
        text, _, result = rest.rpartition(" = ")
        number = re.match(r"\d+", result)
        if number:
            words = text.rstrip().removesuffix(")").split(", ")
            yield Call(pid, name, tuple(word.strip() for word in words), int(number[0]))


def parents(log: str) -> dict[int, tuple[int, bool]]:
    """Return who began each process, and whether they share file descriptors (threads)."""
    return {
        call.result: (call.pid, "CLONE_FILES" in " ".join(call.words))
        for call in calls(log)
        if call.name in {"clone", "clone3", "fork", "vfork"}
    }
