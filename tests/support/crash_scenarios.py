"""The states that commands of the crash suite start from."""

from __future__ import annotations

from tests.support.crash import Lab, Prepare, Scenario
from tests.support.loose import loosen
from tests.support.repo_builder import RepoBuilder


def project(lab: Lab) -> None:
    """Make a small project with everything a work tree can hold, and record it."""
    repo = lab.repo
    repo.git("config", "timewarp.lock.timeoutSeconds", "20")
    repo.git("config", "core.safecrlf", "false")
    repo.write(".gitattributes", "*.dos text eol=crlf\n")
    repo.write(".gitignore", "*.log\n")
    repo.write("a.txt", "one\n")
    repo.write("deep/er/b.txt", "two\n")
    repo.write("deep/gone.txt", "three\n")
    repo.write("run.sh", "#!/bin/sh\n", mode=0o755)
    repo.write("lines.dos", b"one\r\ntwo\r\n")
    repo.write("tab\tname", "odd\n")
    repo.link("link", "a.txt")
    repo.commit("first")
    repo.git("branch", "side")
    repo.git("tag", "v1")
    repo.commit("second", {"a.txt": "second\n"})
    repo.write("build.log", "ignored\n")
    repo.mkdir("empty/inside")
    lab.ok("init")
    repo.git("gc", "-q", "--prune=now")


def edited(lab: Lab) -> None:
    """Change a file of each kind, stage some of it."""
    repo = lab.repo
    repo.write("a.txt", "edited\n")
    repo.git("add", "a.txt")
    repo.write("a.txt", "edited again\n")
    repo.write("lines.dos", b"mixed\r\nends\n")
    repo.write("new/untracked.txt", "new\n")
    repo.write("deep/er/b.txt", "two\n", mode=0o600)
    repo.remove("deep/gone.txt")
    repo.remove("empty")
    repo.remove("link")
    repo.link("link", "run.sh")
    repo.write("run.sh", "#!/bin/sh\necho\n", mode=0o644)


def _first_edit(lab: Lab) -> None:
    project(lab)
    edited(lab)


def _saved_and_edited(lab: Lab) -> None:
    """Two snapshots, and uncommitted work on top."""
    _first_edit(lab)
    lab.ok("snapshot", "-m", "edited")
    repo = lab.repo
    repo.write("a.txt", "on top\n")
    repo.write("link2", "file that was no link\n")
    repo.remove("run.sh")
    repo.write("run.sh/now", "a folder\n")
    repo.write("new/more.txt", "more\n")


def _moved_refs(lab: Lab) -> None:
    """A snapshot, then a commit, a new branch, a deleted and a moved one, another HEAD."""
    project(lab)
    repo = lab.repo
    lab.ok("snapshot", "-m", "start")
    repo.commit("third", {"a.txt": "third\n"})
    repo.git("branch", "-q", "-D", "side")
    repo.git("branch", "fresh")
    repo.git("tag", "-f", "v1")
    repo.git("switch", "-q", "fresh")
    repo.commit("fourth", {"b.txt": "fourth\n"})
    lab.ok("snapshot")
    repo.write("a.txt", "uncommitted\n")


def _jumped(lab: Lab) -> None:
    _saved_and_edited(lab)
    lab.ok("jump", "E1")


def _undone(lab: Lab) -> None:
    _jumped(lab)
    lab.ok("undo")


def _git_stashed(lab: Lab) -> None:
    """An entry of git's own stash list, and other changes on top."""
    _first_edit(lab)
    lab.ok("snapshot")
    lab.repo.git("stash", "push", "-q", "--include-untracked")
    lab.repo.write("on-top.txt", "on top\n")


def _stashed(lab: Lab) -> None:
    project(lab)
    repo = lab.repo
    repo.write("a.txt", "put away\n")
    repo.write("away.txt", "put away too\n")
    lab.ok("jump", "E1")
    repo.write("deep/er/b.txt", "changed meanwhile\n")
    repo.write("lines.dos", b"mixed\r\nends\n")


def _waiting(count: int) -> Prepare:
    """Return what lets `count` drafts wait for a fold that comes with the next one."""

    def prepare(lab: Lab) -> None:
        project(lab)
        lab.repo.git("config", "timewarp.fold.drafts", str(count + 1))
        for number in range(count):
            lab.repo.write("a.txt", f"draft {number}\n")
            lab.ok("draft")
        lab.repo.write("a.txt", "the next\n")

    return prepare


