"""The soak: a developer in three worlds, alike but for the recorder.

`sans` has none; in `killed` the watcher dies by kill -9 again and again; in `steady` one
watcher lives through all of it, and its memory and descriptors are looked at.

After each kill, before anything is started again, the newest of what is recorded is compared
with the work as it was: whatever had its content for longer than the interval has to be in it.
The time somebody was recording counts as none there, so that the claim is one about the
watcher and not about the machine: a look that has begun takes as long as it takes.
"""

from __future__ import annotations

import json
import random
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from git_timewarp.safety import log
from git_timewarp.watch import folders
from tests.invariants.test_twin import compare
from tests.soak import figures
from tests.soak.developer import HEAVY, Developer, Size
from tests.soak.figures import Sample
from tests.soak.killing import Kill, Reaper
from tests.soak.work import Kept, Work, newest
from tests.support import recording
from tests.support.script_user import World
from tests.support.watching import Watched

INTERVAL = 10.0
"""`timewarp.autosave.intervalSeconds` here: the shortest there is."""

SLACK = 3.0
"""Seconds a look may begin late: the watcher wakes once a second, and its priority is low."""

GROWTH_KIB = 6 * 1024
"""By how much the fitted line of the memory may rise over a whole run."""

DESCRIPTORS = 2.0
"""The same for descriptors; three come and go with the `cat-file` process it keeps warm."""

CALM = 3.5
"""Seconds without anything new recorded after which the watcher has nothing to do."""

QUICK = 1.0
"""Seconds that one change may take to be over before the draft for it begins."""

LONGEST = 300.0
"""Seconds after which something is not slow but wrong, also on a machine that is busy."""

LARGE_EVERY = 5
"""One round in so many has the storms in full size."""

PROBES = ("edit", "save by rename", "folders", "modes", "ignore")

ABBREV = "20"
"""How long short ids are: by itself git counts all objects for that, and so ours with the user's."""

SETTINGS = {
    "timewarp.autosave.intervalSeconds": f"{INTERVAL:.0f}",
    "timewarp.fold.drafts": "8",
}


@dataclass(frozen=True)
class Plan:
    """What a run is.

    Attributes:
        seconds: how long it lasts at least; a round that has begun is finished.
        every: the time between two kills, on average.
        steps: how much of anything a round has besides what is heavy.
        size: how much the developer does at once.
        seed: chooses what he does, and the distances of the kills.
    """

    seconds: float
    every: float
    steps: int
    size: Size
    seed: int


@dataclass
class Found:
    """What a soak saw.

    Attributes:
        ages: for each kill, the age of the oldest work that was not recorded, in seconds.
        waited: the same without the time in which somebody was recording.
        samples: the steady watcher's at calm moments, those of the first round left out.
        judged: how often the first draft after a single change was compared with the work.
        rounds: how many there were.
    """

    ages: list[float] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    judged: int = 0
    rounds: int = 0


