"""What the user's own git commands cost with our hooks installed."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

from tests.bench import projects
from tests.bench.measure import Row, Side, alternate, at_most, row
from tests.bench.place import Place

HOOKS = ("post-commit", "post-checkout", "post-merge", "post-rewrite", "pre-push")


def rows(place: Place) -> Iterator[Row]:
    """Commit and fetch."""
    for size in place.scale.files:
        repo = projects.generated(place, size)
        yield _commit(place, repo, projects.name_of(0), size=f"{size:,} files")
        place.remove(repo)
    repo = place.clone("real")
    yield _commit(place, repo, projects.tracked(place, repo)[0], size="a real project")
    yield _fetch(place, repo)
    place.remove(repo)


def _commit(place: Place, repo: Path, name: str, *, size: str) -> Row:
    twin = place.copy(repo, "twin")
    place.ours(repo, "init")
    for hook in HOOKS:
        script = twin / ".git/hooks" / hook
        script.parent.mkdir(exist_ok=True)
        script.write_text("#!/bin/sh\n")
        script.chmod(0o755)
    marks = itertools.count()

    def side(where: Path) -> Side:
        def change() -> None:
            with open(where / name, "a", encoding="utf-8") as file:
                file.write(f"# {next(marks)}\n")
            place.git(where, "add", name)

        return Side(lambda: place.git(where, "commit", "-q", "-m", "change"), before=change)

    pair = alternate(side(repo), side(twin), count=place.scale.count * 3)
    place.remove(twin)
    return row(
        "`git commit` with our hooks",
        size=size,
        against="with an empty `sh` hook",
        pair=pair,
        budget=at_most(1.10),
        why="our post-commit hook is `sh` too and starts no process: what is left is the shell "
        "reading a longer script and writing one line",
    )


def _fetch(place: Place, origin: Path) -> Row:
    refs = place.scale.refs
    head = place.git(origin, "rev-parse", "HEAD")
    update = "".join(f"create refs/heads/new/{number} {head}\n" for number in range(refs))
    bare, twin = place.clone("fetching"), place.clone("fetching-twin")
    place.git(origin, "update-ref", "--stdin", stdin=update.encode())
    for where in (bare, twin):
        place.git(where, "remote", "set-url", "origin", str(origin))
    place.ours(bare, "init")

    def side(where: Path) -> Side:
        def forget() -> None:
            listed = place.git(where, "for-each-ref", "--format=delete %(refname)", "refs/remotes")
            lines = [line for line in listed.splitlines() if "/new/" in line]
            place.git(where, "update-ref", "--stdin", stdin="\n".join([*lines, ""]).encode())

        return Side(lambda: place.git(where, "fetch", "-q", "origin"), before=forget)

    pair = alternate(side(bare), side(twin), count=place.scale.count * 3)
    place.remove(bare, twin)
    return row(
        "`git fetch` with our hooks",
        size=f"{refs} new refs",
        against="without",
        pair=pair,
        budget=at_most(1.05),
        why="no hook of ours runs in a fetch; this is noise",
    )
