r"""The spool: where git hooks leave their notes, drained under the store lock.

Format (version 1), `docs/formats/spool.md` is its public copy. A folder `spool/`:

    now          lines appended by hooks, each with one write of a descriptor in append
                 mode: `LF 1 TAB <pid>.<ppid> (TAB <key>=<value>)* TAB <end> LF`, end `.` for
                 the last line of an entry, `+` where more of it follow; `\\`, `\t` and `\n`
                 in values are escaped
    lost         one header byte, then one byte per entry that could not be written
    <seq>-<ns>   a former `now`: its number and its mtime in nanoseconds when it was retired
    taken        JSON: how far each retired file has been taken, how many losses were told

A hook that opened `now` just before it was retired still writes to the retired file. So a
retired file stays until nobody has it open any more (a write lease proves that on Linux;
elsewhere, until it is a minute old) and everything in it was acknowledged.
"""

import contextlib
import errno
import os
import stat
from collections.abc import Callable, Mapping
from typing import NamedTuple

from git_timewarp.store.backlog import Backlog, Taken, sequence, size_of
from git_timewarp.store.spool_lines import HookEvent, Scan, scan
from git_timewarp.util import atomic, directories, faults
from git_timewarp.util.clock import Clock
from git_timewarp.util.leases import sole_user
from git_timewarp.util.text import compact_json

FORMAT_VERSION = 1
CAP = 1024 * 1024
"""Most bytes of `now`; the stubs ask the kernel to enforce it (RLIMIT_FSIZE)."""
_MOST_PENDING = 8
_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EMLINK, errno.ENOSYS)
LATE_NS = 60 * 1_000_000_000
"""Where no lease can be had: how long after its retirement a file may still grow."""


class Batch(NamedTuple):
    """What one `Spool.take` found.

    Attributes:
        events: entries in the order they were written, probes left out.
        lost: entries hooks could not write since the last acknowledged batch, at least.
        taken: per retired file, how many bytes `ack` will mark as taken.
        lost_total: value of the loss counter that `ack` will remember.
    """

    events: tuple[HookEvent, ...]
    lost: int
    taken: Mapping[str, int]
    lost_total: int

    @property
    def lost_key(self) -> str:
        """Return the key under which the loss is told once."""
        place = "".join(f":{name}:{end}" for name, end in list(self.taken.items())[-1:])
        return f"lost:{self.lost_total}{place}"