class Soak:
    """One run; `tell` is given a line now and then."""

    def __init__(self, root: Path, plan: Plan, *, tell: Callable[[str], None]) -> None:
        self.found = Found()
        self._plan = plan
        self._tell = tell
        self._began = time.monotonic()
        self._random = random.Random(plan.seed)
        # Asked when a kill has come, so by chance; what is done does not depend on it.
        self._starts = random.Random(plan.seed)
        self._worlds = tuple(World(root / name) for name in ("sans", "killed", "steady"))
        sans, killed, steady = self._worlds
        for world in self._worlds:
            world.repo.git("config", "core.abbrev", ABBREV)
            # He cleans up himself. git does it by the number of loose objects, and of those that
            # a pack of ours has already it writes none: with a recorder it comes to it later.
            world.repo.git("config", "gc.auto", "0")
        self._hunted, self._steady = Watched(killed.repo), Watched(steady.repo)
        for watched in (self._hunted, self._steady):
            for key, value in SETTINGS.items():
                watched.repo.git("config", key, value)
            watched.tw("init --watch")
        self._pid = self._steady.pid()
        self._dev = Developer(
            self._worlds,
            seed=plan.seed,
            size=plan.size,
            done=self._done,
            idle=self._idle,
            midway=self._midway,
        )
        self._work = Work(sans.repo)
        self._reaper = Reaper(self._hunted, seed=plan.seed, every=plan.every)

    def run(self) -> Found:
        """Soak until the time is over, and check everything once more at the end."""
        try:
            self._work.look()
            self._reaper.arm()
            self._dev.begin()
            while self._minutes() * 60 < self._plan.seconds or not self.found.samples:
                self._round()
            self._reaper.close()
            self._idle()
            self._end()
        finally:
            self.close()
        return self.found

    def close(self) -> None:
        """End what was started."""
        self._reaper.close()
        for watched in (self._hunted, self._steady):
            watched.tw("watch stop", ok=False)

    def _round(self) -> None:
        self._dev.large = self.found.rounds % LARGE_EVERY == 0
        for name in self._random.sample(HEAVY, len(HEAVY)):
            self._dev.act(name)
        for _ in range(self._plan.steps):
            self._dev.step()
        self._calm()
        for world in self._worlds[1:]:
            compare(self._worlds[0], world, self._dev.typed)
            assert world.repo.view() == self._worlds[0].repo.view()
            assert world.repo.index_state() == self._worlds[0].repo.index_state()
        self._probe(self._random.choice(PROBES))
        self.found.rounds += 1
        held = figures.sample(self._pid, minutes=self._minutes())
        if self.found.rounds > 1:
            self.found.samples.append(held)
        self._tell(f"{held.minutes:.1f} min, round {self.found.rounds}: {held}")

    def _done(self) -> None:
        """Look at what was done, and at whether the watcher was killed meanwhile."""
        self._work.look(self._dev.mentioned)
        self._dev.mentioned.clear()
        self._idle()

    def _idle(self) -> None:
        kill = self._reaper.take()
        if kill is None:
            return
        self._judge(kill)
        self._start()
        self._await(self._hunted)
        self._reaper.arm()

    def _midway(self) -> None:
        """Do the same while files are being written: what is recorded then is for later."""
        kill = self._reaper.take()
        if kill is not None:
            self._work.look(midway=True)
            self._judge(kill)
            self._start()
            self._reaper.arm()

    def _judge(self, kill: Kill) -> None:
        """Compare what is recorded with the work at the moment of the kill."""
        kept = newest(self._hunted.repo)
        missing = self._work.missing(kept.files, before=kill.at)
        oldest = min(missing.values(), default=kill.at)
        age = kill.at - oldest
        waited = age - self._reaper.busy(oldest, kill.at)
        self.found.ages.append(age)
        self.found.waited.append(waited)
        self._tell(f"killed: work of the last {age:.1f} s is not in {kept.event}")
        if waited > INTERVAL + SLACK:
            names = sorted(name for name, since in missing.items() if since == oldest)
            raise AssertionError(f"not recorded for {waited:.1f} s: {names[:9]}, {self._story()}")

    def _start(self) -> None:
        """Start the watcher again, once or by several at once; it is one all the same."""
        line = ["git", "timewarp", "watch", "start", "--json"]
        started = [
            subprocess.Popen(
                line,
                cwd=self._hunted.repo.path,
                env=self._hunted.repo.env(),
                stdout=subprocess.PIPE,
                text=True,
            )
            for _ in range(self._starts.choice((1, 1, 3)))
        ]
        told = [json.loads(process.communicate()[0]) for process in started]
        assert {record["pid"] for record in told} == {self._hunted.pid()}, told
        assert [record["changed"] for record in told].count(True) >= 1, told

    def _await(self, watched: Watched) -> Kept:
        """Wait until all of the work is recorded, and nothing else."""
        deadline = time.monotonic() + LONGEST
        kept = newest(watched.repo)
        while kept.files != self._work.files:
            assert time.monotonic() < deadline, self._difference(watched, kept)
            time.sleep(0.2)
            self._idle()
            kept = newest(watched.repo, known=kept)
        return kept

    def _calm(self) -> Kept:
        """Wait until both have recorded everything and for a while nothing more comes."""
        self._await(self._hunted)
        while True:
            kept = self._await(self._steady)
            until = time.monotonic() + CALM
            while time.monotonic() < until:
                time.sleep(0.1)
                self._idle()
            if newest(self._steady.repo).event == kept.event:
                return kept

    def _probe(self, name: str) -> None:
        """Do one thing, and have all of it in the first draft that comes, not only in a later."""
        before, files = self._calm(), dict(self._work.files)
        began = time.monotonic()
        self._dev.act(name)
        if self._work.files == files:
            return
        spent = time.monotonic() - began
        after = before
        deadline = time.monotonic() + LONGEST
        while after.event == before.event:
            assert time.monotonic() < deadline, ("no draft", name, self._story())
            time.sleep(0.1)
            after = newest(self._steady.repo, known=after)
        if spent < QUICK:
            self.found.judged += 1
            assert after.files == self._work.files, self._difference(self._steady, after)

    def _end(self) -> None:
        self._calm()
        opened = recording.opened(self._steady.repo)
        assert self._steady.pid() == self._pid, "the steady watcher was another one"
        listed = folders.listed(opened)
        assert figures.watches(self._pid) == len({*listed.tree, *listed.git})
        for watched, world in zip((self._hunted, self._steady), self._worlds[1:], strict=True):
            assert "Traceback" not in _log(watched), _log(watched)
            watched.tw("watch stop")
            for _ in range(2):
                # It may remark that a `gc` took a commit before anybody looked: the dates here are
                # so old that no reflog keeps anything.
                told = json.loads(watched.tw("verify --full --json"))
                assert (told["ok"], told["problems"]) == (True, []), told
                fsck = world.repo.run("fsck", "--full", "--no-progress", "--no-dangling")
                assert (fsck.stdout, fsck.stderr) == (b"", b""), fsck
                cleaned = world.repo.run("gc", "--prune=now")
                assert (cleaned.stdout, cleaned.stderr) == (b"", b""), cleaned

    def _minutes(self) -> float:
        return (time.monotonic() - self._began) / 60

    def _difference(self, watched: Watched, kept: Kept) -> str:
        work, files = self._work.files, kept.files
        names = [name for name in {*work, *files} if work.get(name) != files.get(name)]
        shown = [(name, work.get(name), files.get(name)) for name in sorted(names)[:9]]
        told = f"{len(names)} paths differ in {watched.repo.path} from {kept.event}: {shown}"
        return f"{told}\n{watched.state()}\n{_log(watched)[-2000:]}\n{self._story()}"

    def _story(self) -> str:
        return f"seed {self._plan.seed}\n" + "\n".join(self._dev.typed[-30:])


