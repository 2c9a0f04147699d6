"""The drain: nothing that a hook wrote is lost or told twice, whenever it writes or we stop."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from git_timewarp.store.spool import Spool
from git_timewarp.util import faults
from git_timewarp.util.clock import SystemClock

CLOCK = SystemClock()
RECORDER = Path(__file__).parents[2] / "hooks/git/record.sh"


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    """Return an empty spool."""
    found = Spool(str(tmp_path), clock=CLOCK)
    found.create()
    return found


@pytest.fixture
def no_faults() -> Iterator[None]:
    """Take installed fault points out after the test."""
    yield
    faults.install(None)


def line(number: int, *, end: str = ".", extra: str = "\th=post-commit") -> bytes:
    """Return one line as a stub writes it."""
    return f"\n1\t{number}.1{extra}\ta={number}\t{end}\n".encode()


def append(spool: Spool, data: bytes, *, name: str = "now") -> None:
    """Append to a file of the spool."""
    with open(os.path.join(spool.path, name), "ab") as file:
        file.write(data)


def numbers(spool: Spool) -> list[str]:
    """Take, acknowledge, and return the first argument of each event."""
    batch = spool.take()
    spool.ack(batch)
    return [event.args[0] for event in batch.events]


def names(spool: Spool) -> set[str]:
    """Return the files of the spool."""
    return set(os.listdir(spool.path))


@dataclass(frozen=True)
class Later(SystemClock):
    """A clock that is some minutes fast."""

    minutes: int = 0

    def now_ns(self) -> int:
        """Return the time so many minutes later."""
        return CLOCK.now_ns() + self.minutes * 60 * 10**9


class TestTakeAndAck:
    """The protocol between spool and journal."""

    def test_entries_come_in_order_and_once(self, spool: Spool) -> None:
        """What was acknowledged does not come again, what is new does; nothing is left over."""
        append(spool, line(1) + line(2))
        assert spool.size > 0
        assert numbers(spool) == ["1", "2"]
        append(spool, line(3))
        assert numbers(spool) == ["3"]
        assert (numbers(spool), spool.size) == ([], 0)
        assert names(spool) == {"now", "lost", "taken"}

    def test_without_ack_the_same_keys_come_again(self, spool: Spool) -> None:
        """A crash between take and ack gives duplicates that their key tells, not losses."""
        append(spool, line(1))
        first = spool.take()
        append(spool, line(2))
        again = Spool(os.path.dirname(spool.path), clock=CLOCK)
        second = again.take()
        assert [event.args[0] for event in second.events] == ["1", "2"]
        assert second.events[0].key == first.events[0].key
        assert len({event.key for event in second.events}) == 2
        again.ack(second)
        assert numbers(spool) == []

    def test_keys_are_never_used_again(self, spool: Spool) -> None:
        """Equal lines in files of later days have keys of their own."""
        keys = set()
        for _ in range(5):
            append(spool, line(1))
            batch = spool.take()
            keys |= {event.key for event in batch.events}
            spool.ack(batch)
        assert len(keys) == 5

    def test_probes_alone_need_no_ack(self, spool: Spool) -> None:
        """Notes of probes are dropped by the look at them, however many there are."""
        for number in range(20):
            append(spool, line(number, extra="\th=post-commit\tp=abc"))
            assert spool.probed("abc")
            assert spool.take().events == ()
        append(spool, line(1))
        assert numbers(spool) == ["1"]
        assert names(spool) == {"now", "lost", "taken"}

    def test_a_hook_that_opened_the_file_before(self, spool: Spool) -> None:
        """A writer that was asleep between open and write still gets through, days later."""
        append(spool, line(1))
        late = os.open(os.path.join(spool.path, "now"), os.O_WRONLY | os.O_APPEND)
        assert numbers(spool) == ["1"]
        assert numbers(spool) == []
        append(spool, line(2))
        assert numbers(spool) == ["2"]
        os.write(late, line(3))
        os.close(late)
        assert numbers(spool) == ["3"]
        assert numbers(spool) == []
        assert names(spool) == {"now", "lost", "taken"}

    def test_without_leases_a_retired_file_is_kept_a_minute(self, tmp_path: Path) -> None:
        """Where nobody can tell who has a file open, time must do."""
        spool = Spool(str(tmp_path), clock=CLOCK, alone=lambda _path: None)
        spool.create()
        append(spool, line(1))
        assert numbers(spool) == ["1"]
        (kept,) = names(spool) - {"now", "lost", "taken"}
        append(spool, line(2), name=kept)
        assert numbers(spool) == ["2"]
        spool = Spool(str(tmp_path), clock=Later(minutes=2), alone=lambda _path: None)
        assert numbers(spool) == []
        append(spool, line(3))
        assert numbers(spool) == ["3"]
        assert names(spool) == {"now", "lost", "taken"}

    def test_stopped_at_every_step(self, spool: Spool, no_faults: None) -> None:
        """Wherever take or ack is cut off, the next ones bring each entry, once by key."""
        del no_faults
        told: dict[str, str] = {}
        for step in range(1, 30):
            append(spool, line(step))
            left = step

            def stop(_name: str) -> None:
                nonlocal left
                left -= 1
                if left == 0:
                    raise OSError("stopped")

            faults.install(stop)
            try:
                batch = spool.take()
                told |= {event.key: event.args[0] for event in batch.events}
                spool.ack(batch)
            except OSError:
                pass
            faults.install(None)
        for _ in range(2):
            batch = spool.take()
            told |= {event.key: event.args[0] for event in batch.events}
            spool.ack(batch)
        assert sorted(map(int, told.values())) == list(range(1, 30))
        assert {name for name in names(spool) if not name.startswith(".tmp")} == {
            "now",
            "lost",
            "taken",
        }


class TestDamage:
    """What a kill or a full disk leaves behind."""

    def test_a_line_cut_short_costs_itself_only(self, spool: Spool) -> None:
        """The entries around a torn line are read; the loss is told once."""
        append(spool, line(1) + line(2)[:-9] + line(3) + b"\xff\x00 no line of ours\n" + line(4))
        batch = spool.take()
        assert [event.args[0] for event in batch.events] == ["1", "3", "4"]
        assert batch.lost == 2
        assert spool.take().lost_key == batch.lost_key
        spool.ack(batch)
        assert spool.take().lost == 0
        append(spool, line(5)[:-9])
        again = spool.take()
        assert again.lost == 1
        assert again.lost_key != batch.lost_key

    def test_an_entry_in_parts_waits_for_its_last(self, spool: Spool) -> None:
        """Parts of two writers are sorted out; what is still being written is left alone."""
        writer = os.open(os.path.join(spool.path, "now"), os.O_WRONLY | os.O_APPEND)
        append(spool, line(1, end="+") + line(2) + line(1, extra="", end="+"))
        assert numbers(spool) == []
        os.write(writer, line(1, extra=""))
        os.close(writer)
        batch = spool.take()
        seen = [(event.args, event.complete) for event in batch.events]
        assert seen == [(("1", "1", "1"), True), (("2",), True)]

    def test_an_entry_whose_writer_died_is_told_as_such(self, spool: Spool) -> None:
        """When nobody can finish it any more, what there is counts, marked incomplete."""
        append(spool, line(1, end="+") + line(2))
        batch = spool.take()
        seen = [(event.args, event.complete) for event in batch.events]
        assert seen == [(("1",), False), (("2",), True)]

    def test_damaged_bookkeeping_gives_duplicates_not_losses(self, spool: Spool) -> None:
        """Without `taken` everything that is still there comes again under its old key."""
        late = os.open(os.path.join(spool.path, "now"), os.O_WRONLY | os.O_APPEND)
        append(spool, line(1))
        batch = spool.take()
        spool.ack(batch)
        Path(spool.path, "taken").write_bytes(b"{torn")
        assert [event.key for event in spool.take().events] == [batch.events[0].key]
        os.close(late)

    def test_full_disk(self, tmp_path: Path) -> None:
        """On a full disk the hook succeeds, is silent, and the loss is counted."""
        disk = tmp_path / "disk"
        disk.mkdir()
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(disk)], check=False
        )
        try:
            spool = Spool(str(disk / "timewarp"), clock=CLOCK)
            spool.create()
            if mounted.returncode:
                Path(spool.path, "now").unlink()
                Path(spool.path, "now").symlink_to("/dev/full")
            else:
                with open(disk / "filler", "wb", buffering=0) as file:
                    fill(file.fileno())
            done = run_recorder(disk)
            assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
            assert spool.lost == 1
        finally:
            subprocess.run(["umount", "-q", str(disk)], check=False, capture_output=True)


def fill(fd: int) -> None:
    """Write to `fd` until the disk is full."""
    try:
        while True:
            os.write(fd, b"x" * 512)
    except OSError:
        return


def run_recorder(folder: Path) -> subprocess.CompletedProcess[bytes]:
    """Run what the stubs source, for the state directory `folder/timewarp`."""
    script = f"_tw_name=post-commit _tw_stdin=0 _tw_tee=0 _tw_state=timewarp; . '{RECORDER}'"
    return subprocess.run(["sh", "-c", script], cwd=folder, capture_output=True, check=False)


class TestTime:
    """When an entry was written."""

    def test_uptime_and_clock(self, tmp_path: Path) -> None:
        """`t` is a time, `u` counts from the start of the machine, neither is the file's time."""
        uptime = tmp_path / "uptime"
        now_ns = CLOCK.now_ns()
        uptime.write_text("1000.00 5.00\n")
        spool = Spool(str(tmp_path), clock=CLOCK, uptime=str(uptime))
        spool.create()
        append(spool, line(1, extra="\th=post-commit\tu=900.50"))
        append(spool, line(2, extra=f"\th=post-commit\tt={now_ns // 10**9 - 50}.250000"))
        append(spool, line(3))
        first, second, third = spool.take().events
        assert abs(first.at_ns - (now_ns - 99_500_000_000)) < 10**9
        assert second.at_ns == (now_ns // 10**9 - 50) * 10**9 + 250_000_000
        assert [first.exact, second.exact, third.exact] == [True, True, False]
        assert third.at_ns >= second.at_ns

    def test_entries_of_before_a_restart_get_no_false_time(self, tmp_path: Path) -> None:
        """An uptime greater than that of a later entry is of an earlier start: not exact."""
        uptime = tmp_path / "uptime"
        uptime.write_text("100.00 5.00\n")
        spool = Spool(str(tmp_path), clock=CLOCK, uptime=str(uptime))
        spool.create()
        for number, seconds in enumerate((80, 10, 90)):
            append(spool, line(number, extra=f"\th=post-commit\tu={seconds}"))
        before, after, last = spool.take().events
        assert [before.exact, after.exact, last.exact] == [False, True, True]
        assert before.at_ns <= after.at_ns <= last.at_ns


WRITER = """
cd "$1"
n=0
while [ $n -lt {count} ]; do
	n=$((n + 1))
	sh -c '_tw_name=post-rewrite _tw_stdin=1 _tw_tee=0 _tw_state=.; . "$0"' "$2" "$3-$n" <lines
done
"""


def test_eight_writers_race_the_drain(spool: Spool, tmp_path: Path) -> None:
    """8 processes, 40 hooks each, entries in several parts, drained meanwhile: all there, once."""
    count = 40
    lines = [f"{number:040d} {number:040d}" for number in range(100)]
    (tmp_path / "lines").write_text("\n".join(lines))
    script = WRITER.format(count=count)
    writers = [
        subprocess.Popen(["sh", "-c", script, "sh", str(tmp_path), str(RECORDER), str(name)])
        for name in range(8)
    ]
    seen: list[str] = []
    rounds = 0
    while any([writer.poll() is None for writer in writers]):  # noqa: C419 - poll them all
        batch = spool.take()
        seen += [event.args[0] for event in batch.events]
        assert all(list(event.lines) == lines and event.complete for event in batch.events)
        assert batch.lost == 0
        spool.ack(batch)
        rounds += bool(batch.events)
    seen += numbers(spool)
    assert sorted(seen) == sorted(f"{name}-{n + 1}" for name in range(8) for n in range(count))
    assert rounds > 5
    assert numbers(spool) == []
    assert names(spool) == {"now", "lost", "taken"}
