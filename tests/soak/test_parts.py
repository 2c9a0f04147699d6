"""The soak itself: it sees what is wrong."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from tests.soak import figures
from tests.soak.developer import HABITS, Developer, Size
from tests.soak.killing import Kill
from tests.soak.soak import INTERVAL, SLACK, Plan, Soak
from tests.soak.work import Work, newest
from tests.support.repo_builder import RepoBuilder
from tests.support.script_user import World
from tests.support.watching import until, watched

TINY = Size(build=20, install=40, pause=0.1)


def idle() -> None:
    """Do nothing."""


def test_work_is_as_old_as_its_last_writing(tmp_path: Path) -> None:
    repo = RepoBuilder(tmp_path / "repo")
    repo.commit("first", {"a": "1\n", "b": "1\n", ".gitignore": "*.o\n"})
    work = Work(repo)
    work.look()
    first = dict(work.files)
    assert set(first) == {"a", "b", ".gitignore"}
    early = time.monotonic()
    repo.write("a", "2\n")
    os.replace(repo.location("b"), repo.location("c"))
    repo.write("x.o", "ignored\n")
    work.look(["d"])
    assert work.missing(first, before=early) == {}
    late = time.monotonic()
    assert set(work.missing(first, before=late)) == {"a", "b", "c"}
    repo.write("a", "2\n")
    work.look()
    assert set(work.missing(first, before=late)) == {"b", "c"}
    assert work.missing(work.files, before=time.monotonic()) == {}
    repo.write("c", "3\n")
    work.look(midway=True)
    assert "c" not in work.missing(first, before=time.monotonic())
    work.look()
    assert "c" in work.missing(first, before=time.monotonic())


def test_the_newest_is_read_whether_folded_or_not(tmp_path: Path) -> None:
    with watched(tmp_path / "repo") as found:
        work = Work(found.repo)
        for folded in (False, True):
            with found.drafted():
                found.repo.write("new/file", f"{folded}\n", mode=0o755)
            found.repo.link(f"link-{folded}", "a.txt")
            found.tw("snapshot -m milestone --json" if folded else "snapshot")
            work.look()
            until(lambda: newest(found.repo).files == work.files, "it is recorded")
            kept = newest(found.repo)
            assert newest(found.repo, known=kept) is kept


def test_a_line_through_samples() -> None:
    rising = [(x, 100 + 3 * x) for x in range(10)]
    assert figures.growth(rising) == pytest.approx(27)
    peaks = [(x, 5000 if x == 4 else 100) for x in range(10)]
    assert figures.growth(peaks) == 0
    assert figures.growth([(1.0, 5)]) == 0


def test_a_watcher_that_does_not_look_is_found_out(tmp_path: Path) -> None:
    soak = Soak(
        tmp_path, Plan(seconds=0, every=3600, steps=1, size=TINY, seed=1), tell=lambda _: None
    )
    try:
        soak._work.look()
        os.kill(soak._hunted.pid(), signal.SIGKILL)
        soak._dev.write("README", "nobody looks at this\n")
        soon, late = time.monotonic(), time.monotonic() + INTERVAL + SLACK + 1
        soak._judge(Kill(soon, group=False))
        with pytest.raises(AssertionError, match=r"not recorded for .*README"):
            soak._judge(Kill(late, group=False))
    finally:
        soak.close()


def test_the_developer_does_the_same_for_the_same_seed(tmp_path: Path) -> None:
    """In every habit, and without a recorder: what differs then is the fault of the developer."""
    told = []
    for turn in ("one", "two"):
        worlds = [World(tmp_path / turn / name) for name in ("left", "right")]
        dev = Developer(worlds, seed=3, size=TINY, done=idle, idle=idle, midway=idle)
        for name in HABITS:
            if name not in {"look with ours", "keep"}:
                dev.act(name)
                while dev._in_progress() is not None:
                    dev.step()
        assert worlds[0].repo.view() == worlds[1].repo.view()
        assert worlds[0].repo.state() == worlds[1].repo.state()
        told.append((dev.typed, worlds[0].repo.view(), worlds[0].repo.state()))
    assert told[0] == told[1]
