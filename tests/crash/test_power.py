"""The recording layer of the power cuts sees what commands do to the disk, all of it."""

from __future__ import annotations

import pytest

from tests.support import crash, power
from tests.support.crash import Lab, Scenario
from tests.support.crash_scenarios import SCENARIOS


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_the_layer_knows_what_is_on_the_disk(lab: Lab, scenario: Scenario) -> None:
    """Played back and nothing lost, the calls give what the command left, byte by byte."""
    scenario.prepare(lab)
    lab.photograph("start")
    lab.put_back("start")
    ran = crash.run(lab, scenario, kind="traced")
    assert ran.code == 0, ran.err
    found, real = lab.disk().live(), power.tree(lab.root)
    assert sorted(found) == sorted(real)
    wrong = {
        path: (found[path][2], real[path][2], found[path][1] == real[path][1])
        for path in real
        if found[path] != real[path]
    }
    assert wrong == {}
