"""Two histories become one: by writer, and beside each other where they went different ways."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from tests.support.archives import (
    empty,
    history,
    ids,
    more,
    of_writer,
    recorded,
    refs,
    said,
    tw,
    whole,
    writer,
)
from tests.support.repo_builder import RepoBuilder


def exported(repo: RepoBuilder, name: str, *words: str) -> str:
    """Write an archive beside the repository; return its name."""
    tw(repo, "export", "--output", f"../{name}.tar.zst", *words)
    return f"../{name}.tar.zst"


def lines(repo: RepoBuilder) -> list[dict[str, object]]:
    """Return every stored event, as an archive has them for reading."""
    found = []
    for entry in history(repo):
        found.append(json.loads(tw(repo, "show", str(entry["event"]), "--json").stdout)["event"])
    return found


def test_two_clones_that_swap_archives_meet(tmp_path: Path) -> None:
    one, two = recorded(tmp_path / "one"), recorded(tmp_path / "two")
    first, second = exported(one, "first"), exported(two, "second")
    told = said(one, "import", second)
    assert told["writers"] == [{"writer": writer(two), "how": "new", "events": 7, "snapshots": 5}]
    said(two, "import", first)
    assert of_writer(one, writer(two)).items() <= refs(two).items()
    assert of_writer(two, writer(one)).items() <= refs(one).items()
    seen = [
        {entry["id"] for entry in history(repo) if entry["type"] != "import"} for repo in (one, two)
    ]
    assert seen[0] == seen[1]
    whole(one)
    whole(two)


def test_what_an_import_brings_is_told_by_an_event(tmp_path: Path) -> None:
    one, two = recorded(tmp_path / "one"), recorded(tmp_path / "two")
    said(one, "import", exported(two, "second"))
    event = lines(one)[0]
    assert event["type"] == "import"
    assert event["summary"] == f"imported 7 event(s) and 5 snapshot(s) of '{writer(two)}'"
    assert event["data"] == {
        "from": writer(two),
        "writers": [{"writer": writer(two), "how": "new", "events": 7, "snapshots": 5}],
    }
    highest = max(int(str(entry["event"])[1:].partition(".")[0]) for entry in history(two))
    assert int(str(event["lamport"])) > highest


def only(value: object) -> dict[str, object]:
    """Return the one object of a list that came out of JSON."""
    assert isinstance(value, list)
    (item,) = value
    assert isinstance(item, dict)
    return item


def back_in_time(repo: RepoBuilder, state: Path, values: dict[str, str]) -> None:
    """Make a clone what it was, without any mark of it: refs, our files, what is outside."""
    for ref in refs(repo):
        repo.git("update-ref", "-d", ref)
    for ref, oid in values.items():
        repo.git("update-ref", ref, oid)
    shutil.rmtree(repo.path / ".git/timewarp")
    shutil.copytree(state, repo.path / ".git/timewarp")
    shutil.rmtree(Path(repo.env()["HOME"]) / ".local/state/git-timewarp")


def test_what_went_another_way_is_kept_beside(tmp_path: Path) -> None:
    """One writer id, two histories: only a copied clone without a home can do that."""
    source = recorded(tmp_path / "source")
    name = writer(source)
    start = refs(source)
    state = tmp_path / "state"
    shutil.copytree(source.path / ".git/timewarp", state)
    more(source, "one way", "further")
    one_way = exported(source, "one-way")
    went = {entry["summary"] for entry in history(source)}
    back_in_time(source, state, start)
    more(source, "another way")
    assert writer(source) == name
    told = said(source, "import", one_way)
    item = only(told["writers"])
    under = item["under"]
    assert item == {"writer": name, "how": "copied", "events": 2, "snapshots": 2, "under": under}
    assert {entry["summary"] for entry in history(source)} > went | {"another way"}
    copies = [line for line in lines(source) if line["writer"] == under]
    assert [line["n"] for line in copies] == [2, 1]
    assert {line["origin"]["writer"] for line in copies} == {name}  # type: ignore[index]
    assert [line["origin"]["n"] for line in copies] == [9, 8]  # type: ignore[index]
    assert writer(source) == name
    whole(source, dangling=True)
    assert said(source, "import", one_way)["changed"] is False
    assert tw(source, "cat", "further", "more.txt", code=3).stderr
    further = next(e for e in history(source) if e["summary"] == "further")
    assert tw(source, "cat", str(further["snapshot"]), "more.txt").stdout == b"further\n"


def test_a_clone_behind_its_own_archive_takes_a_new_name(tmp_path: Path) -> None:
    source = recorded(tmp_path / "source")
    name, start = writer(source), refs(source)
    state = tmp_path / "state"
    shutil.copytree(source.path / ".git/timewarp", state)
    more(source, "later")
    later = exported(source, "later")
    wanted = refs(source)
    back_in_time(source, state, start)
    told = said(source, "import", later)
    assert told["writers"] == [{"writer": name, "how": "longer", "events": 1, "snapshots": 1}]
    assert of_writer(source, name) == wanted
    assert writer(source) != name
    more(source, "and on")
    assert said(source, "status")["problems"] == []
    whole(source, dangling=True)


def test_refs_that_were_deleted_come_back(tmp_path: Path) -> None:
    source = recorded(tmp_path / "source")
    archive = exported(source, "all")
    before = history(source)
    tw(source, "deinit", "--purge", "--force")
    assert refs(source) == {}
    told = said(source, "import", archive)
    assert told["began"] is True
    assert history(source)[-len(before) :] == before
    whole(source)


def test_replace_and_back_again(tmp_path: Path) -> None:
    one, two = recorded(tmp_path / "one"), recorded(tmp_path / "two")
    archive = exported(one, "first")
    mine, theirs, files = history(two), history(one), two.state()
    refused = said(two, "import", "--replace", archive, code=1)
    assert refused["error"]["reference"] == "not-confirmed"  # type: ignore[index]
    assert history(two) == mine
    asked = said(two, "import", "--dry-run", "--replace", archive)
    told = said(two, "import", "--replace", "--force", archive)
    found = said(two, "inspect", archive)
    assert asked["snapshots"] == found["snapshots"] + found["drafts"] > 0  # type: ignore[operator]
    assert told["writers"] == asked["writers"]
    assert two.state() == files
    assert history(two)[1:] == theirs
    assert history(two)[0]["type"] == "import"
    whole(two, dangling=True)
    assert ids(two, "--json")[1:] == ids(one, "--json")
    more(two, "on top")
    whole(two, dangling=True)
    kept = str(told["kept_in"])
    back = said(two, "import", "--replace", "--force", kept)
    assert history(two)[1:] == mine
    whole(two, dangling=True)
    again = said(two, "import", "--replace", "--force", str(back["kept_in"]))
    assert "on top" in {entry["summary"] for entry in history(two)}
    assert again["replaced"] is True
    whole(two, dangling=True)
    left = said(two, "deinit")["left"]
    assert left == [".git/timewarp/replaced"] or len(left) == 1  # type: ignore[arg-type]


def test_replacing_what_only_has_more(tmp_path: Path) -> None:
    source = recorded(tmp_path / "source")
    archive = exported(source, "all")
    before = history(source)
    target = empty(tmp_path / "target")
    tw(target, "import", archive)
    more(target, "on top")
    said(target, "import", "--replace", "--force", archive)
    assert history(target)[1:] == before
    whole(target, dangling=True)


def test_a_dry_run_changes_nothing(tmp_path: Path) -> None:
    one, two = recorded(tmp_path / "one"), empty(tmp_path / "two")
    archive = exported(one, "first")
    there = sorted(path for path in two.path.rglob("*"))
    told = said(two, "import", "-n", archive)
    assert told["dry_run"] is True
    assert told["writers"] == [{"writer": writer(one), "how": "new", "events": 7, "snapshots": 5}]
    assert sorted(path for path in two.path.rglob("*")) == there
    tw(two, "init", "--no-hooks")
    before = refs(two), history(two)
    assert said(two, "import", "-n", "--replace", archive)["replaced"] is True
    assert (refs(two), history(two)) == before
    before_export = refs(one), history(one)
    told = said(one, "export", "-n", "--output", "../never.tar.zst")
    assert (told["events"], told["snapshots"]) == (7, 5)
    assert not (tmp_path / "never.tar.zst").exists()
    assert (refs(one), history(one)) == before_export


def test_a_part_stands_on_its_own(tmp_path: Path) -> None:
    source = recorded(tmp_path / "source")
    more(source, "eight", "nine", "ten")
    archive = exported(source, "part", "--from", "E8", "--to", "E9")
    told = said(source, "inspect", archive)
    item = only(told["writers"])
    assert item["events"] == 2
    assert item["origin"] == {"writer": writer(source), "first": 8, "last": 9}
    target = empty(tmp_path / "target")
    tw(target, "import", archive)
    assert {"eight", "nine"} <= {entry["summary"] for entry in history(target)}
    assert "ten" not in {entry["summary"] for entry in history(target)}
    nine = next(e for e in history(target) if e["summary"] == "nine")
    assert tw(target, "cat", str(nine["snapshot"]), "more.txt").stdout == b"nine\n"
    whole(target)
    assert said(source, "import", archive)["changed"] is False
    overlapping = exported(source, "more", "--from", "E9")
    told = said(target, "import", overlapping)
    item = only(told["writers"])
    assert (item["how"], item["events"], item["snapshots"]) == ("copied", 1, 1)
    names = [entry["summary"] for entry in history(target)]
    assert [names.count(name) for name in ("eight", "nine", "ten")] == [1, 1, 1]
    whole(target)


def test_a_beginning_keeps_its_chain(tmp_path: Path) -> None:
    source = recorded(tmp_path / "source")
    start = exported(source, "start", "--to", "E4")
    target = empty(tmp_path / "target")
    tw(target, "import", start)
    told = said(target, "import", exported(source, "all"))
    assert told["writers"] == [
        {"writer": writer(source), "how": "longer", "events": 3, "snapshots": 3}
    ]
    assert {entry["id"] for entry in history(target)} > set(ids(source))
    whole(target)


def test_without_drafts_nothing_is_missed(tmp_path: Path) -> None:
    source = recorded(tmp_path / "source")
    source.write("a.txt", "drafted\n")
    tw(source, "watch", "start")
    tw(source, "watch", "stop")
    more(source, "after")
    drafts = [entry for entry in history(source) if entry["type"] == "draft"]
    archive = exported(source, "plain", "--no-drafts")
    target = empty(tmp_path / "target")
    tw(target, "import", archive)
    types = [entry["type"] for entry in history(target)]
    assert "draft" not in types
    assert drafts
    left = {entry["id"] for entry in history(source) if entry["type"] != "draft"}
    assert left <= set(ids(target))
    whole(target)


def test_a_timeline_of_its_own(tmp_path: Path) -> None:
    source = recorded(tmp_path / "source")
    source.write("a.txt", "tried\n")
    tw(source, "-c", "timewarp.timeline=trial", "snapshot", "-m", "on trial")
    more(source, "on main")
    archive = exported(source, "trial", "--timeline", "trial")
    target = empty(tmp_path / "target")
    tw(target, "import", archive)
    assert {"on trial"} == {e["summary"] for e in history(target) if e["timeline"] == "trial"}
    assert "on main" not in {entry["summary"] for entry in history(target)}
    whole(target)


def test_what_cannot_be_selected_is_told(tmp_path: Path) -> None:
    source = recorded(tmp_path / "source")
    asked = {
        ("--from", "main"): "no-moment",
        ("--from", "E900"): "unknown-target",
        ("--from", "E5", "--to", "E2"): "no-moment",
        ("--to", "1999-01-01"): "no-moment",
        ("--timeline", "nowhere"): "nothing-to-export",
    }
    for words, reference in asked.items():
        done = tw(source, "export", "-o", "../x.tar.zst", *words, "--json", code=EXITS[reference])
        assert json.loads(done.stderr)["error"]["reference"] == reference
    assert not (tmp_path / "x.tar.zst").exists()


EXITS = {"no-moment": 2, "unknown-target": 3, "nothing-to-export": 3}
