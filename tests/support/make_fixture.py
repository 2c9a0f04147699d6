"""Makes the stored repository of a format version: `python -m tests.support.make_fixture DIR`.

Run once, when a format version is released; the result is committed and never made again,
because it stands for what programs of that time wrote. It is packed as `<DIR>/v1.tar` (the
git directory and the work tree's last state is not in it) with `<DIR>/v1.json`, which says
what is in it as seen when it was made.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import tarfile
from pathlib import Path

from git_timewarp.timeline import ingest, travel
from git_timewarp.timeline.operation import Operation
from git_timewarp.timeline.world import World
from tests.support import recording
from tests.support.clock import CountingClock
from tests.support.repo_builder import RepoBuilder, WorkTree

ROOT = Path("/tmp/v1")
ODD = "odd\udcff\n\"name'"
GIT = {
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Ada Lovelace",
    "GIT_AUTHOR_EMAIL": "ada@example.com",
    "GIT_COMMITTER_NAME": "Ada Lovelace",
    "GIT_COMMITTER_EMAIL": "ada@example.com",
}
LEFT_OUT = ("hooks", "index", "COMMIT_EDITMSG", "description", "info")
OWN_LEFT_OUT = ("index", "index.db", "lock", "last")


def listing(tree: WorkTree) -> dict[str, list[object]]:
    """Return a work tree as JSON holds it: hexadecimal path -> mode, SHA-256, size."""
    return {
        path.encode("utf-8", "surrogateescape").hex(): [
            mode,
            hashlib.sha256(data).hexdigest(),
            len(data),
        ]
        for path, (mode, data) in sorted(tree.items())
        if "/.git/" not in path
    }


def states(repo: RepoBuilder, given: World) -> dict[str, dict[str, list[object]]]:
    """Make some history; return what the work tree looked like at each snapshot."""
    seen: dict[str, dict[str, list[object]]] = {}

    def look(summary: str, *, kind: str = "snapshot", fold: bool = True) -> str:
        taken = recording.take(given, summary, kind=kind, fold=fold)
        seen[taken.id] = listing(repo.state())
        return taken.id

    repo.write(".gitattributes", "*.crlf text eol=crlf\n")
    repo.commit("first", {"a": "1\n", "dir/b": "b\n", "run": "#!/bin/sh\n"})
    first = look("first look")
    repo.write("a", "2\n")
    repo.write("win.crlf", b"mixed\r\nline ends\n")
    repo.write("run", "#!/bin/sh\n", mode=0o755)
    repo.write("private", "s\n", mode=0o600)
    repo.write(ODD, b"\0\xff")
    repo.link("link", "dir/b")
    repo.mkdir("empty/deep")
    repo.git("add", "a")
    repo.write("a", "3\n")
    look("files of all kinds")
    repo.git("checkout", "-qb", "side")
    repo.git("add", "-A")
    repo.commit("on the side", {"a": "side\n"})
    look("on the side")
    repo.git("checkout", "-q", "main")
    repo.commit("on main", {"a": "main\n"})
    repo.git("merge", "-q", "side", ok=(0, 1))
    look("in a conflict")
    repo.git("merge", "--abort")
    repo.git("branch", "-qD", "side")
    look("the branch is gone")
    inner = RepoBuilder(repo.path / "inner")
    inner.commit("nested", {"x": "nested\n"})
    inner.write("y", "new\n")
    look("a repository inside")
    shutil.rmtree(inner.path)
    with Operation(given, "jump") as op:
        travel.jump(op, first, travel.How())
    with Operation(given, "record") as op:
        lines = [b'{"type":"note","summary":"said by hand \\u00e9\\u2028","key":"k"}']
        list(ingest.record(op, lines))
    with Operation(given, "fold") as op:
        op.recorder.fold()
    repo.write("a", "draft\n")
    look("not folded yet", kind="draft", fold=False)
    return seen


def main() -> None:
    """Write `v1.tar` and `v1.json`."""
    target = Path(sys.argv[1])
    os.environ.update(GIT)
    os.environ["HOME"] = str(ROOT)
    shutil.rmtree(ROOT, ignore_errors=True)
    repo = RepoBuilder(ROOT / "repo")
    repo.git("symbolic-ref", "HEAD", "refs/heads/main")
    given = recording.begin(repo, clock=CountingClock(seed="v1"), limits=recording.NEVER)
    seen = states(repo, given)
    with recording.history(given) as found:
        events = [
            {"n": entry.n, "type": entry.type, "summary": entry.summary, "snapshot": entry.snapshot}
            for entry in found.entries()
        ][::-1]
        writer = found.writer
    with tarfile.open(target / "v1.tar", "w") as tar:
        tar.add(repo.git_dir(), arcname="git", filter=_plain)
    told = {"writer": writer, "events": events, "snapshots": seen}
    text = json.dumps(told, indent=1, sort_keys=True) + "\n"
    (target / "v1.json").write_text(text, encoding="utf-8")
    shutil.rmtree(ROOT)


def _plain(info: tarfile.TarInfo) -> tarfile.TarInfo | None:
    parts = info.name.split("/")
    if len(parts) > 1 and parts[1] in LEFT_OUT:
        return None
    if len(parts) > 2 and parts[1] == "timewarp" and parts[2] in OWN_LEFT_OUT:
        return None
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    info.mtime = 0
    return info


if __name__ == "__main__":
    main()
