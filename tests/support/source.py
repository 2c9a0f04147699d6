"""The product's own source as data, for tests of the architecture."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGE = ROOT / "git_timewarp"


@dataclass(frozen=True)
class Module:
    """One file of Python.

    Attributes:
        name: dotted, `git_timewarp.store.view`.
        path: relative to the checkout.
        text: its source.
        tree: the same, parsed.
    """

    name: str
    path: str
    text: str
    tree: ast.Module

    @property
    def layer(self) -> str:
        """The package (or top-level module) it belongs to: `store`, `errors`."""
        parts = self.name.split(".")
        return parts[1] if len(parts) > 1 else "__init__"

    @property
    def lines(self) -> int:
        """How many lines it has."""
        return len(self.text.splitlines())


def load(path: Path) -> Module:
    """Return the module in the file at `path` inside the checkout."""
    relative = path.relative_to(ROOT)
    text = path.read_text(encoding="utf-8")
    name = ".".join(relative.with_suffix("").parts).removesuffix(".__init__")
    return Module(name, str(relative), text, ast.parse(text))


@cache
def modules() -> tuple[Module, ...]:
    """Return every module of the product, sorted by path."""
    return tuple(load(path) for path in sorted(PACKAGE.rglob("*.py")))


@cache
def suite() -> tuple[Module, ...]:
    """Return every module of the tests, sorted by path."""
    return tuple(load(path) for path in sorted((ROOT / "tests").rglob("*.py")))


@cache
def tracked_files() -> tuple[str, ...]:
    """Return the path of every file git tracks or would add, relative to the checkout."""
    done = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    names = sorted(set(done.stdout.decode().split("\0")) - {""})
    return tuple(name for name in names if (ROOT / name).is_file())


def dotted(node: ast.expr) -> str:
    """Return `os.environ` for the expression that says so, else nothing."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join([node.id, *reversed(parts)])


def imported_names(module: Module) -> dict[str, str]:
    """Return local name -> dotted origin for every import of a module."""
    found: dict[str, str] = {}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                found[alias.asname or alias.name.split(".")[0]] = (
                    alias.name if alias.asname else alias.name.split(".")[0]
                )
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                found[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return found


def used_names(module: Module) -> Iterator[tuple[int, str]]:
    """Yield (line, dotted origin) of every name a module reads, imports resolved."""
    imports = imported_names(module)
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute | ast.Name):
            name = dotted(node)
            first, _, rest = name.partition(".")
            origin = imports.get(first, first)
            if name:
                yield node.lineno, f"{origin}.{rest}" if rest else origin


def functions(module: Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield every function and method of a module."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
