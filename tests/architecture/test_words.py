"""Words are chosen once (rule 13, docs/glossary.md)."""

from __future__ import annotations

import re

from tests.support.source import ROOT, functions, modules, suite, tracked_files

OWN = "tests/architecture/test_words.py"
VAGUE = ("manager", "helper", "handler", "processor", "service", "misc", "common", "utils")
SYNONYMS = {
    "checkpoint": "snapshot",
    "autosave_point": "draft",
    "savepoint": "snapshot",
    "rewind": "jump",
    "rollback_to": "jump",
}
_PARTS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def parts(name: str) -> set[str]:
    """Return the words a name is made of, in lower case."""
    return {part.lower() for part in _PARTS.findall(name)}


def test_no_module_function_or_class_has_a_vague_name() -> None:
    found = []
    for module in (*modules(), *suite()):
        names = [*module.name.split("."), *(f.name for f in functions(module))]
        names += re.findall(r"^\s*class (\w+)", module.text, re.MULTILINE)
        found += [f"{module.path}: {name}" for name in names if parts(name) & set(VAGUE)]
    assert found == []


def test_a_thing_has_one_word() -> None:
    found = []
    for module in modules():
        for word, right in SYNONYMS.items():
            if re.search(rf"\b{word}s?\b", module.text, re.IGNORECASE):
                found.append(f"{module.path}: '{word}', say '{right}'")
    assert found == []


def test_every_word_of_ours_is_in_the_glossary() -> None:
    text = (ROOT / "docs/glossary.md").read_text()
    for word in [
        "event",
        "snapshot",
        "timeline",
        "draft",
        "milestone",
        "session",
        "writer",
        "actor",
        "journal",
        "fold",
        "operation",
        "quarantine",
        "spool",
        "segment",
        "target",
        "work-tree",
        "index",
    ]:
        assert f"**{word.replace('-', ' ')}**" in text, word


def test_nothing_is_left_for_later() -> None:
    """No to-do, no skipped test, no function that only says it is not there."""
    left = re.compile(
        r"\bTODO\b|\bFIXME\b|\bXXX\b|NotImplementedError"
        r"|pytest\.(mark\.)?(skip|xfail)|unittest\.skip|importorskip"
    )
    places = ("git_timewarp/", "tests/", "hooks/", "contrib/")
    found = []
    for name in tracked_files():
        if name.startswith(places) and name != OWN:
            text = (ROOT / name).read_text(encoding="utf-8", errors="replace")
            for number, line in enumerate(text.splitlines(), 1):
                if left.search(line):
                    found.append(f"{name}:{number}: {line.strip()}")
    assert found == []


def test_no_mocks_inside_the_house() -> None:
    """Only what stands at the edge of the process may be replaced (rule 18)."""
    edge = re.compile(r"monkeypatch\.setattr\((?!sys, |os, |time, |socket, )")
    found = []
    for module in suite():
        if module.path == OWN:
            continue
        for number, line in enumerate(module.text.splitlines(), 1):
            if edge.search(line) or re.search(r"unittest\.mock|import mock", line):
                found.append(f"{module.path}:{number}: {line.strip()}")
    assert found == []
