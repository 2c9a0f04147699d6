"""One door to git, and a list of who may start any process (rule 2)."""

from __future__ import annotations

import ast

from tests.support.source import Module, dotted, modules, used_names

STARTERS: dict[str, str] = {
    "git_timewarp.git.run": "the one place that starts git",
    "git_timewarp.git.objects": "types of the kept-open reader's process, started by git.run",
    "git_timewarp.watch.spawn": "starts the watcher's background process",
    "git_timewarp.watch.chores": "type of the verify's process, started by watch.spawn",
    "git_timewarp.cli.output.pager": "starts the user's pager",
    "git_timewarp.hooks.probe": "fires each hook once to prove that it works",
}
"""Module -> why it may name a way to start a process."""

PROCESS = (
    "subprocess",
    "os.system",
    "os.popen",
    "os.fork",
    "os.posix_spawn",
    "os.execv",
    "os.execve",
    "os.execvp",
    "os.execvpe",
    "os.spawnv",
    "pty",
    "multiprocessing",
    "concurrent.futures.ProcessPoolExecutor",
)


def starts(module: Module) -> list[str]:
    """Return where a module names a way to start a process."""
    return sorted(
        {
            f"{module.path}:{line}: {name}"
            for line, name in used_names(module)
            if any(name == way or name.startswith(f"{way}.") for way in PROCESS)
        }
    )


def test_only_the_named_modules_start_processes() -> None:
    found = [hit for m in modules() if m.name not in STARTERS for hit in starts(m)]
    assert found == []


def test_only_the_door_starts_git() -> None:
    """No argument list anywhere else begins with git."""
    found = []
    for module in modules():
        if module.name == "git_timewarp.git.run":
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, ast.List | ast.Tuple) and node.elts:
                first = node.elts[0]
                is_git = isinstance(first, ast.Constant) and first.value in {"git", b"git"}
                if is_git and len(node.elts) > 1:
                    found.append(f"{module.path}:{node.lineno}")
            if isinstance(node, ast.Call) and dotted(node.func).endswith("which"):
                found.append(f"{module.path}:{node.lineno}")
    assert found == []


def test_the_scan_sees() -> None:
    text = "import subprocess as s\nfrom os import execvp\ns.run(['x'])\nexecvp('x', [])\n"
    module = Module("git_timewarp.store.x", "x.py", text, ast.parse(text))
    assert starts(module) == ["x.py:3: subprocess", "x.py:3: subprocess.run", "x.py:4: os.execvp"]
