"""Where our local files are: everything below `$GIT_COMMON_DIR/timewarp` (design 3)."""

from __future__ import annotations

import binascii
import os


class Paths:
    """The files of one repository's state folder.

    Attributes:
        root: that folder.
    """

    __slots__ = ("root",)

    def __init__(self, root: str) -> None:
        self.root = root

    @property
    def journal(self) -> str:
        """The write-ahead log."""
        return os.path.join(self.root, "journal")

    @property
    def acknowledged(self) -> str:
        """How far the journal was acknowledged."""
        return os.path.join(self.root, "acknowledged")

    @property
    def lock(self) -> str:
        """The file whose `flock` makes a process the only writer."""
        return os.path.join(self.root, "lock")

    @property
    def writer(self) -> str:
        """The writer identity."""
        return os.path.join(self.root, "writer.json")

    @property
    def known_refs(self) -> str:
        """The last values of our refs, to notice one that vanished or went back."""
        return os.path.join(self.root, "refs.json")

    @property
    def unended(self) -> str:
        """SHA-256 of a config file that had no newline at its end before ours went in."""
        return os.path.join(self.root, "unended")

    @property
    def superseded(self) -> str:
        """Ids of objects of ours that nothing names any more, one a line."""
        return os.path.join(self.root, "superseded")

    @property
    def index(self) -> str:
        """The read index (SQLite), a cache."""
        return os.path.join(self.root, "index.db")

    @property
    def memory(self) -> str:
        """What captures remember of the work trees, a cache."""
        return os.path.join(self.root, "index")

    @property
    def quarantine(self) -> str:
        """The object directory of what is not folded yet (see `store/quarantine.py`)."""
        return os.path.join(self.root, "quarantine")

    @property
    def last(self) -> str:
        """One line for prompts: `<epoch seconds> <label> <snapshot>`."""
        return os.path.join(self.root, "last")

    @property
    def aside(self) -> str:
        """Files that changed under a restore, kept."""
        return os.path.join(self.root, "aside")

    @property
    def recovery(self) -> str:
        """What recoveries keep from before them, and their reports (see `store/recovery.py`)."""
        return os.path.join(self.root, "recovery")

    @property
    def scratch(self) -> str:
        """A folder for the time of one command: what a repair or a drill writes on the way."""
        return os.path.join(self.root, "scratch")

    @property
    def checked(self) -> str:
        """How far the chain was checked (see `store/checked.py`)."""
        return os.path.join(self.root, "checked")

    @property
    def replaced(self) -> str:
        """Archives of what an import replaced."""
        return os.path.join(self.root, "replaced")

    def damaged(self, journal: bytes) -> str:
        """Folder for a copy of a journal that was found damaged, and of its objects."""
        return os.path.join(self.root, "damaged", f"{binascii.crc32(journal):08x}")