def _many_packs(lab: Lab) -> None:
    """So many packs that the next fold merges them, and one that an earlier merge left."""
    project(lab)
    lab.repo.git("config", "timewarp.packs.graceHours", "0")
    for number in range(4):
        lab.repo.write("a.txt", f"pack {number}\n")
        lab.ok("snapshot")
    lab.repo.git("config", "timewarp.packs.limit", "2")
    lab.repo.write("a.txt", "merge\n")


def _lost_commit(lab: Lab) -> None:
    """A commit whose last branch went, so that the next snapshot keeps it."""
    project(lab)
    repo = lab.repo
    repo.git("switch", "-q", "-c", "doomed")
    repo.commit("doomed", {"doomed.txt": "doomed\n"})
    lab.ok("snapshot")
    repo.git("switch", "-q", "main")
    repo.git("branch", "-q", "-D", "doomed")
    repo.git("reflog", "expire", "--expire=now", "HEAD")


def _bare_project(lab: Lab) -> None:
    """A project that nothing records yet."""
    lab.repo.commit("first", {"a.txt": "one\n", "b.txt": "two\n"})
    lab.repo.write("a.txt", "edited\n")


def _drafts_waiting(lab: Lab) -> None:
    _waiting(2)(lab)
    lab.ok("snapshot")
    lab.repo.write("b.txt", "more\n")


def _thinned(lab: Lab) -> None:
    """Four snapshots and a draft of which the rules keep the newest only, in several packs."""
    project(lab)
    repo = lab.repo
    repo.git("config", "timewarp.retention.keepLast", "1")
    for rule in ("keepWithin", "keepDaily", "keepWeekly", "keepMonthly"):
        repo.git("config", f"timewarp.retention.{rule}", "0")
    for number in range(3):
        repo.write("a.txt", f"{number}\n" * 100)
        lab.ok("snapshot")
    repo.write("a.txt", "the last\n")
    lab.ok("draft")


def _swallowed(lab: Lab) -> None:
    """A secret in two snapshots and in a kept commit, gone from the work tree."""
    project(lab)
    repo = lab.repo
    repo.git("switch", "-q", "-c", "doomed")
    repo.write("deep/secret.env", "TOKEN=swallowed\n")
    lab.ok("snapshot")
    repo.commit("doomed", {"deep/secret.env": "TOKEN=committed\n"})
    lab.ok("snapshot")
    repo.git("switch", "-q", "main")
    repo.git("branch", "-q", "-D", "doomed")
    repo.git("reflog", "expire", "--expire=now", "HEAD")
    lab.ok("snapshot")


def _said(lab: Lab) -> None:
    """A secret in the summary of an event, one after it, and a draft that waits for a fold."""
    project(lab)
    lab.repo.write("a.txt", "two\n")
    lab.ok("snapshot", "-m", "swallowed words")
    lab.repo.write("a.txt", "three\n")
    lab.ok("snapshot", "-m", "after")
    lab.repo.write("a.txt", "the next\n")
    lab.ok("draft")


def _elsewhere(lab: Lab) -> RepoBuilder:
    """Record a history in a repository beside this one."""
    other = RepoBuilder(lab.root / "other")
    other.commit("other", {"other.txt": "one\n"})
    lab.ok("init", "--no-hooks", cwd=other.path)
    other.write("other.txt", "two\n")
    lab.ok("snapshot", "-m", "theirs", cwd=other.path)
    return other


def _foreign_archive(lab: Lab) -> None:
    """A recorded project, drafts that wait for a fold, and an archive of another history."""
    _waiting(1)(lab)
    other = _elsewhere(lab)
    lab.ok("export", "--output", "../history.tar.zst", cwd=other.path)


def _archive_without_recording(lab: Lab) -> None:
    _bare_project(lab)
    other = _elsewhere(lab)
    lab.ok("export", "--output", "../history.tar.zst", cwd=other.path)


def _archive_of_both(lab: Lab) -> None:
    """An archive that another clone made of our history and its own."""
    project(lab)
    lab.ok("export", "--output", "../ours.tar.zst")
    other = _elsewhere(lab)
    lab.ok("import", "../ours.tar.zst", cwd=other.path)
    lab.ok("export", "--output", "../history.tar.zst", cwd=other.path)


def _damaged(lab: Lab) -> None:
    """Two objects of ours and a list of events are damaged; each is elsewhere, or follows."""
    _first_edit(lab)
    repo = lab.repo
    lab.ok("snapshot")
    loosen(repo)
    lost = [repo.git("hash-object", "--stdin", stdin=b"edited again\n")]
    refs = ("for-each-ref", "--format=%(objectname)", "refs/timewarp/*/snapshots/000001")
    lost += [repo.git("rev-parse", f"{repo.git(*refs)}^{{tree}}")]
    for oid in lost:
        path = repo.path / ".git/objects" / oid[:2] / oid[2:]
        path.chmod(0o644)
        path.write_bytes(b"damaged")
    (repo.path / ".git/timewarp/index.db").unlink()


