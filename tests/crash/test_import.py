"""An import that is stopped at any step took everything of the archive, or nothing of it."""

from __future__ import annotations

import zlib

from tests.support import crash
from tests.support.crash import Lab
from tests.support.crash_scenarios import SCENARIOS

IMPORT = next(scenario for scenario in SCENARIOS if scenario.name == "import")
REPLACE = next(scenario for scenario in SCENARIOS if scenario.name == "import-replace")


def ours(lab: Lab, path: str) -> dict[str, str]:
    """Return the refs of ours that a repository of the lab has."""
    listed = lab.repo.git("-C", path, "for-each-ref", "--format=%(refname) %(objectname)")
    found = dict(line.split(" ", 1) for line in listed.splitlines())
    return {name: oid for name, oid in found.items() if name.startswith("refs/timewarp/")}


def test_an_import_is_all_or_nothing(lab: Lab, crash_all: bool) -> None:  # noqa: FBT001 - a fixture
    photo = crash.prepared(lab, IMPORT)
    lab.put_back("start")
    theirs = ours(lab, "../other")
    outcomes = set()
    for stop in crash.chosen(len(photo.points), every=crash_all, want=6, seed=zlib.crc32(b"all")):
        lab.put_back("start")
        crash.run(lab, IMPORT, stop=stop, kind="kill")
        lab.wait_for_children()
        lab.ok("status")
        now = ours(lab, ".")
        taken = {name: oid for name, oid in now.items() if name in theirs}
        assert taken in ({}, theirs), stop
        outcomes.add(bool(taken))
        lab.ok("import", "../history.tar.zst")
        now = ours(lab, ".")
        assert {name: oid for name, oid in now.items() if name in theirs} == theirs
    assert False in outcomes


def test_replacing_keeps_the_old_or_has_the_new(lab: Lab, crash_all: bool) -> None:  # noqa: FBT001 - a fixture
    photo = crash.prepared(lab, REPLACE)
    lab.put_back("start")
    old, new = ours(lab, "."), ours(lab, "../other")
    for stop in crash.chosen(len(photo.points), every=crash_all, want=6, seed=zlib.crc32(b"repl")):
        lab.put_back("start")
        crash.run(lab, REPLACE, stop=stop, kind="kill")
        lab.wait_for_children()
        lab.ok("status")
        now = ours(lab, ".")
        held = [wanted for wanted in (old, new) if wanted.items() <= now.items()]
        assert held, stop
