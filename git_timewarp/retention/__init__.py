"""Bounded disk: which snapshots stay and why, how others are removed, what everything takes.

`policy` decides (pure), `gathered` says what is known of each snapshot, `removal` takes some
away in one operation that a crash cannot tear; `compact`, `purge`, `storage` and `space` are
what commands ask for. Words: a *tombstone* stands in the place of what was removed, a *rule*
keeps a snapshot. Layer: an engine on top of `timeline`.
"""
