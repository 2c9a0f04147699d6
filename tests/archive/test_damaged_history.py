"""What cannot be exported because it is damaged where it lies."""

from __future__ import annotations

import os
from pathlib import Path

from tests.support.recorder import opened, recorded, typed
from tests.support.repo_builder import RepoBuilder


def test_damage_in_the_history_itself_is_told(tmp_path: Path) -> None:
    repo = RepoBuilder(tmp_path / "repo")
    repo.commit("first", {"a": "one\n"})
    recorded(repo)
    repo.write("large", os.urandom(100_000))
    opened(repo).snapshot(message="large")
    repo.git("repack", "-qad")
    for pack in (repo.git_dir() / "objects/pack").glob("*.pack"):
        data = bytearray(pack.read_bytes())
        data[len(data) // 2] ^= 0xFF
        pack.chmod(0o644)
        pack.write_bytes(data)
    done = typed(repo, "export", "--output", str(tmp_path / "out.tar.zst"))
    assert done.code == 5
    assert done.err.startswith("error: what belongs into the archive is damaged: packed object ")
    assert done.err.endswith("hint: git timewarp verify --full\n")
    assert not (tmp_path / "out.tar.zst").exists()