def _log(watched: Watched) -> str:
    """Return what a watcher wrote down, the newest of it."""
    path = Path(log.path_in(recording.opened(watched.repo).state_dir))
    return path.read_text(encoding="utf-8") if path.exists() else ""


def report(found: Found) -> str:
    """Return what a run saw as two small tables."""
    aged = [
        ("kills", len(found.ages)),
        ("median age", f"{median(found.ages):.1f} s"),
        ("oldest", f"{max(found.ages):.1f} s"),
        ("oldest, recording not counted", f"{max(found.waited):.1f} s"),
        ("single changes judged", found.judged),
    ]
    quarters = max(1, -(-len(found.samples) // 8))
    held = [
        (f"{s.minutes:.1f}", s.resident, s.highest, s.descriptors, s.watches)
        for s in found.samples[::quarters]
    ]
    return "\n".join(
        [
            figures.table(("work not in the newest draft at a kill", ""), aged),
            "",
            figures.table(("minute", "VmRSS KiB", "VmHWM KiB", "descriptors", "watches"), held),
            f"memory rises by {memory(found):.0f} KiB, descriptors by {descriptors(found):.1f}",
        ]
    )


def memory(found: Found) -> float:
    """Return by how many KiB the fitted line of the resident memory rises."""
    return figures.growth([(sample.minutes, sample.resident) for sample in found.samples])


def descriptors(found: Found) -> float:
    """Return by how many the fitted line of the descriptors rises."""
    return figures.growth([(sample.minutes, sample.descriptors) for sample in found.samples])
