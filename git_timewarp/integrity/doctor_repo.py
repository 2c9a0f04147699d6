"""What `doctor` looks at in the repository: root, hooks, watcher, locks, the user's index."""

from __future__ import annotations

import os
from collections.abc import Iterator

from git_timewarp.git.user_index import read_flags
from git_timewarp.integrity.doctor_case import Case
from git_timewarp.safety import roots
from git_timewarp.timeline.recording import is_recording
from git_timewarp.timeline.results import Check
from git_timewarp.util.text import shell

STALE_SECONDS = 600
"""Age after which a lock file of git is taken for forgotten."""


def recording(case: Case) -> Iterator[Check]:
    """Tell whether `init` was run."""
    if is_recording(case.world.repo):
        yield Check("recording", passed=True, text=f"timeline '{case.world.timeline}'")
    else:
        yield Check("recording", passed=False, text="nothing records", hint="git timewarp init")


def root(case: Case) -> Iterator[Check]:
    """Tell whether this is a work tree to record at all."""
    top = case.world.repo.work_tree
    try:
        roots.check(top, home=case.home)
    except roots.RefusedRootError as exc:
        yield Check("root", passed=False, text=exc.message, hint=exc.hint)
    else:
        yield Check("root", passed=True, text=top)


def hooks(case: Case) -> Iterator[Check]:
    """Tell whether every hook is there and fired."""
    state = str(case.hooks.get("state", "absent"))
    listed = case.hooks.get("hooks")
    hooks = [hook for hook in listed if isinstance(hook, dict)] if isinstance(listed, list) else []
    silent = [str(hook.get("name")) for hook in hooks if hook.get("fires") is False]
    problems = case.hooks.get("problems")
    said = [str(item) for item in problems] if isinstance(problems, list) else []
    if state == "absent":
        text = "not installed: what git does is seen at the next snapshot only"
        yield Check("hooks", passed=None, text=text, hint="git timewarp hooks install")
    elif state == "installed" and not silent and not said:
        chained = sum(1 for hook in hooks if hook.get("chained_to"))
        more = f", {chained} hand on to hooks of yours" if chained else ""
        behind = [str(hook.get("name")) for hook in hooks if hook.get("behind")]
        untried = [str(hook.get("name")) for hook in hooks if not hook.get("fires")]
        tried = set(untried) <= set(behind)
        fires = "each fires" if tried else "whether they fire could not be tried now"
        if behind and tried:
            names = ", ".join(behind)
            fires = f"each fires but {names}, which another tool's hook runs: that one is not tried"
        text = f"{len(hooks)} installed, {fires}{more}"
        yield Check("hooks", passed=True if tried else None, text=text)
    else:
        text = "; ".join(said) or (
            f"{', '.join(silent)} did not fire" if silent else f"they are {state}"
        )
        hint = str(case.hooks.get("hint") or "git timewarp hooks install")
        yield Check("hooks", passed=False, text=text, hint=hint)


def left_hooks(case: Case) -> Iterator[Check]:
    """Where nothing records: tell of hooks of ours that are still there."""
    if case.hooks.get("state", "absent") == "absent":
        return
    said = case.hooks.get("problems")
    text = "; ".join(map(str, said)) if isinstance(said, list) and said else "ours are still there"
    yield Check("hooks", passed=False, text=text, hint="git timewarp hooks uninstall")


def watcher(case: Case) -> Iterator[Check]:
    """Tell whether drafts are taken."""
    told = case.watcher
    reason = str(told.get("problem") or told.get("reason") or "")
    if told.get("problem"):
        yield Check("watcher", passed=False, text=reason, hint="git timewarp watch start")
    elif not told.get("running"):
        text = "not running" + (f": {reason}" if reason else ": drafts are not taken")
        passed = False if reason else None
        yield Check("watcher", passed=passed, text=text, hint="git timewarp watch start")
    elif told.get("mode") == "polling":
        text = "it looks for changes now and then" + (f": {reason}" if reason else "")
        yield Check("watcher", passed=None, text=text)
    elif reason:
        yield Check("watcher", passed=None, text=f"running: {reason}")
    else:
        yield Check("watcher", passed=True, text="running")


def locks(case: Case) -> Iterator[Check]:
    """Tell of lock files that stay: git stops at them, and so do we."""
    repo, now = case.world.repo, case.world.clock.now_ns() / 1_000_000_000
    places = [os.path.join(repo.git_dir, name) for name in ("index.lock", "HEAD.lock")]
    places += [os.path.join(repo.common_dir, n) for n in ("packed-refs.lock", "config.lock")]
    for folder, _, files in os.walk(os.path.join(repo.common_dir, "refs")):
        places += [os.path.join(folder, name) for name in files if name.endswith(".lock")]
    stale = [
        path
        for path in dict.fromkeys(places)
        if os.path.lexists(path) and now - os.lstat(path).st_mtime > STALE_SECONDS
    ]
    if not stale:
        yield Check("locks", passed=True, text="none forgotten")
    for path in stale:
        yield Check(
            "locks",
            passed=False,
            text=f"'{path}' is there for more than {STALE_SECONDS // 60} minutes: "
            "in the way unless git runs",
            hint=f"rm {shell(path)}",
        )


def hidden(case: Case) -> Iterator[Check]:
    """Tell of index bits that hide edits from git (not from a snapshot)."""
    flags = read_flags(case.world.repo.git)
    told = {"assume-unchanged": flags.assume_unchanged, "skip-worktree": flags.skip_worktree}
    for name, paths in told.items():
        if paths:
            text = (
                f"{len(paths)} path(s) are marked {name}: git does not look at them, snapshots do"
            )
            yield Check("index bits", passed=None, text=text, hint="git ls-files -v")


def submodules(case: Case) -> Iterator[Check]:
    """Tell of submodules, which are recorded as commits."""
    out = case.world.repo.git.run("ls-files", "-s", "-z").out
    count = sum(1 for record in out.split(b"\0") if record.startswith(b"160000 "))
    if count:
        text = f"{count} submodule(s): their commit is recorded, not what is in them"
        yield Check(
            "submodules", passed=None, text=text, hint="git submodule foreach 'git timewarp init'"
        )
