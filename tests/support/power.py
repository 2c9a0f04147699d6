"""A recording file layer: what a hard power cut leaves of a folder that a command worked in.

`Disk` reads the folder as it was, is told every call that strace saw, and knows of each file
what was written and what of that was synced, of each folder which names changed and which
changes are durable. The rules are those of a disk with a journal for names (ext4, xfs), which
`core.fsync` of git relies on:

- the bytes of a file are durable by an fsync of that file, by a sync of everything, or by
  being written out (`sync_file_range`) before an fsync of any file, as git's `batch` does it;
- a change of names or of a mode is durable with the next fsync of any file or folder.

All else is lost: a file is as at its last sync, one never synced is there and empty.
"""

from __future__ import annotations

import os
import random
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.support import power_log
from tests.support.power_log import Call

Content = tuple[bytes, int]
Tree = dict[str, tuple[str, bytes, int]]
"""Each path with its kind (`d`, `f`, `l`), its bytes or target, and its mode."""

NO_CACHE = (".db-shm",)
"""Files that are changed through memory, which no call tells; SQLite makes them again."""


@dataclass(eq=False)
class Node:
    """A file, folder or symbolic link.

    Attributes:
        names: what a folder holds for those who look, `durable` what is safe of that.
        data: the bytes for those who look, `kept` the ones at the last sync with their mode,
            `out` those that were written out since, and no barrier has come yet.
    """

    kind: str
    mode: int
    data: bytearray = field(default_factory=bytearray)
    kept: Content = (b"", 0o644)
    out: Content | None = None
    names: dict[str, Node] = field(default_factory=dict)
    durable: dict[str, Node] = field(default_factory=dict)

    def content(self) -> Content:
        """Return what those who look see."""
        return bytes(self.data), self.mode


@dataclass(eq=False)
class Opened:
    """An open file: processes that inherited it share the offset."""

    node: Node
    offset: int = 0
    appends: bool = False


Change = list[tuple[Node, str, Node | None]]
"""Names that one call gave or took."""


