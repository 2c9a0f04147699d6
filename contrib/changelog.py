"""Moves the fragments of docs/changes under a heading in CHANGELOG.md: a release does it once."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
KINDS = ("security", "removed", "changed", "added", "fixed")


def section(version: str, *, fragments: list[Path]) -> str:
    """Return the text for a version: its fragments by kind, one bullet each."""
    lines = [f"## {version}", ""]
    for kind in KINDS:
        texts = [
            path.read_text(encoding="utf-8").strip()
            for path in fragments
            if path.suffixes[-2:] == [f".{kind}", ".md"]
        ]
        if texts:
            lines += [f"### {kind.capitalize()}", ""]
            lines += ["- " + text.replace("\n", "\n  ") for text in texts]
            lines.append("")
    return "\n".join(lines)


def main(version: str, *, root: Path = ROOT) -> None:
    """Write the section for `version` and remove its fragments."""
    fragments = sorted(
        path for path in (root / "docs/changes").glob("*.md") if path.name != "README.md"
    )
    changelog = root / "CHANGELOG.md"
    head, mark, older = changelog.read_text(encoding="utf-8").partition("\n## ")
    text = f"{head.rstrip()}\n\n{section(version, fragments=fragments)}"
    changelog.write_text(text + (f"{mark}{older}" if mark else ""), encoding="utf-8")
    for path in fragments:
        path.unlink()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python contrib/changelog.py VERSION")
    main(sys.argv[1])
