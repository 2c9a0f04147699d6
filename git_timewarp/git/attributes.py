"""Attributes that change bytes: external filters, line ends, ident, encodings.

Source: gitattributes(5). External filters are programs of the user's choice; no call
of ours that uses a private index runs one (see `switched_off`).
"""

import contextlib
import os
import pwd
import re
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, Self

from git_timewarp.git.config import GitConfig, is_true
from git_timewarp.git.names import RepoPath
from git_timewarp.git.run import Git
from git_timewarp.util.frozen import Frozen
from git_timewarp.util.text import to_bytes, to_str

_ASKED = ("text", "crlf", "eol", "ident", "working-tree-encoding", "filter")
_ENCRYPTING = r"(?i)crypt|\bgpg|\bage\b|openssl|\bsops\b|vault|strongbox|blackbox|git-?secret"
_SYSTEM_FILE = "/etc/gitattributes"


class Filters(Frozen):
    """The external filter drivers that are configured, and which of them encrypt."""

    names: frozenset[str]
    encrypting: frozenset[str]

    @classmethod
    def of(cls, config: GitConfig) -> Self:
        """Collect the drivers of the settings."""
        names, encrypting = set(), set()
        for name, key, value in config.below("filter"):
            if key in {"clean", "smudge", "process"} and value:
                names.add(name)
                if re.search(_ENCRYPTING, value):
                    encrypting.add(name)
        return cls(frozenset(names), frozenset(encrypting))

    def encrypts(self, name: str) -> bool:
        """Tell whether files with `filter=<name>` hold secrets; also when it is not installed."""
        return name in self.encrypting or bool(re.search(_ENCRYPTING, name))


def switched_off(config: GitConfig) -> dict[str, str]:
    """Return environment variables that make git run no external filter at all.

    Variables, not `-c`: a driver's name may hold any byte, `=` included.
    """
    settings = []
    for name in sorted({name for name, _, _ in config.below("filter")}):
        settings += [(f"filter.{name}.{key}", "") for key in ("clean", "smudge", "process")]
        settings.append((f"filter.{name}.required", "false"))
    env = {"GIT_CONFIG_COUNT": str(len(settings))}
    for number, (key, value) in enumerate(settings):
        env[f"GIT_CONFIG_KEY_{number}"] = key
        env[f"GIT_CONFIG_VALUE_{number}"] = value
    return env


class Conversion(NamedTuple):
    """What git does to one file's bytes.

    Attributes:
        filter: the name in `filter=<name>`, or None.
        inwards: git may change the bytes when it stores them.
        outwards: git may change the bytes when it writes them back.
    """

    filter: str | None
    inwards: bool
    outwards: bool


def conversions(
    git: Git, paths: Sequence[RepoPath], *, config: GitConfig, cached: bool = False
) -> list[Conversion]:
    """Return what git would do to each of `paths`, with the work tree's own attributes.

    `cached` asks the `.gitattributes` files in the index instead.
    """
    drivers = Filters.of(config).names
    return [
        _conversion(dict(zip(_ASKED, values, strict=True)), config=config, drivers=drivers)
        for values in stated(git, paths, cached=cached)
    ]


def stated(git: Git, paths: Sequence[RepoPath], *, cached: bool = False) -> list[tuple[str, ...]]:
    """Return for each of `paths` the values of the attributes that convert; as `conversions`."""
    if not paths:
        return []
    asked = b"".join(to_bytes(path) + b"\0" for path in paths)
    where = ("--cached",) if cached else ()
    words = git.run("check-attr", *where, "-z", "--stdin", *_ASKED, stdin=asked).out.split(b"\0")
    values, width = [to_str(word) for word in words[2::3]], len(_ASKED)
    return [tuple(values[at : at + width]) for at in range(0, width * len(paths), width)]


def global_sources(git: Git, config: GitConfig) -> list[str]:
    """Return the attribute files outside the work tree that may apply, the user's before git's.

    `info/attributes` is not among them: it belongs to the repository.
    """
    named = config.get("core.attributesfile")
    home = git.environ.get("HOME", "")
    if named is None:
        base = git.environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
        named = os.path.join(base, "git", "attributes")
    elif named.startswith("~/"):
        named = os.path.join(home, named[2:])
    elif named.startswith("~"):
        user, _, rest = named[1:].partition("/")
        with contextlib.suppress(KeyError):
            named = os.path.join(pwd.getpwnam(user).pw_dir, rest)
    return [named, _SYSTEM_FILE]


def converts_everywhere(config: GitConfig) -> bool:
    """Tell whether settings alone (no attribute) make git convert line ends."""
    return _auto(config) != "false"


def _auto(config: GitConfig) -> str:
    """Return `core.autocrlf` as git reads it: `true`, `input` or `false`."""
    value = (config.get("core.autocrlf") or "false").lower()
    return "input" if value == "input" else "true" if is_true(value) else "false"


def _conversion(
    values: Mapping[str, str], *, config: GitConfig, drivers: Collection[str]
) -> Conversion:
    lines_in, lines_out = _line_ends(values, config)
    encoded = values["working-tree-encoding"] not in {"unspecified", "unset", "set", ""}
    ident = values["ident"] == "set"
    named = values["filter"]
    # The states print as words; a driver may bear such a name.
    is_state = named == "unspecified" or (named in {"unset", "set", ""} and named not in drivers)
    return Conversion(
        filter=None if is_state else named,
        inwards=lines_in or encoded or ident,
        outwards=lines_out or encoded or ident,
    )


def _line_ends(values: Mapping[str, str], config: GitConfig) -> tuple[bool, bool]:
    """Tell whether git may change line ends inwards, and outwards (convert.c: `convert_attrs`)."""
    auto = _auto(config)
    text = values["text"]
    if text not in {"set", "unset", "auto", "input"}:
        text = values["crlf"]  # its older name, asked where `text` says nothing
    if values["eol"] == "crlf":
        return True, True  # `-text` goes before it, but `text=unset` prints like that
    if text == "unset":
        return False, False
    if text == "input" or values["eol"] == "lf":
        return True, False
    if text in {"set", "auto"}:
        ends = auto == "true" or (
            auto != "input" and (config.get("core.eol") or "").lower() == "crlf"
        )
        return True, ends
    return auto != "false", auto == "true"
