"""Work worth losing: edits of real files and new ones, different each time."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass

from git_timewarp.demo.sandbox import Sandbox
from git_timewarp.util.text import to_bytes

NEW = "not-committed"
"""The folder of new files; a number is added where the repository has the name already."""

_FALLBACK = "story.txt"
_MOST = 3
_LARGEST = 256 * 1024
_CANDIDATES = 400


@dataclass(frozen=True, slots=True)
class Desk:
    """Where work is done in a clone.

    Attributes:
        box: the clone.
        files: tracked text files that get edited, relative to the root; at least one.
        new: the folder of new files.
    """

    box: Sandbox
    files: tuple[str, ...]
    new: str

    @property
    def folder(self) -> str:
        """The folder `rm -rf` is run on: one with an edited file, or that of the new files."""
        return next((os.path.dirname(name) for name in self.files if "/" in name), self.new)

    def path(self, name: str) -> bytes:
        """Return where a file is, for calls of the system."""
        return os.path.join(to_bytes(self.box.work_tree), to_bytes(name))

    def work(self, number: int) -> None:
        """Edit the files and write new ones, as somebody who never thinks of saving."""
        mark = _mark(number)
        for name in self.files:
            with open(self.path(name), "ab") as file:
                file.write(mark)
        self.write(f"{self.new}/notes.md", b"# notes\n" + mark)
        self.write(f"{self.new}/deeper/draft.txt", mark * 3)

    def write(self, name: str, data: bytes) -> None:
        """Write one file."""
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "wb") as file:
            file.write(data)

    def begin_with(self, name: str, line: bytes) -> None:
        """Put a line before a file's first one."""
        with open(self.path(name), "rb") as file:
            rest = file.read()
        self.write(name, line + rest)

    def holds(self, name: str, line: bytes) -> bool:
        """Tell whether a file has these bytes in it."""
        try:
            with open(self.path(name), "rb") as file:
                return line in file.read()
        except OSError:
            return False


def desk(box: Sandbox) -> Desk:
    """Choose real files to work on; a repository without any text gets one committed."""
    names = [name for name in box.run("ls-files", "-z").split("\0") if name]
    new = NEW
    while any(name.split("/", maxsplit=1)[0] == new for name in names) or _is_ignored(box, new):
        new += "-1"
    found = Desk(box, (), new)
    # A file in a folder first: the deeper ones make the better story.
    candidates = sorted(names, key=lambda name: (name.count("/") == 0, name))[:_CANDIDATES]
    files = [name for name in candidates if not _is_gits(name) and _is_text(found.path(name))]
    if not files:
        found.write(_FALLBACK, b"Once upon a time.\n")
        box.run("add", "-f", "--", _FALLBACK)
        box.run("commit", "-q", "-m", "a first text")
        files = [_FALLBACK]
    step = max(1, len(files) // _MOST)
    return Desk(box, tuple(files[::step][:_MOST]), new)


def _mark(number: int) -> bytes:
    return b"work nobody committed, part %d\n" % number


def _is_ignored(box: Sandbox, folder: str) -> bool:
    return box.git.run("check-ignore", "-q", f"{folder}/notes.md", ok=(0, 1)).code == 0


def _is_gits(name: str) -> bool:
    """Tell whether git itself reads a file: an edit there could stop it."""
    return name.rpartition("/")[2].startswith(".git")


def _is_text(path: bytes) -> bool:
    try:
        found = os.lstat(path)
        if not stat.S_ISREG(found.st_mode) or not 0 < found.st_size < _LARGEST:
            return False
        with open(path, "rb") as file:
            data = file.read()
    except OSError:
        return False
    return b"\0" not in data and b"\r" not in data and data.endswith(b"\n")