class Disk:
    """A folder, call by call."""

    def __init__(self, root: Path, photo: Path) -> None:
        self._root = str(root)
        self._top = _read(photo)
        self._start = _tree(self._top, durable=False)
        self._files: dict[int, dict[int, Opened]] = {}
        self._folders: dict[int, str] = {}
        self._parents: dict[int, tuple[int, bool]] = {}
        self._waiting: list[Change] = []
        self._touched: dict[int, Node] = {}

    # -- what the calls do ----------------------------------------------------------------

    def replay(self, log: str) -> None:
        """Do what a log tells."""
        self._parents = power_log.parents(log)
        for call in power_log.calls(log):
            self._known(call.pid)
            self._do(call)

    def _known(self, pid: int) -> None:
        if pid in self._files:
            return
        parent, shared = self._parents.get(pid, (0, False))
        held = self._files.get(parent, {})
        self._files[pid] = held if shared else dict(held)
        self._folders[pid] = self._folders.get(parent, "/")

    def _do(self, call: Call) -> None:
        match call.name:
            case "open" | "creat":
                self._open(call, call.place(0) or self._folders[call.pid], flags=1)
            case "openat":
                self._open(call, call.place(0), flags=2)
            case "write" | "writev" | "pwrite64" | "pwritev" | "pwritev2":
                self._write(call)
            case "copy_file_range" | "sendfile":
                self._copy(call)
            case "ftruncate":
                self._truncate(self._opened(call, 0), call.number(1))
            case "lseek":
                if found := self._opened(call, 0):
                    found.offset = call.result
            case "dup" | "dup2" | "dup3" | "fcntl":
                self._dup(call)
            case "chdir":
                self._folders[call.pid] = self._path(call, call.texts()[0])
            case "fchdir":
                self._folders[call.pid] = call.place(0)
            case "fsync" | "fdatasync" | "syncfs" | "sync" | "sync_file_range":
                self._sync(call)
            case "ioctl":
                assert "FICLONE" not in call.words[1] or not self._opened(call, 0), call
            case "truncate" | "fallocate":
                assert not self._opened(call, 0), call
            case "clone" | "clone3" | "fork" | "vfork":
                pass
            case _:
                self._names(call)

    def _opened(self, call: Call, at: int) -> Opened | None:
        # A number that was closed may be a pipe or a file elsewhere by now.
        inside = (call.place(at) + "/").startswith(self._root + "/")
        return self._files[call.pid].get(call.number(at)) if inside else None

    def _open(self, call: Call, folder: str, *, flags: int) -> None:
        words = "O_CREAT|O_TRUNC" if call.name == "creat" else call.words[flags]
        path = os.path.normpath(os.path.join(folder, os.fsdecode(call.texts()[0])))
        node = self._node(path)
        if node is not None and node.kind == "l":
            path = os.path.join(os.path.dirname(path), os.fsdecode(bytes(node.data)))
            node = self._node(path)
        if node is None and "O_CREAT" in words and (place := self._place(path)):
            mode = call.number(len(call.words) - 1) & ~0o022
            node = Node("f", mode, kept=(b"", mode))
            self._change([(*place, node)])
        self._files[call.pid].pop(call.result, None)
        if node is not None:
            if "O_TRUNC" in words and node.data:
                node.data.clear()
                self._touched[id(node)] = node
            self._files[call.pid][call.result] = Opened(node, appends="O_APPEND" in words)

    def _write(self, call: Call) -> None:
        found = self._opened(call, 0)
        if found is None:
            return
        data = b"".join(call.texts())[: call.result]
        if call.name.startswith("p"):
            self._put(found.node, data, call.number(3))
            return
        at = len(found.node.data) if found.appends else found.offset
        self._put(found.node, data, at)
        found.offset = at + len(data)

    def _put(self, node: Node, data: bytes, at: int) -> None:
        if len(node.data) < at:
            node.data.extend(bytes(at - len(node.data)))
        node.data[at : at + len(data)] = data
        self._touched[id(node)] = node

    def _copy(self, call: Call) -> None:
        is_range = call.name == "copy_file_range"
        source, target = self._opened(call, 0 if is_range else 1), self._opened(call, 2 * is_range)
        offset = call.words[1 if is_range else 2]
        assert target is None or source is not None, call
        if source is None or target is None:
            return
        given = offset != "NULL"
        start = int(offset.strip("[]").split("]")[0]) if given else source.offset
        data = bytes(source.node.data[start : start + call.result])
        assert len(data) == call.result, call
        self._put(target.node, data, target.offset)
        target.offset += len(data)
        if not given:
            source.offset += len(data)

    def _truncate(self, found: Opened | None, size: int) -> None:
        if found is not None:
            data = found.node.data
            del data[size:]
            data.extend(bytes(size - len(data)))
            self._touched[id(found.node)] = found.node

    def _dup(self, call: Call) -> None:
        if call.name == "fcntl" and not call.words[1].startswith("F_DUPFD"):
            return
        files, found = self._files[call.pid], self._opened(call, 0)
        files.pop(call.result, None)
        if found is not None:
            files[call.result] = found

    # -- names ----------------------------------------------------------------------------

    def _path(self, call: Call, text: bytes, at: int | None = None) -> str:
        folder = self._folders[call.pid] if at is None else call.place(at)
        return os.path.normpath(os.path.join(folder, os.fsdecode(text)))

    def _place(self, path: str) -> tuple[Node, str] | None:
        folder = self._node(os.path.dirname(path))
        inside = folder is not None and path != self._root
        return (folder, os.path.basename(path)) if folder is not None and inside else None

    def _node(self, path: str) -> Node | None:
        if path != self._root and not path.startswith(self._root + "/"):
            return None
        node: Node | None = self._top
        for name in path[len(self._root) :].split("/"):
            if name:
                node = node.names.get(name) if node else None
        return node

    def _change(self, change: Change) -> None:
        for folder, name, node in change:
            if node is None:
                folder.names.pop(name, None)
            else:
                folder.names[name] = node
        self._waiting.append(change)

    def _names(self, call: Call) -> None:
        texts, kind = call.texts(), call.name.rstrip("2").removesuffix("at")
        below = call.name.rstrip("2").endswith("at")
        if kind in {"rename", "link"}:
            pair = [self._path(call, texts[n], (0, 2)[n] if below else None) for n in (0, 1)]
            node, source, target = self._node(pair[0]), self._place(pair[0]), self._place(pair[1])
            assert (node is None) == (target is None), call
            assert "EXCHANGE" not in call.words[-1], call
            if node is None or source is None or target is None or pair[0] == pair[1]:
                return
            gone: Change = [(*source, None)] if kind == "rename" else []
            self._change([*gone, (*target, node)])
            return
        if kind == "fchmod" and not below:
            found = self._opened(call, 0)
            if found:
                self._mode(found.node, call.number(1))
            return
        at = (1 if kind == "symlink" else 0) if below else None
        path = self._path(call, texts[-1], at)
        place, node = self._place(path), self._node(path)
        if place is None:
            return
        match kind:
            case "unlink" | "rmdir":
                self._change([(*place, None)])
            case "mkdir":
                self._change([(*place, Node("d", call.number(len(call.words) - 1) & ~0o022))])
            case "symlink":
                link = Node("l", 0o777, bytearray(texts[0]), kept=(texts[0], 0o777))
                self._change([(*place, link)])
            case "chmod" | "fchmod":
                if node:
                    self._mode(node, call.number(2 if below else 1))

    def _mode(self, node: Node, mode: int) -> None:
        node.mode = mode
        self._touched[id(node)] = node

    # -- what is durable -------------------------------------------------------------------

    def _sync(self, call: Call) -> None:
        found = None if call.name == "sync" else self._opened(call, 0)
        if call.name != "sync" and found is None:
            return
        if call.name == "sync_file_range":
            assert found is not None
            found.node.out = found.node.content()
            return
        every = call.name in {"sync", "syncfs"}
        for node in list(self._touched.values()):
            if every or (found is not None and node is found.node):
                node.out = node.content()
            if node.out is not None:
                node.kept, node.out = node.out, None
            node.kept = (node.kept[0], node.mode)
            if node.kept == node.content():
                self._touched.pop(id(node), None)
        for change in self._waiting:
            _settle(change)
        self._waiting.clear()

    def live(self) -> Tree:
        """Return the folder as those who look see it."""
        return _tree(self._top, durable=False)

    def cut(self, seed: int) -> Tree:
        """Return what a power cut leaves: by an odd seed, half of what was not synced stays."""
        chance = random.Random(seed)
        half = seed % 2 == 1
        for change in self._waiting:
            if half and chance.random() < 0.5:
                _settle(change)
        for node in self._touched.values():
            if half and node.kind == "f" and chance.random() < 0.5:
                data, mode = node.content()
                same = len(node.kept[0]) if data.startswith(node.kept[0]) else 0
                some = data if chance.random() < 0.5 else data[: (same + len(data)) // 2]
                node.kept = (some, mode)
        return _tree(self._top, durable=True)

    def write(self, left: Tree) -> None:
        """Make the folder, which is as it was at the start, what `left` says."""
        root = Path(self._root)
        for path in sorted(self._start, key=lambda name: name.count("/"), reverse=True):
            was = self._start[path]
            if path in left and left[path][0] == was[0] and (was[0] == "d" or left[path] == was):
                continue
            if was[0] == "d":
                shutil.rmtree(root / path)
            else:
                (root / path).unlink()
        for path in sorted(left, key=lambda name: name.count("/")):
            kind, data, mode = left[path]
            if self._start.get(path) == left[path]:
                continue
            if kind == "l":
                os.symlink(os.fsdecode(data), root / path)
                continue
            if kind == "d":
                (root / path).mkdir(exist_ok=True)
            else:
                (root / path).write_bytes(data)
            (root / path).chmod(mode)


def _settle(change: Change) -> None:
    for folder, name, node in change:
        if node is None:
            folder.durable.pop(name, None)
        else:
            folder.durable[name] = node


def _read(path: Path) -> Node:
    info = path.lstat()
    mode = stat.S_IMODE(info.st_mode)
    if stat.S_ISDIR(info.st_mode):
        names = {item.name: _read(item) for item in path.iterdir()}
        return Node("d", mode, kept=(b"", mode), names=names, durable=dict(names))
    is_link = stat.S_ISLNK(info.st_mode)
    data = os.fsencode(os.readlink(path)) if is_link else path.read_bytes()
    return Node("l" if is_link else "f", mode, bytearray(data), kept=(data, mode))


def tree(path: Path) -> Tree:
    """Return a folder of the real disk."""
    return _tree(_read(path), durable=False)


def _tree(top: Node, *, durable: bool) -> Tree:
    return dict(_walk(top, "", durable=durable))


def _walk(
    folder: Node, path: str, *, durable: bool
) -> Iterator[tuple[str, tuple[str, bytes, int]]]:
    for name, node in (folder.durable if durable else folder.names).items():
        where = f"{path}{name}"
        if where.endswith(NO_CACHE):
            continue
        data, mode = node.kept if durable and node.kind == "f" else node.content()
        yield where, (node.kind, data, mode)
        if node.kind == "d":
            yield from _walk(node, where + "/", durable=durable)
