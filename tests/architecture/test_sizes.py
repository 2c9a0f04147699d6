"""Small modules, small functions (rule 6)."""

from __future__ import annotations

import ast
from statistics import median

from tests.support.source import functions, modules, suite

MODULE_LINES = 600
FUNCTION_LINES = 60
MEDIAN_LINES = 120


def test_no_module_is_too_long() -> None:
    long = {m.path: m.lines for m in (*modules(), *suite()) if m.lines > MODULE_LINES}
    assert long == {}


def test_half_of_the_modules_fit_on_two_screens() -> None:
    sizes = [m.lines for m in modules() if not m.path.endswith("__init__.py")]
    assert median(sizes) <= MEDIAN_LINES


def test_no_function_is_too_long() -> None:
    long = {}
    for module in modules():
        for function in functions(module):
            size = (function.end_lineno or function.lineno) - function.lineno + 1
            if size > FUNCTION_LINES:
                long[f"{module.path}:{function.name}"] = size
    assert long == {}


def test_a_package_file_holds_its_docstring_only() -> None:
    for module in modules():
        if not module.path.endswith("__init__.py"):
            continue
        assert ast.get_docstring(module.tree), module.path
        rest = [ast.unparse(node) for node in module.tree.body[1:]]
        if module.name == "git_timewarp":
            assert [line.split(" = ")[0] for line in rest] == ["__version__"]
        else:
            assert rest == [], module.path
