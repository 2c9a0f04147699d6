"""A release moves its fragments under one heading, newest first."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support.source import ROOT


def test_fragments_become_a_section(tmp_path: Path) -> None:
    folder = tmp_path / "docs/changes"
    folder.mkdir(parents=True)
    (tmp_path / "contrib").mkdir()
    script = tmp_path / "contrib/changelog.py"
    script.write_text((ROOT / "contrib/changelog.py").read_text())
    (tmp_path / "CHANGELOG.md").write_text("# Changelog\n\nIntro.\n")
    for version, names in (("0.1.0", ("a.fixed", "b.added")), ("0.2.0", ("c.added",))):
        (folder / "README.md").write_text("stays\n")
        for name in names:
            (folder / f"{name}.md").write_text(f"{name} one\ntwo\n")
        subprocess.run([sys.executable, str(script), version], check=True)
    assert (tmp_path / "CHANGELOG.md").read_text() == (
        "# Changelog\n\nIntro.\n\n"
        "## 0.2.0\n\n### Added\n\n- c.added one\n  two\n\n"
        "## 0.1.0\n\n### Added\n\n- b.added one\n  two\n\n"
        "### Fixed\n\n- a.fixed one\n  two\n"
    )
    assert [path.name for path in folder.iterdir()] == ["README.md"]
