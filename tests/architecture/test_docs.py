"""Documents exist for what they document, and generated ones are up to date (rule 20)."""

from __future__ import annotations

import re

import pytest

from git_timewarp.cli.options import JSON
from tests.support import json_page
from tests.support.commands import commands
from tests.support.reference import PAGES
from tests.support.source import ROOT, modules, tracked_files

DESIGN_HEADINGS = ("## Problem", "## Decision", "## Alternatives", "## Consequences")


@pytest.mark.parametrize("name", sorted(PAGES))
def test_generated_pages_are_up_to_date(name: str) -> None:
    path = ROOT / name
    assert path.exists(), f"{name} is missing: make docs"
    assert path.read_text(encoding="utf-8") == PAGES[name](), f"{name} is stale: make docs"


def test_every_answer_in_json_is_on_its_page() -> None:
    """But those of `help` and of `watch run`, which answer nothing of their own."""
    answering = {name for name, command in commands().items() if JSON in command.options}
    assert answering - json_page.named() == {"help", "watch run"}


def test_every_stored_format_has_a_page() -> None:
    pages = "".join(path.read_text() for path in (ROOT / "docs/formats").glob("*.md"))
    for module in modules():
        if re.search(r"^FORMAT_VERSION\b", module.text, re.MULTILINE):
            assert f"`{module.name}`" in pages, f"no page in docs/formats names {module.name}"


def test_every_package_is_on_the_map() -> None:
    """The layers in CONTRIBUTING are those of the import contract."""
    text = (ROOT / "docs/style.md").read_text()
    for layer in {m.layer for m in modules()} - {"git_timewarp", "__init__", "__main__", "py"}:
        assert f"`{layer}`" in text, layer


def test_design_pages_follow_the_template() -> None:
    seen: dict[str, str] = {}
    for path in sorted((ROOT / "docs/design").glob("*.md")):
        text = path.read_text()
        number = path.name[:4]
        assert re.fullmatch(r"\d{4}-[a-z0-9-]+\.md", path.name), path.name
        assert number not in seen, (path.name, seen[number])
        seen[number] = path.name
        lines = text.splitlines()
        assert lines[0].startswith(f"# {number}: "), path.name
        at = [lines.index(heading) if heading in lines else -1 for heading in DESIGN_HEADINGS]
        assert at == sorted(at), (path.name, DESIGN_HEADINGS)
        assert -1 not in at, (path.name, DESIGN_HEADINGS)


def test_links_between_documents_lead_somewhere() -> None:
    broken = []
    for name in tracked_files():
        if not name.endswith(".md"):
            continue
        text = re.sub(r"```.*?```", "", (ROOT / name).read_text(), flags=re.DOTALL)
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
            if "://" not in target and not (ROOT / name).parent.joinpath(target).exists():
                broken.append(f"{name}: {target}")
    assert broken == []


def test_changes_are_fragments_of_one_kind_each() -> None:
    kinds = {"added", "changed", "fixed", "removed", "security"}
    for path in (ROOT / "docs/changes").glob("*.md"):
        if path.name == "README.md":
            continue
        _, kind = path.stem.rsplit(".", maxsplit=1)
        assert kind in kinds, path.name
        assert path.read_text().strip(), path.name
