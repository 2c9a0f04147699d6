"""Which paths a restore is about: files, folders and globs, as `git restore` reads them.

A pattern is taken relative to the folder the user stands in. `*`, `?` and `[...]`
match as in git's default pathspec (a star crosses `/`); a name without them is a file
or a whole folder. Of git's magic, `:/` and `:(top)`, `:!`, `:^` and `:(exclude)`,
`:(literal)`, `:(glob)` and `:(icase)` are understood (gitglossary, pathspec).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from git_timewarp.errors import Kind, TimewarpError
from git_timewarp.util.frozen import Frozen

_GLOB = frozenset("*?[\\")
_SHORT = {"/": "top", "!": "exclude", "^": "exclude"}
_EXACT = ":(top,literal)"
_MAGIC = frozenset({"top", "exclude", "literal", "glob", "icase"})


class PathNotFoundError(TimewarpError):
    """A path that was asked for is in neither of the two states."""

    kind = Kind.NOT_FOUND
    reference = "path-not-found"


class BadPathspecError(TimewarpError):
    """A path pattern that means nothing, or leads out of the work tree."""

    kind = Kind.USAGE
    reference = "bad-pathspec"


class Pattern(Frozen):
    """One pattern: what the user typed, the compiled form, and whether it excludes.

    `plain` is the one path it names, from the root, where it is no more than that.
    """

    typed: str
    regex: re.Pattern[str]
    is_exclude: bool = False
    plain: str | None = None

    def matches(self, path: str) -> bool:
        """Tell whether the file or folder `path` is meant, or lies in a folder that is."""
        return self.regex.match(path) is not None


class PathFilter(Frozen):
    """The patterns of one command.

    Attributes:
        patterns: what the user typed, or the names of `exact`.
        is_exact: the patterns are names found out by us: one that is nowhere is no mistake,
            and none at all match nothing.
    """

    patterns: tuple[Pattern, ...]
    is_exact: bool = False

    @classmethod
    def parse(cls, args: Sequence[str], *, prefix: str = "") -> PathFilter:
        """Compile `args`, which are relative to the folder `prefix` (`''` or ending in `/`).

        Raises:
            BadPathspecError: an empty pattern, unknown magic, or one above the work tree.
        """
        return cls(tuple(_pattern(arg, prefix) for arg in args))

    @classmethod
    def exact(cls, names: Sequence[str]) -> PathFilter:
        """Return the filter of these files, relative to the root of the work tree."""
        found = (name.removeprefix(_EXACT) for name in names)
        return cls(tuple(_pattern(_EXACT + name, "") for name in found), is_exact=True)

    def matches(self, path: str) -> bool:
        """Tell whether `path` is asked for: some pattern takes it and none excludes it."""
        if any(item.is_exclude and item.matches(path) for item in self.patterns):
            return False
        including = [item for item in self.patterns if not item.is_exclude]
        if not including:
            return not self.is_exact
        return any(item.matches(path) for item in including)

    @property
    def plain(self) -> tuple[str, ...] | None:
        """The paths, where the patterns are no more than paths; the root is `.`."""
        found = tuple(item.plain for item in self.patterns if item.plain is not None)
        return found if len(found) == len(self.patterns) else None

    def unmatched(self, paths: Iterable[str]) -> list[str]:
        """Return the patterns, as typed, that match none of `paths`."""
        left = [item for item in self.patterns if not (item.is_exclude or self.is_exact)]
        for path in paths:
            if not left:
                break
            left = [item for item in left if not item.matches(path)]
        return [item.typed for item in left]


def _pattern(typed: str, prefix: str) -> Pattern:
    magic, text = _split_magic(typed)
    if not text and "top" not in magic:
        raise BadPathspecError("an empty string is not a path", hint="git timewarp restore .")
    where = text if "top" in magic else prefix + text
    parts: list[str] = []
    for part in where.split("/"):
        if part == "..":
            if not parts:
                raise BadPathspecError(
                    f"'{typed}' is outside the work tree", hint="git timewarp restore --help"
                )
            parts.pop()
        elif part not in {"", "."}:
            parts.append(part)
    whole = "/".join(parts)
    flags = re.DOTALL | (re.IGNORECASE if "icase" in magic else 0)
    literal = "literal" in magic or not _GLOB & set(whole)
    if not whole:
        body = ""
    elif literal:
        body = re.escape(whole) + r"(?:/|\Z)"
        if text.endswith("/"):
            body = re.escape(whole) + "/"
    else:
        # A name that holds such a character and exists is meant too, as in git.
        stars = _translate(whole, crosses="glob" not in magic)
        body = f"(?:{re.escape(whole)}(?:/|\\Z)|{stars}\\Z)"
    is_plain = literal and not {"icase", "exclude"} & magic and not text.endswith("/")
    plain = (whole or ".") if is_plain or not whole else None
    return Pattern(typed, re.compile(body, flags), "exclude" in magic, plain)


def _split_magic(typed: str) -> tuple[set[str], str]:
    if not typed.startswith(":") or typed == ":":
        return set(), typed
    if typed.startswith(":("):
        words, closed, text = typed[2:].partition(")")
        magic = {word for word in words.split(",") if word}
        if not closed or not magic <= _MAGIC:
            raise BadPathspecError(
                f"'{typed}' has magic other than top, exclude, literal, glob and icase",
                hint="git timewarp restore --help",
            )
        return magic, text
    found: set[str] = set()
    text = typed[1:]
    while text and text[0] in _SHORT:
        found.add(_SHORT[text[0]])
        text = text[1:]
    text = text.removeprefix(":")
    if not found:
        raise BadPathspecError(
            f"'{typed}' has magic that is not understood",
            hint="git timewarp restore --help",
        )
    return found, text


def _translate(glob: str, *, crosses: bool) -> str:
    """Return a wildmatch pattern as a regular expression (gitignore(5), git's wildmatch.c)."""
    out = []
    at = 0
    one = "." if crosses else "[^/]"
    while at < len(glob):
        char = glob[at]
        at += 1
        if char == "*":
            stars = 1
            while at < len(glob) and glob[at] == "*":
                stars += 1
                at += 1
            if not crosses and stars > 1:
                if glob[at : at + 1] == "/":
                    at += 1
                    out.append("(?:.*/)?")
                else:
                    out.append(".*")
            else:
                out.append(f"{one}*")
        elif char == "?":
            out.append(one)
        elif char == "[":
            piece, at = _bracket(glob, at)
            out.append(piece)
        elif char == "\\" and at < len(glob):
            out.append(re.escape(glob[at]))
            at += 1
        else:
            out.append(re.escape(char))
    return "".join(out)


def _bracket(glob: str, at: int) -> tuple[str, int]:
    end = glob.find("]", at + 1 + (glob[at : at + 1] in {"!", "^"}))
    if end < 0:
        return r"\[", at
    inner = glob[at:end]
    negate = inner[:1] in {"!", "^"}
    inner = inner[1:] if negate else inner
    body = re.sub(r"([\\\[\]&~|^])", r"\\\1", inner)
    try:
        re.compile(f"[{body}]")
    except re.error:
        return re.escape(f"[{glob[at : end + 1]}"), end + 1
    return (f"[^{body}]" if negate else f"[{body}]"), end + 1
