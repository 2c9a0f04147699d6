"""Nothing of the machine or the way this was made is in the tree."""

from __future__ import annotations

import re
import tomllib

from packaging.requirements import Requirement

from tests.support.source import ROOT, tracked_files

PLACES = re.compile(
    r"/work/|/opt/(?:wheels|pypi)|/root/|/home/(?!you\b|ada\b)\w+/|\.library/"
    r"|pypi\.org|pythonhosted|registry\.npm"
)
"""Paths of a machine and hosts of package registries."""

OWN = "tests/architecture/test_machine.py"
BINARY = (".pack", ".idx", ".rev", ".png", ".gif", ".gz", ".zip", ".bundle")


def test_no_path_of_a_machine_and_no_registry() -> None:
    found = []
    for name in tracked_files():
        if name == OWN or name.endswith(BINARY):
            continue
        text = (ROOT / name).read_text(encoding="utf-8", errors="replace")
        for number, line in enumerate(text.splitlines(), 1):
            if PLACES.search(line):
                found.append(f"{name}:{number}: {line.strip()[:100]}")
    assert found == []


def test_requirement_files_hold_names_versions_and_hashes_only() -> None:
    line = re.compile(
        r"[a-z0-9-]+==[0-9][\w.]*( ; [^\\]+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?"
    )
    for name in ("run", "build", "dev"):
        for text in (ROOT / f"requirements/{name}.txt").read_text().splitlines():
            assert line.fullmatch(text), (name, text)


def test_requirement_files_satisfy_what_is_declared() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())
    run = declared["project"]["dependencies"]
    groups = declared["dependency-groups"]
    dev = [entry for entry in groups["dev"] if isinstance(entry, str)]
    wanted = {"run": run, "build": [*run, *groups["build"]], "dev": [*run, *groups["build"], *dev]}
    for name, requirements in wanted.items():
        pins = dict(
            re.findall(
                r"^([a-z0-9-]+)==(\S+)",
                (ROOT / f"requirements/{name}.txt").read_text(),
                re.MULTILINE,
            )
        )
        for text in requirements:
            requirement = Requirement(text)
            project = re.sub(r"[-_.]+", "-", requirement.name).lower()
            assert project in pins, f"{requirement.name}: make lock"
            assert requirement.specifier.contains(pins[project]), f"{text}: make lock"
