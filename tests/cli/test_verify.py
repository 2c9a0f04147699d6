"""What `verify` asks of the app."""

from __future__ import annotations

import pytest

from git_timewarp.cli.commands.verify import DepthError
from tests.support.fake_app import Desk, FakeApp


def test_no_trial_at_all_is_no_drill() -> None:
    app = FakeApp()
    with pytest.raises(DepthError) as caught:
        Desk(app).run("verify --drills 0")
    assert caught.value.hint == "git timewarp verify --restore-drill"
    assert app.asked == []