class Spool(Backlog):
    """The spool of one repository. `take` and `ack` need the store lock; hooks never do.

    Args:
        state_dir: the state directory of the repository.
        clock: for times, and for how long a retired file is kept where `alone` cannot tell.
        alone: tells whether nobody has a file open (None: unknown).
        uptime: where the system says how long ago it was started.
    """

    def __init__(
        self,
        state_dir: str,
        *,
        clock: Clock,
        alone: Callable[[str], bool | None] = sole_user,
        uptime: str = "/proc/uptime",
    ) -> None:
        super().__init__(state_dir)
        self._clock = clock
        self._alone = alone
        self._uptime = uptime

    def create(self, *, shared: bool = False) -> None:
        """Make the folder and its files, so that a hook on a full disk can still count a loss.

        `shared`: the group writes too (core.sharedRepository). What is in them stays.
        """
        directories.make(self.path)
        mode = 0o664 if shared else 0o644
        for path in (self.lost_file, self.now):
            faults.point(f"write {os.path.basename(path)}")
            with contextlib.suppress(FileExistsError):
                fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
                try:
                    if path == self.lost_file:
                        os.write(fd, b"\n")
                        atomic.sync_fd(fd)
                finally:
                    os.close(fd)
        if shared:
            with contextlib.suppress(PermissionError):
                os.chmod(self.path, 0o2775)  # noqa: S103 - that is what sharing means
                for path in (self.lost_file, self.now):
                    os.chmod(path, mode)

    def take(self) -> Batch:
        """Return what hooks noted since the last acknowledged batch; nothing is removed.

        Asked twice without `ack` it answers the same entries with the same keys. Entries
        that are still being written are left for the next call. A batch that tells nothing
        (probes only) needs no `ack`.
        """
        atomic.sweep(self.path)
        self._finish_retirement()
        known = self.load()
        pending = [name for name in self.retired() if self._unread(name, known)]
        if len(pending) < _MOST_PENDING and size_of(self.now):
            pending.append(self._retire(known))
        boot_ns = self._boot_ns()
        events: list[HookEvent] = []
        torn = 0
        taken: dict[str, int] = {}
        for name in pending:
            found = self._read(name, known.files.get(name, 0), boot_ns=boot_ns)
            events += found.events
            torn += found.torn
            taken[name] = found.end
        lost_total = self.lost_total()
        lost = max(lost_total - known.lost, torn, 0)
        batch = Batch(tuple(events), lost, taken, lost_total)
        if taken and not events and not lost:
            self.ack(batch)
        return batch

    def ack(self, batch: Batch) -> None:
        """Forget `batch`: it is durable elsewhere. Retired files nobody can write to go."""
        known = self.load()
        files = {**known.files, **batch.taken}
        kept = {}
        for name in self.retired():
            path = os.path.join(self.path, name)
            if self._is_final(name) and size_of(path) == files.get(name, 0):
                faults.point("unlink spool")
                os.unlink(path)
            else:
                kept[name] = files.get(name, 0)
        if kept != known.files or batch.lost_total != known.lost:
            self._save(Taken(kept, batch.lost_total, known.seq))

    def probed(self, token: str) -> bool:
        """Tell whether a hook that was run as the probe `token` has left its note."""
        needle = b"\tp=" + token.encode() + b"\t"
        for name in ("now", *self.retired()):
            with contextlib.suppress(OSError):
                if needle in (atomic.read(os.path.join(self.path, name)) or b""):
                    return True
        return False

    def _unread(self, name: str, known: Taken) -> bool:
        return size_of(os.path.join(self.path, name)) > known.files.get(name, 0)

    def _read(self, name: str, start: int, *, boot_ns: int | None) -> Scan:
        path = os.path.join(self.path, name)
        final = self._is_final(name)
        with open(path, "rb") as file:
            file.seek(start)
            data = file.read()
            latest = os.fstat(file.fileno()).st_mtime_ns
        return scan(data, name=name, start=start, final=final, latest_ns=latest, boot_ns=boot_ns)

    def _is_final(self, name: str) -> bool:
        """Tell whether no hook can append to this retired file any more."""
        path = os.path.join(self.path, name)
        alone = self._alone(path)
        if alone is None:
            return self._clock.now_ns() - os.stat(path).st_ctime_ns > LATE_NS
        return alone

    def _retire(self, known: Taken) -> str:
        """Give `now` its final name and put an empty file in its place; return that name."""
        found = os.stat(self.now)
        seq = 1 + max([known.seq, *map(sequence, self.retired())])
        name = f"{seq}-{found.st_mtime_ns}"
        self._save(Taken(known.files, known.lost, seq))
        faults.point("link spool")
        try:
            os.link(self.now, os.path.join(self.path, name))
        except OSError as exc:
            if exc.errno not in _NO_LINKS:
                raise
            os.rename(self.now, os.path.join(self.path, name))
            self.create(shared=bool(found.st_mode & 0o020))
        else:
            self._replace_now(found)
        return name

    def _replace_now(self, found: os.stat_result) -> None:
        """Put an empty file in place of `now`, whose other name is that of a retired file."""
        fresh = os.path.join(self.path, f".tmp-{os.getpid()}-now")
        mode = stat.S_IMODE(found.st_mode)
        fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
        os.fchmod(fd, mode)
        os.close(fd)
        faults.point("rename spool")
        os.replace(fresh, self.now)

    def _finish_retirement(self) -> None:
        """Finish a retirement that a crash left between its two steps."""
        with contextlib.suppress(FileNotFoundError):
            now = os.stat(self.now)
            for name in self.retired():
                if os.path.samestat(now, os.stat(os.path.join(self.path, name))):
                    self._replace_now(now)

    def _boot_ns(self) -> int | None:
        """Return when the machine started; hooks without a clock note how long that is ago."""
        data = atomic.read(self._uptime)
        try:
            uptime = float((data or b"").split()[0])
        except (IndexError, ValueError):
            return None
        return self._clock.now_ns() - int(uptime * 1000) * 1_000_000

    def _save(self, taken: Taken) -> None:
        record = {"v": FORMAT_VERSION, "files": taken.files, "lost": taken.lost, "seq": taken.seq}
        atomic.write(self._taken, compact_json(record), sync=False)
