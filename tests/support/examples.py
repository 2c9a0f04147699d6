"""The examples in our documents: run for real, their output compared or written back.

A fenced block with the language `console` holds commands (lines that begin with `$ `) and
below each what it prints. All blocks of a page run in order in one shell, in a scratch
folder with a home of its own. `<!-- setup` … `-->` holds shell lines that run unseen.
`make` commands are not run here: `make check-install` and the suite itself do that.

    python -m tests.support.examples       write today's output into the pages
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs/guide").glob("*.md")))
_BLOCK = re.compile(r"^```console\n(.*?)^```$|^<!-- setup\n(.*?)^-->$", re.DOTALL | re.MULTILINE)
_MARK = "@@example@@"
_PLAIN = (
    (re.compile(r"\b[k-z]{16}\b"), "<writer>"),
    (re.compile(r"\b[k-z]{12}\b"), "<snapshot>"),
    (re.compile(r"\b[0-9a-f]{7,64}\b"), "<object>"),
    (re.compile(r"pid \d+"), "pid <n>"),
    (re.compile(r"\b\d+ (?:second|minute)s? ago|just now"), "<age>"),
    (re.compile(r"(?<= )(?:\d+[smh]|now)(?= )"), "<age>"),
    (re.compile(r"\b\d+\.\d [kM]B"), "<size>"),
    (re.compile(r"\b\d{4}-\d\d-\d\dT[\d:.]+Z"), "<time>"),
    (re.compile(r"\b\d{4}-\d\d-\d\dT"), "<date>T"),
    (re.compile(r"\d\d:\d\d:\d\d(?:\.\d+)?Z?"), "<time>"),
    (re.compile(r"\b\d+ (objects|events|snapshots)\b"), r"<n> \1"),
    (re.compile(r"/tmp/[^\s']+"), "<folder>"),
    (re.compile(r"[ \t]+"), " "),
)


@dataclass(frozen=True, slots=True)
class Command:
    """One command of a page, what the page says it prints, and where that stands in the page."""

    text: str
    shown: str
    start: int
    end: int


def commands(page: str) -> list[tuple[str, Command | None]]:
    """Return the shell lines of a page in order; those of a setup have no Command."""
    found: list[tuple[str, Command | None]] = []
    for block in _BLOCK.finditer(page):
        if block.group(2) is not None:
            found.append((block.group(2), None))
            continue
        body, at = block.group(1), block.start(1)
        starts = [match.start() for match in re.finditer(r"^\$ ", body, re.MULTILINE)]
        for start, end in zip(starts, [*starts[1:], len(body)], strict=True):
            line, _, shown = body[start:end].partition("\n")
            text = line.removeprefix("$ ")
            below = at + start + len(line) + 1
            found.append((text, Command(text, shown, below, at + end)))
    return found


def run(page: str, *, environ: Mapping[str, str]) -> list[tuple[Command, str, int]]:
    """Run a page's examples; return each with what it printed and its exit code."""
    script = ["set +e"]
    shown: list[Command] = []
    for text, command in commands(page):
        if command is None:
            script.append(text)
        elif not text.startswith("make "):
            shown.append(command)
            script += [f"echo '{_MARK}'", f"{text} 2>&1", f'echo "{_MARK}$?"']
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder, "home")
        home.mkdir()
        bin_dir = Path(folder, "bin")
        bin_dir.mkdir()
        for name in ("git-timewarp", "tw"):
            stub = bin_dir / name
            stub.write_text(f'#!/bin/sh\nexec {sys.executable} -m git_timewarp "$@"\n')
            stub.chmod(0o755)
        env = {
            **environ,
            "HOME": str(home),
            "PATH": f"{bin_dir}:{environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "TERM": "dumb",
            "COLUMNS": "80",
        }
        work = Path(folder, "work")
        work.mkdir()
        git = shutil.which("git") or "git"
        for key, value in (
            ("user.name", "Ada"),
            ("user.email", "ada@example.com"),
            ("init.defaultBranch", "main"),
            ("advice.detachedHead", "false"),
        ):
            subprocess.run([git, "config", "--global", key, value], env=env, check=True)
        done = subprocess.run(
            ["bash", "-c", "\n".join(script)],
            cwd=work,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=300,
            check=False,
        )
    parts = done.stdout.decode("utf-8", "replace").split(_MARK)
    answers = []
    for number, command in enumerate(shown):
        output = parts[2 * number + 1].removeprefix("\n")
        code = parts[2 * number + 2].split("\n", 1)[0]
        answers.append((command, output, int(code)))
    return answers


def plain(text: str) -> str:
    """Return output without what differs from run to run: ids, ages, spacing."""
    for pattern, word in _PLAIN:
        text = pattern.sub(word, text)
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def main() -> None:
    """Write today's output into every page."""
    for path in PAGES:
        page = path.read_text(encoding="utf-8")
        for command, output, _ in reversed(run(page, environ=os.environ)):
            page = page[: command.start] + output + page[command.end :]
        path.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
