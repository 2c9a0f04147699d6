"""Imports point downwards, and the contract that says so can fail."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.support.source import PACKAGE, ROOT, functions, modules

LINTER = Path(sys.executable).parent / "lint-imports"

_RESCUE = "git_timewarp.rescue."


def lint(where: Path) -> subprocess.CompletedProcess[str]:
    """Run the import linter on the checkout or copy at `where`."""
    env = dict(os.environ) | {"PYTHONPATH": str(where), "COLUMNS": "200"}
    return subprocess.run(
        [str(LINTER), "--no-cache", "--config", str(where / "pyproject.toml")],
        cwd=where,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_contracts_hold() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_contracts_see_a_violation(tmp_path: Path) -> None:
    shutil.copytree(PACKAGE, tmp_path / "git_timewarp", ignore=shutil.ignore_patterns("*.pyc"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    wrong = {
        "util/bad_upwards.py": "def late() -> None:\n    from git_timewarp import config\n",
        "config/bad_sideways.py": "from git_timewarp.git import names\n",
        "cli/bad_store.py": "from git_timewarp.store import view\n",
        "timeline/bad_click.py": "import click\n",
        "store/bad_library.py": "import pygit2\n",
        "metrics/__init__.py": "",
    }
    for name, text in wrong.items():
        path = tmp_path / "git_timewarp" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    done = lint(tmp_path)
    assert done.returncode == 1
    for name in wrong:
        assert Path(name).stem.removesuffix("__init__") in done.stdout, (name, done.stdout)
    assert "git_timewarp.metrics" in done.stdout


def test_no_import_hides_in_a_function() -> None:
    """Rule 6: the two places that exist to import late are the only ones."""
    late = {"git_timewarp.cli.registry", "git_timewarp.__main__"}
    found = [
        f"{module.path}:{node.lineno}: {ast.unparse(node)}"
        for module in modules()
        if module.name not in late and module.layer != "app"
        for function in functions(module)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert found == []


def test_nothing_heavy_at_import_time() -> None:
    """What every command pays for: neither git libraries nor click, nor parsers."""
    ours = [m.name for m in modules() if m.layer not in {"cli", "watch", "__main__", "demo"}]
    lazy = {"git_timewarp.config.tracked", "git_timewarp.config.validate"}
    # Disasters only: git/raw*.py are what reads without git.
    lazy |= {name for name in ours if name.startswith(("git_timewarp.git.raw", _RESCUE))}
    program = (
        "import importlib, sys\n"
        f"for name in {sorted(set(ours) - lazy)!r}: importlib.import_module(name)\n"
        "print(*sorted({'click', 'pygit2', 'dulwich', 'watchfiles', 'anyio', 'asyncio', 'tomllib',"
        " 'difflib', 'yaml', 'typing_extensions', 'urllib.request'} & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []
