"""The watcher: one small process per work tree that takes drafts while people work.

`control` starts and stops it, `state` tells how it is, `life` is its own work: `source`
notices changes, `filter` tells which count, `schedule` when to look, `draft` records.
Layer: beside `hooks`, above `timeline`.
"""
