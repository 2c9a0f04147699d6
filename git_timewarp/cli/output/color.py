"""Colours as git does them: `color.ui`, `color.timewarp`, `NO_COLOR`, and git's colour words."""

from __future__ import annotations

from collections.abc import Mapping

RESET = "\x1b[m"

DEFAULTS = {
    "event": "yellow",
    "age": "green",
    "type": "",
    "actor": "cyan",
    "milestone": "bold magenta",
    "current": "bold green",
    "added": "green",
    "modified": "yellow",
    "deleted": "red",
    "good": "green",
    "bad": "bold red",
    "error": "bold red",
    "warning": "bold yellow",
    "hint": "cyan",
}
"""Slots, each set by `color.timewarp.<slot>`, and what they are without it."""

_COLORS = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
_ATTRIBUTES = {"bold": 1, "dim": 2, "italic": 3, "ul": 4, "blink": 5, "reverse": 7, "strike": 9}
_OFF = {"bold": 22, "dim": 22, "italic": 23, "ul": 24, "blink": 25, "reverse": 27, "strike": 29}
_LAST_PALETTE = 255


class Palette:
    """Paints text by slot, or leaves it plain."""

    __slots__ = ("_codes",)

    def __init__(self, codes: Mapping[str, str] | None) -> None:
        self._codes = codes

    @property
    def is_on(self) -> bool:
        """Whether anything is painted."""
        return self._codes is not None

    def paint(self, slot: str, text: str) -> str:
        """Return `text` in the colour of `slot`."""
        code = self._codes.get(slot, "") if self._codes else ""
        return f"{code}{text}{RESET}" if code and text else text


PLAIN = Palette(None)


def palette(settings: Mapping[str, str]) -> Palette:
    """Return the colours, the user's `color.timewarp.<slot>` over ours."""
    words = {
        slot: settings.get(f"color.timewarp.{slot}", default) for slot, default in DEFAULTS.items()
    }
    return Palette({slot: escape(text) for slot, text in words.items()})


def wanted(
    option: str | None,
    *,
    settings: Mapping[str, str],
    environ: Mapping[str, str],
    terminal: bool,
) -> bool:
    """Decide whether to paint: the option, then `NO_COLOR`, then git's settings.

    Args:
        option: `always`, `never`, `auto` or None.
        settings: git's settings.
        environ: for `NO_COLOR` and `TERM`.
        terminal: whether output goes to a terminal (a pager on one counts).
    """
    when = option
    if when is None and environ.get("NO_COLOR"):
        return False
    if when is None:
        when = settings.get("color.timewarp", settings.get("color.ui", "auto")).lower()
    if when == "always":
        return True
    if when in {"never", "false", "no", "off", "0"}:
        return False
    return terminal and environ.get("TERM", "dumb") != "dumb"


def escape(words: str) -> str:
    """Return the escape sequence for git's colour words (git-config, 'color').

    Words nobody knows are left out, so that a typing error never hides output.
    """
    codes: list[str] = []
    ground = 30
    for word in words.lower().split():
        if word == "reset":
            codes.append("")
            continue
        attribute = _attribute(word)
        if attribute is not None:
            codes.append(str(attribute))
            continue
        code = _color(word, ground)
        if code is not None:
            if code:
                codes.append(code)
            ground = 40
    return f"\x1b[{';'.join(codes)}m" if codes else ""


def _attribute(word: str) -> int | None:
    if word in _ATTRIBUTES:
        return _ATTRIBUTES[word]
    if word.startswith("no"):
        return _OFF.get(word[2:].removeprefix("-"))
    return None


def _color(word: str, ground: int) -> str | None:
    """Return the code of one colour for the foreground (30) or background (40)."""
    if word == "normal":
        return ""
    if word == "default":
        return str(ground + 9)
    if word in _COLORS:
        return str(ground + _COLORS.index(word))
    if word.removeprefix("bright") in _COLORS:
        return str(ground + 60 + _COLORS.index(word.removeprefix("bright")))
    if word.isascii() and word.isdigit() and int(word) <= _LAST_PALETTE:
        number = int(word)
        if number < 16:
            return str(ground + number if number < 8 else ground + 52 + number)
        return f"{ground + 8};5;{number}"
    digits = word.removeprefix("#")
    if word.startswith("#") and len(digits) == 6 and _is_hex(digits):
        red, green, blue = (int(digits[at : at + 2], 16) for at in (0, 2, 4))
        return f"{ground + 8};2;{red};{green};{blue}"
    return None


def _is_hex(text: str) -> bool:
    return all(char in "0123456789abcdef" for char in text)
