"""Reading objects through one kept-open `git cat-file --batch-command`, and parsing trees.

One query costs about 0.07 ms against 1.4 ms for a spawned git. Works for
SHA-1 and SHA-256, alternates, and every ref format git knows.
"""

import contextlib
import re
import subprocess
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from types import TracebackType
from typing import IO, NamedTuple, Self, TypeVar

from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.git.names import Oid
from git_timewarp.git.run import Git
from git_timewarp.util.text import to_bytes, to_str

MODE_TREE = 0o040000
MODE_FILE = 0o100644
MODE_EXEC = 0o100755
MODE_LINK = 0o120000
MODE_GITLINK = 0o160000

T = TypeVar("T")

RawEntry = tuple[bytes, bytes, bytes]
"""An entry of a tree as it is stored: mode in octal digits, name, raw id."""

_RAW_TREE = frozenset({b"40000", b"040000"})
"""A folder's mode as it is written, and as some old programs wrote it."""

_TREE_ENTRY = {digits: rb"(?s)([0-7]+) ([^\0]*)\0(.{%d})" % (digits // 2) for digits in (40, 64)}

_WINDOW = 64
"""How many objects are asked for at once."""

_CACHED_ENTRIES = 200_000
"""How many tree entries a reader remembers (45 MB): plans look at a tree many times."""


class MissingObjectError(TimewarpError):
    """An object that must be there is not."""

    kind = Kind.CORRUPT
    reference = "missing-object"

    def __init__(self, name: str) -> None:
        super().__init__(f"object '{name}' is missing", hint="git timewarp verify --full")
        self.name = name


class TreeEntry(NamedTuple):
    """One entry of a tree: mode as git writes it, name, object id."""

    mode: int
    name: str
    oid: Oid

    @property
    def is_tree(self) -> bool:
        """Whether the entry is a folder."""
        return self.mode == MODE_TREE


class Object(NamedTuple):
    """A git object: id, type (`blob`, `tree`, `commit`, `tag`) and contents."""

    oid: Oid
    type: str
    data: bytes


class Reader:
    """Reads objects by any name git understands; close it or use it in a `with`."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self._process: subprocess.Popen[bytes] | None = None
        self._trees: dict[str, list[RawEntry]] = {}
        self._room = _CACHED_ENTRIES

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the child process; a later read starts a new one."""
        process, self._process = self._process, None
        if process is None:
            return
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()
        process.wait()

    def forget(self, *, but: int) -> None:
        """Let go of trees it remembers, but for the latest of `but` entries at most."""
        self._room -= _CACHED_ENTRIES - but
        self._shrink()
        self._room += _CACHED_ENTRIES - but

    def know(self, oid: Oid, entries: list[RawEntry]) -> None:
        """Remember a tree that was just written, as if it had been read."""
        self._remember(oid, entries)

    def find(self, name: str) -> Object | None:
        """Return the object `name`, or None where there is none (or the name is ambiguous)."""
        self._ask(b"contents ", name)
        return self._answer(name)

    def read(self, name: str, *, kind: str | None = None) -> bytes:
        """Return an object's contents.

        Raises:
            MissingObjectError: it is not there, or not of the type `kind`.
        """
        found = self.find(name)
        if found is None or (kind is not None and found.type != kind):
            raise MissingObjectError(name)
        return found.data

    def info(self, name: str) -> tuple[Oid, str, int] | None:
        """Return (id, type, size in bytes) of an object, or None where there is none."""
        self._ask(b"info ", name)
        return self._header(name)

    def info_all(self, names: Sequence[str]) -> Iterator[tuple[Oid, str, int] | None]:
        """Yield what `info` says of many objects; as `read_all`."""
        return self._all(b"info ", names, self._header)

    def read_all(self, names: Sequence[str]) -> Iterator[Object | None]:
        """Yield many objects in order, keeping the pipe full (None for a missing one).

        Names are to be short, as ids are: two windows of them have to fit into a pipe. Take
        all of the answers, or none any more; ask nothing else of this reader meanwhile.
        """
        return self._all(b"contents ", names, self._answer)

    def _all(
        self, command: bytes, names: Sequence[str], answer: Callable[[str], T | None]
    ) -> Iterator[T | None]:
        windows = [names[start : start + _WINDOW] for start in range(0, len(names), _WINDOW)]
        done = False
        try:
            self._ask(command, *(windows[0] if windows else ()))
            for position, window in enumerate(windows, 1):
                # git works on the next window while the answers to this one are taken.
                self._ask(command, *(windows[position] if position < len(windows) else ()))
                for name in window:
                    yield answer(name)
            done = True
        finally:
            if not done:
                # What is left in the pipe would be taken for the answer to the next question.
                self.close()

    def tree(self, name: str) -> tuple[TreeEntry, ...]:
        """Return the entries of the tree `name` in git's order; MissingObjectError otherwise."""
        return tuple([entry_of(item) for item in self.raw_tree(name)])

    def raw_tree(self, name: str) -> list[RawEntry]:
        """Return the entries of the tree `name` as they are stored, not to be changed; as `tree`."""
        split = self._trees.get(name)
        if split is None:
            found = self.find(name)
            if found is None or found.type != "tree":
                raise MissingObjectError(name)
            split = split_tree(found.data, hex_length=len(found.oid))
            if name == found.oid:
                self._remember(name, split)
        return split

    def trees(self, names: Sequence[Oid]) -> list[tuple[TreeEntry, ...]]:
        """Return the entries of many trees in order, read in one go; as `tree`."""
        return [tuple([entry_of(item) for item in split]) for split in self.split(names)]

    def split(self, names: Sequence[Oid]) -> list[list[RawEntry]]:
        """Return the entries of many trees as they are stored, read in one go; as `tree`."""
        found = {name: self._trees[name] for name in names if name in self._trees}
        wanted = list(dict.fromkeys(name for name in names if name not in found))
        answers = list(self.read_all(wanted))
        for name, item in zip(wanted, answers, strict=True):
            if item is None or item.type != "tree":
                raise MissingObjectError(name)
            found[name] = split_tree(item.data, hex_length=len(name))
            self._remember(name, found[name])
        return [found[name] for name in names]

    def _remember(self, name: str, entries: list[RawEntry]) -> None:
        """Keep a tree that was asked for by its id; the oldest go when there are too many."""
        if name in self._trees:
            return
        self._trees[name] = entries
        self._room -= len(entries) + 1
        self._shrink()

    def _shrink(self) -> None:
        while self._room < 0 and self._trees:
            oldest = next(iter(self._trees))
            self._room += len(self._trees.pop(oldest)) + 1

    def _streams(self) -> tuple[subprocess.Popen[bytes], IO[bytes], IO[bytes]]:
        process = self._process
        if process is None:
            process = self._git.start(
                "cat-file",
                "--batch-command",
                "--buffer",
                stdin=subprocess.PIPE,
                cwd=self._git.git_dir,
            )
            self._process = process
        assert process.stdin is not None  # noqa: S101 - started with pipes
        assert process.stdout is not None  # noqa: S101 - started with pipes
        return process, process.stdin, process.stdout

    def _ask(self, command: bytes, *names: str) -> None:
        """Ask for things at once: git answers all of them in order, in as few writes as fit."""
        if not names:
            return
        text = b"".join(command + to_bytes(name) + b"\n" for name in names)
        if text.count(b"\n") != len(names):
            raise MissingObjectError(next(name for name in names if "\n" in name))
        _, stdin, _ = self._streams()
        # A git that died over a damaged object shows where its answers end.
        with contextlib.suppress(BrokenPipeError):
            stdin.write(text + b"flush\n")
            stdin.flush()

    def _header(self, name: str) -> tuple[Oid, str, int] | None:
        _, _, stdout = self._streams()
        line = stdout.readline()
        if not line:
            self.close()
            raise MissingObjectError(name) from None
        words = line.split()
        if len(words) == 3 and words[2].isdigit():
            return Oid(words[0].decode()), words[1].decode(), int(words[2])
        return None

    def _answer(self, name: str) -> Object | None:
        header = self._header(name)
        if header is None:
            return None
        oid, kind, size = header
        _, _, stdout = self._streams()
        data = stdout.read(size)
        if len(data) != size or stdout.read(1) != b"\n":
            self.close()
            raise MissingObjectError(name)
        return Object(oid, kind, data)


def absent(git: Git, oids: Collection[Oid]) -> list[Oid]:
    """Return those of `oids` that `git` cannot find, each once."""
    names = list(dict.fromkeys(oids))
    if not names:
        return []
    # Asked for nothing but the name, git takes an empty file for an object.
    asked = ("cat-file", "--batch-check=%(objectname) %(objecttype)", "--buffer")
    out = git.run(*asked, stdin=b"".join(o.encode() + b"\n" for o in names)).out.splitlines()
    return [oid for oid, line in zip(names, out, strict=True) if line.endswith(b" missing")]


def parse_tree(data: bytes, *, hex_length: int) -> tuple[TreeEntry, ...]:
    """Parse a raw tree object (gitformat: mode SP name NUL raw-id).

    Raises:
        ValueError: it is no tree.
    """
    return tuple([entry_of(item) for item in split_tree(data, hex_length=hex_length)])


def entry_of(raw: RawEntry) -> TreeEntry:
    """Return the entry that is stored as `raw`."""
    mode, name, oid = raw
    return TreeEntry(int(mode, 8), to_str(name), Oid(oid.hex()))


def split_tree(data: bytes, *, hex_length: int) -> list[RawEntry]:
    """Return (mode in octal digits, name, raw id) of each entry of a raw tree object, as it is.

    Raises:
        ValueError: it is no tree.
    """
    found: list[RawEntry] = re.findall(_TREE_ENTRY[hex_length], data)
    covered = sum([len(mode) + len(name) for mode, name, _ in found])
    if covered + len(found) * (2 + hex_length // 2) != len(data):
        raise ValueError("not a tree")
    return found


def raw_of(entry: TreeEntry) -> RawEntry:
    """Return an entry as it is stored; reverses `entry_of`."""
    return b"%o" % entry.mode, to_bytes(entry.name), bytes.fromhex(entry.oid)


def is_raw_tree(raw: RawEntry) -> bool:
    """Tell whether a stored entry is a folder."""
    return raw[0] in _RAW_TREE


def sort_raw(entries: Iterable[RawEntry]) -> list[RawEntry]:
    """Return stored entries sorted as git sorts them."""
    return sorted(entries, key=lambda raw: raw[1] + b"/" if raw[0] in _RAW_TREE else raw[1])


def join_raw(entries: Iterable[RawEntry]) -> bytes:
    """Return the raw tree object of sorted entries; reverses `split_tree`."""
    return b"".join([b"%b %b\0%b" % raw for raw in entries])


def format_tree(entries: Sequence[TreeEntry]) -> bytes:
    """Return the raw tree object of `entries`, sorted as git sorts them."""
    return join_raw(sort_raw(map(raw_of, entries)))
