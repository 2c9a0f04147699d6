"""The hooks of git (githooks(5)): which we note, which we only hand on, which we leave alone."""

from __future__ import annotations

RECORDED = ("post-commit", "post-checkout", "post-merge", "post-rewrite", "pre-push")
"""Hooks that leave an entry in the spool (S0-2.3)."""

HANDED_ON = (
    "applypatch-msg",
    "pre-applypatch",
    "post-applypatch",
    "pre-commit",
    "pre-merge-commit",
    "prepare-commit-msg",
    "commit-msg",
    "pre-rebase",
    "pre-auto-gc",
    "pre-receive",
    "update",
    "post-receive",
    "post-update",
    "sendemail-validate",
    "p4-changelist",
    "p4-prepare-changelist",
    "p4-post-changelist",
    "p4-pre-submit",
)
"""Hooks of the user's that keep running when `core.hooksPath` is ours, also those added later."""

HANDED_ON_IF_PRESENT = (
    "reference-transaction",
    "post-index-change",
    "push-to-checkout",
    "proc-receive",
)
"""The same, but only where one exists: the first two cost a process for every ref or index
written, and the mere presence of the others changes what git does."""

LFS = ("post-checkout", "post-commit", "post-merge", "pre-push")
"""Hooks that git-lfs installs by itself, but not where one of that name exists already."""

LEGACY = ".legacy"
"""What the pre-commit framework appends to the name of a hook it found in its place."""

NAMES = (*RECORDED, *HANDED_ON, *HANDED_ON_IF_PRESENT)
"""Every hook git looks for in the hooks folder (fsmonitor-watchman is found by another setting)."""
