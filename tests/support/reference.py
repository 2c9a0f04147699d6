"""Writes what is generated from tables: `make docs`. A test compares them."""

from __future__ import annotations

from collections.abc import Callable

from tests.support import (
    cli_pages,
    completion,
    completion_fish,
    completion_zsh,
    config_page,
    errors,
    json_page,
    roff,
)
from tests.support.source import ROOT

PAGES: dict[str, Callable[[], str]] = {
    "docs/reference/errors.md": errors.page,
    cli_pages.CLI: cli_pages.cli_page,
    cli_pages.EXIT_CODES: cli_pages.exit_codes_page,
    json_page.PAGE: json_page.page,
    config_page.PAGE: config_page.page,
    completion.BASH: completion.bash,
    completion.BASH_TW: completion.bash_tw,
    completion_zsh.ZSH: completion_zsh.zsh,
    completion_fish.FISH: completion_fish.fish,
    completion_fish.FISH_TW: completion_fish.fish_tw,
    roff.PAGE: roff.page,
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
