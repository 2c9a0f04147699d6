"""Writes the generated pages of docs/reference: `make docs`. A test compares them."""

from __future__ import annotations

from collections.abc import Callable

from tests.support import errors
from tests.support.source import ROOT

PAGES: dict[str, Callable[[], str]] = {
    "docs/reference/errors.md": errors.page,
}
"""Path -> what makes its text."""


def main() -> None:
    """Write every generated page."""
    for name, make in PAGES.items():
        path = ROOT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(make(), encoding="utf-8")


if __name__ == "__main__":
    main()
