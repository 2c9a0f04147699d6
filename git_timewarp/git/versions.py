"""Versions of git and what changed in them; each threshold with its reason."""

MINIMUM = (2, 39)
"""Oldest git we run on: Debian 12. `cat-file --batch-command` is 2.36, `core.fsync` 2.36."""