def _without_refs(lab: Lab) -> None:
    """Our refs are gone, and every note of what they were."""
    _waiting(1)(lab)
    repo = lab.repo
    for name in repo.git("for-each-ref", "--format=%(refname)", "refs/timewarp").splitlines():
        repo.git("update-ref", "-d", name)
    for name in ("refs.json", "index.db"):
        (repo.path / ".git/timewarp" / name).unlink()


def _committed(lab: Lab) -> None:
    """Commits from before anything was recorded, and a branch that was left."""
    repo = lab.repo
    _bare_project(lab)
    for number in range(3):
        repo.commit(f"change {number}", {"a.txt": f"{number}\n"})
    repo.git("switch", "-q", "-c", "side")
    repo.commit("side", {"b.txt": "side\n"})
    repo.git("switch", "-q", "main")
    lab.ok("init")


NOTES = "".join(f'{{"type":"note","summary":"note {number}"}}\n' for number in range(1, 4))
BACK = ("jump", "{before}")
BACK_WITH_REFS = ("jump", "--with-refs", "{before}")

SCENARIOS = (
    Scenario("snapshot", _first_edit, ("snapshot",)),
    Scenario("snapshot-keeps-commit", _lost_commit, ("snapshot",)),
    Scenario("snapshot-merges-packs", _many_packs, ("snapshot",)),
    Scenario("milestone", _first_edit, ("snapshot", "--milestone", "named", "-m", "why")),
    Scenario("draft", _first_edit, ("draft",)),
    Scenario("draft-folds", _waiting(2), ("draft",)),
    Scenario("jump", _saved_and_edited, ("jump", "E1"), back=BACK),
    Scenario("jump-forward", _jumped, ("jump", "E2"), back=BACK),
    Scenario("jump-revision", _saved_and_edited, ("jump", "HEAD~1"), back=BACK),
    Scenario("jump-with-head", _moved_refs, ("jump", "--with-head", "E2"), back=BACK_WITH_REFS),
    Scenario("jump-with-refs", _moved_refs, ("jump", "--with-refs", "E2"), back=BACK_WITH_REFS),
    Scenario("restore", _saved_and_edited, ("restore", "a.txt", "run.sh", "new"), back=BACK),
    Scenario("undo", _jumped, ("undo",), back=BACK),
    Scenario("redo", _undone, ("redo",), back=BACK),
    Scenario("stash-apply-git", _git_stashed, ("stash", "apply", "--git", "stash@{0}"), back=BACK),
    Scenario("notes-publish", _saved_and_edited, ("notes", "publish")),
    Scenario("config-set", project, ("config", "set", "retention.keepLast", "9")),
    Scenario("stash-apply", _stashed, ("stash", "apply", "stash@{0}"), back=BACK),
    Scenario("record", project, ("record", "--json"), stdin=NOTES),
    Scenario("stash-drop", _stashed, ("stash", "drop", "stash@{0}")),
    Scenario("compact", _thinned, ("compact", "--force")),
    Scenario("compact-now", _thinned, ("compact", "--force", "--now")),
    Scenario("purge", _swallowed, ("purge", "--force", "deep/secret.env")),
    Scenario("redact", _said, ("redact", "--force", "--reason", "a token", "E2")),
    Scenario("stash-store", _stashed, ("stash", "store", "stash@{0}")),
    Scenario("export", _waiting(2), ("export", "--output", "../history.tar.zst")),
    Scenario("import", _foreign_archive, ("import", "../history.tar.zst")),
    Scenario(
        "import-begins", _archive_without_recording, ("import", "../history.tar.zst"), begins=True
    ),
    Scenario(
        "import-replace", _archive_of_both, ("import", "--replace", "--force", "../history.tar.zst")
    ),
    Scenario("repair", _damaged, ("repair",), again=True),
    Scenario("rebuild", _without_refs, ("recover", "--rebuild"), again=True),
    Scenario("from-git", _committed, ("recover", "--from-git")),
    Scenario("init", _bare_project, ("init",), begins=True),
    Scenario("deinit", _drafts_waiting, ("deinit",), ends=True),
    Scenario("deinit-purge", _drafts_waiting, ("deinit", "--purge", "--force"), ends=True),
)
