"""Which changes are worth a look: not those of ignored files, nor git's own bookkeeping."""

from __future__ import annotations

import os
from collections.abc import Iterable

from git_timewarp.git import ignores
from git_timewarp.git.repo import Repo
from git_timewarp.util.frozen import Frozen
from git_timewarp.util.text import to_bytes
from git_timewarp.watch.source import Batch

_GIT_NAMES = frozenset(
    {
        "HEAD",
        "index",
        "packed-refs",
        "config",
        "config.worktree",
        "MERGE_HEAD",
        "CHERRY_PICK_HEAD",
        "REVERT_HEAD",
        "BISECT_LOG",
        "rebase-merge",
        "rebase-apply",
        "sequencer",
        "tables.list",
    }
)
"""What in git's folders tells of a move of refs, index or an operation in progress."""

_RULES = frozenset({".gitignore", ".gitattributes", ".gitmodules", ".git"})
_MOST_ASKED = 256
_MOST_KNOWN = 10_000


class Split(Frozen):
    """What changed, sorted.

    Attributes:
        tree: paths in the work tree, relative to it.
        git: whether refs, index, settings or an operation in progress moved.
        rules: whether what is ignored, and so which folders are watched, may have changed.
        index: whether what is tracked may have changed.
    """

    tree: tuple[str, ...]
    git: bool
    rules: bool
    index: bool


class Filter:
    """Tells whether a batch of changes matters; remembers what git said about a path."""

    def __init__(self, repo: Repo) -> None:
        self._repo = repo
        self._root = repo.work_tree.rstrip("/") + "/"
        # The linked work tree's own folder lies in the common one, so it is asked first.
        self._git_dirs = (f"{repo.git_dir}/", f"{repo.common_dir}/")
        refs = os.path.join(repo.common_dir, "refs", "timewarp")
        self._ours = (f"{repo.state_dir}/", f"{refs}/")
        self._ours_alone = frozenset({repo.state_dir, refs})
        self._known: dict[str, bool] = {}
        self.rules_changed = False

    def matters(self, batch: Batch) -> bool:
        """Tell whether something changed that a capture could see.

        Sets `rules_changed` when other folders may have to be watched from now on.
        """
        tree = [path for path in batch.paths if not self._is_git(path)]
        git = [path for path in batch.paths if self._is_git(path)]
        moved = any(self._git_matters(path) for path in git)
        ruled = any(os.path.basename(path) in _RULES for path in tree) or any(
            path.endswith("/info/exclude") for path in git
        )
        if moved or ruled or batch.unnamed:
            self._known.clear()
        self.rules_changed = self.rules_changed or ruled
        return moved or ruled or batch.unnamed or self._tree_matters(tree)

    def split(self, paths: Iterable[str]) -> Split:
        """Tell the work tree's paths from git's."""
        tree: list[str] = []
        git = rules = index = False
        for path in paths:
            if self._is_git(path):
                git = git or self._git_matters(path)
                rules = rules or path.endswith("/info/exclude")
                index = index or path == f"{self._git_dirs[0]}index"
            elif path.startswith(self._root):
                tree.append(path.removeprefix(self._root))
                rules = rules or os.path.basename(path) in _RULES
            else:
                git = True
        return Split(tuple(tree), git, rules=rules, index=index)

    def _tree_matters(self, paths: list[str]) -> bool:
        names = [path.removeprefix(self._root) for path in paths if path.startswith(self._root)]
        if len(names) < len(paths) or any(self._known.get(name) is False for name in names):
            return True
        unknown = [name for name in names if name not in self._known]
        if len(unknown) > _MOST_ASKED:
            return True
        if len(self._known) > _MOST_KNOWN:
            self._known.clear()
        left_out = {
            name for name in ignores.left_out(self._repo.git, unknown) if not self._is_nested(name)
        }
        self._known |= {name: name in left_out for name in unknown}
        return len(left_out) < len(unknown)

    def _is_nested(self, name: str) -> bool:
        """Tell whether a path is in a repository inside this one, which has its own rules."""
        folder = os.path.dirname(name)
        while folder:
            if os.path.lexists(to_bytes(f"{self._root}{folder}/.git")):
                return True
            folder = os.path.dirname(folder)
        return False

    def _is_git(self, path: str) -> bool:
        """Tell git's folders from the work tree's, whichever of them lies in the other."""
        if not path.startswith(self._git_dirs):
            return False
        inner = max(len(base) for base in self._git_dirs if path.startswith(base))
        return not path.startswith(self._root) or inner > len(self._root)

    def _git_matters(self, path: str) -> bool:
        if path.startswith(self._ours) or path in self._ours_alone or path.endswith(".lock"):
            return False
        base = next(base for base in self._git_dirs if path.startswith(base))
        name = path.removeprefix(base)
        return name in _GIT_NAMES or name.startswith(("refs/", "reftable/", "info/"))
