"""An archive to damage and to forge, made once."""

from __future__ import annotations

import pytest

from tests.support.archives import empty, recorded, tw
from tests.support.repo_builder import RepoBuilder

_MADE: list[tuple[RepoBuilder, bytes]] = []


@pytest.fixture
def given_archive(tmp_path_factory: pytest.TempPathFactory) -> tuple[RepoBuilder, bytes]:
    """Return a recording repository and an archive of another one; made once, never changed."""
    if not _MADE:
        folder = tmp_path_factory.mktemp("bad-input")
        source = recorded(folder / "source")
        tw(source, "export", "--output", "../good.tar.zst")
        target = empty(folder / "target")
        tw(target, "init", "--no-hooks")
        _MADE.append((target, (folder / "good.tar.zst").read_bytes()))
    return _MADE[0]
