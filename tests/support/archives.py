"""Histories to export, and what two repositories say of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from git_timewarp.store import layout
from tests.support.repo_builder import RepoBuilder


def tw(
    repo: RepoBuilder, *words: str, code: int = 0, stdin: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    """Run `git timewarp words` in `repo`; it has to end with `code`."""
    done = subprocess.run(
        [sys.executable, "-m", "git_timewarp", *words],
        input=stdin,
        capture_output=True,
        cwd=repo.path,
        env=repo.env() | {"PYTHONPATH": os.pathsep.join(sys.path)},
        check=False,
    )
    assert done.returncode == code, (words, done.returncode, done.stdout, done.stderr)
    return done


def said(repo: RepoBuilder, *words: str, code: int = 0) -> dict[str, object]:
    """Return the object a command answers with `--json`."""
    done = tw(repo, *words, "--json", code=code)
    record: dict[str, object] = json.loads(done.stdout if code == 0 else done.stderr)
    return record


def history(repo: RepoBuilder, *words: str) -> list[dict[str, object]]:
    """Return everything in the log of a repository, newest first; or what `words` ask of it."""
    out = tw(repo, "log", *(words or ("--all", "--json"))).stdout
    return [json.loads(line) | {"current": None} for line in out.splitlines()]


def ids(repo: RepoBuilder, *words: str) -> list[object]:
    """Return the ids of its events, newest first; with `words`, those its log shows then."""
    return [entry["id"] for entry in history(repo, *words)]


def refs(repo: RepoBuilder) -> dict[str, str]:
    """Return every ref of ours and its value."""
    lines = repo.git("for-each-ref", "--format=%(refname) %(objectname)", layout.ROOT)
    return dict(line.split(" ", 1) for line in lines.splitlines())


def of_writer(repo: RepoBuilder, writer: object) -> dict[str, str]:
    """Return the refs of one writer."""
    start = f"{layout.ROOT}/{writer}/"
    return {name: oid for name, oid in refs(repo).items() if name.startswith(start)}


def writer(repo: RepoBuilder) -> str:
    """Return the writer id of a clone."""
    record = json.loads((repo.path / ".git/timewarp/writer.json").read_text())
    return str(record["id"])


def recorded(path: Path, *, object_format: str = "sha1") -> RepoBuilder:
    """Return a repository with a history: snapshots, a jump, a stash, a lost commit, odd names."""
    repo = RepoBuilder(path, object_format=object_format)
    repo.write(".gitattributes", "*.dos text eol=crlf\n")
    repo.write("run.sh", "#!/bin/sh\n", mode=0o755)
    repo.commit("first", {"a.txt": "one\n", "deep/b.txt": "two\n", "lines.dos": b"x\r\ny\r\n"})
    tw(repo, "init", "--no-hooks")
    repo.git("switch", "-q", "-c", "doomed")
    repo.commit("doomed", {"doomed.txt": "doomed\n"})
    tw(repo, "snapshot", "-m", "doomed")
    repo.git("switch", "-q", "main")
    repo.git("branch", "-q", "-D", "doomed")
    repo.write("lines.dos", b"mixed\r\nends\n")
    repo.write("k\udcffey", b"\0odd\n", mode=0o600)
    repo.mkdir("empty/inside")
    repo.link("link", "a.txt")
    repo.write("a.txt", "staged\n")
    repo.git("add", "a.txt")
    repo.write("a.txt", "worked on\n")
    tw(repo, "snapshot", "-m", "work", "--milestone", "half-done")
    repo.write("a.txt", "spoilt\n")
    tw(repo, "jump", "half-done")
    return repo


def more(repo: RepoBuilder, *texts: str) -> None:
    """Take a snapshot for each text."""
    for text in texts:
        repo.write("more.txt", text + "\n")
        tw(repo, "snapshot", "-m", text)


def empty(path: Path, *, object_format: str = "sha1") -> RepoBuilder:
    """Return a repository in which nothing is recorded."""
    repo = RepoBuilder(path, object_format=object_format)
    repo.commit("another", {"z.txt": "z\n"})
    return repo


def whole(repo: RepoBuilder, *, dangling: bool = False) -> None:
    """Everything is whole, to us and to git; `dangling`: refs were deleted before."""
    assert said(repo, "verify", "--full")["ok"] is True
    done = repo.run("fsck", "--full", "--strict", *(["--no-dangling"] if dangling else []))
    assert done.stdout + done.stderr == b""
    assert repo.git("log", "--all", "--oneline").count("\n") < 3
