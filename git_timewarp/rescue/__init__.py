"""Getting work out of a repository that git, or our own store, can no longer read.

`emergency` writes a moment into an empty folder without git, `rebuild` makes our refs again
from what objects survive, `from_git` makes a timeline of git's own history. Layer: beside
`integrity`; reads objects through `git/raw.py`.
"""
