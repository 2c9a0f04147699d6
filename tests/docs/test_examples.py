"""Every command in the README and the guide runs, and prints what the page says."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.support import examples


@pytest.mark.parametrize("path", examples.PAGES, ids=lambda path: str(path.name))
def test_examples_print_what_the_page_says(path: Path) -> None:
    page = path.read_text(encoding="utf-8")
    answers = examples.run(page, environ=os.environ)
    assert answers, "a page without an example"
    for command, output, code in answers:
        assert examples.plain(output) == examples.plain(command.shown), command.text
        assert (code != 0) == ("error: " in output or '"error":' in output), (
            f"{command.text} ended with {code}"
        )


def test_make_commands_in_the_documents_exist() -> None:
    targets = set(
        re.findall(r"^([a-z-]+):", (examples.ROOT / "Makefile").read_text(), re.MULTILINE)
    )
    named = {
        text.split()[1]
        for path in examples.PAGES
        for text, command in examples.commands(path.read_text(encoding="utf-8"))
        if command is not None and text.startswith("make ")
    }
    assert named
    assert named <= targets
