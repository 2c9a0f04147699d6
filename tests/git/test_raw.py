"""Objects read without git: every pack git can make, and what is left of damaged ones."""

from __future__ import annotations

import hashlib
import os
import random
from pathlib import Path

import pytest

from git_timewarp.git import raw_place
from git_timewarp.git.names import Oid
from git_timewarp.git.raw import RawStore
from git_timewarp.git.raw_attributes import Settings, attributes, checked_out, rules, settings
from tests.support.disasters import damaged_loose
from tests.support.repo_builder import RepoBuilder

EVERY = ("blob", "tree", "commit", "tag")


def built(path: Path, form: str) -> RepoBuilder:
    """Return a repository with deltas, tags, and blobs that nothing is like."""
    repo = RepoBuilder(path, object_format=form)
    noise = random.Random(1)
    for number in range(6):
        lines = "".join(f"{line}\n" for line in range(100 * (number + 1)))
        repo.commit(str(number), {"grows": lines, f"noise{number}": noise.randbytes(5000)})
        repo.git("tag", "-a", "-m", "x", f"v{number}")
    return repo


def objects(repo: RepoBuilder) -> dict[str, str]:
    """Return id and type of everything that git has."""
    form = "--batch-check=%(objectname) %(objecttype)"
    lines = repo.git("cat-file", "--batch-all-objects", form).splitlines()
    return dict(line.split(" ") for line in lines)


def read(repo: RepoBuilder) -> dict[str, str]:
    """Return id and type of everything that is read; each must be what git says."""
    place = raw_place.at(str(repo.path))
    assert place is not None
    stores = raw_place.stores(place.common_dir, [])
    length = raw_place.hash_length(place.common_dir, stores)
    with RawStore(stores, hash_length=length) as store:
        found = list(store.every(EVERY, most=1 << 40))
        assert all(store.find(item.oid) == item and store.has(item.oid) for item in found)
    for item in found:
        whole = b"%s %d\0" % (item.type.encode(), len(item.data)) + item.data
        assert hashlib.new("sha1" if length == 20 else "sha256", whole).hexdigest() == item.oid
    assert len({item.oid for item in found}) == len(found)
    return {item.oid: item.type for item in found}


def only_pack(repo: RepoBuilder) -> Path:
    """Pack everything and return the one pack."""
    repo.git("repack", "-adq", "--depth=50", "--window=50")
    (found,) = (repo.path / ".git/objects/pack").glob("*.pack")
    found.chmod(0o644)
    return found


@pytest.mark.parametrize("form", ["sha1", "sha256"])
@pytest.mark.parametrize("how", ["loose", "packed", "no index", "wrong index", "by id"])
def test_everything_is_read(tmp_path: Path, form: str, how: str) -> None:
    repo = built(tmp_path / "repo", form)
    before = objects(repo)
    if how != "loose":
        pack = only_pack(repo)
        index = pack.with_suffix(".idx")
        index.chmod(0o644)
        if how == "no index":
            index.unlink()
        elif how == "wrong index":
            data = bytearray(index.read_bytes())
            data[1100] ^= 1
            index.write_bytes(data)
        elif how == "by id":
            # Deltas that name what they apply to, as a thin pack of a fetch has them.
            words = "\n".join(before).encode() + b"\n"
            thin = repo.run("pack-objects", "--stdout", "-q", "--depth=50", stdin=words).stdout
            pack.write_bytes(thin)
            index.unlink()
    assert read(repo) == before


def test_a_delta_to_an_object_in_another_pack(tmp_path: Path) -> None:
    """A thin pack, which a fetch that was cut off leaves behind."""
    repo = built(tmp_path / "repo", "sha1")
    before = objects(repo)
    thin = repo.run(
        "pack-objects", "--thin", "--stdout", "-q", "--revs", stdin=b"HEAD\n^HEAD~1\n"
    ).stdout
    old = repo.clone_twin(tmp_path / "old")
    old.git("reset", "-q", "--hard", "HEAD~1")
    old.git("tag", "-d", "v5")
    old.git("reflog", "expire", "--expire=now", "--all")
    old.git("gc", "-q", "--prune=now")
    (old.path / ".git/objects/pack/tmp_pack_x1").write_bytes(thin)
    assert set(read(old)) == set(before) - {repo.git("rev-parse", "v5")}


def test_damage_in_the_middle_costs_one_object(tmp_path: Path) -> None:
    """Also without an index: what comes after it is found again."""
    repo = built(tmp_path / "repo", "sha1")
    before = objects(repo)
    lost = repo.git("rev-parse", "HEAD:noise3")
    pack = only_pack(repo)
    index = pack.with_suffix(".idx")
    listed = repo.git("verify-pack", "-v", str(index)).splitlines()
    at = next(int(line.split()[4]) for line in listed if line.startswith(lost))
    data = bytearray(pack.read_bytes())
    for place in range(at + 100, at + 200):
        data[place] ^= 0x55
    pack.write_bytes(data)
    expected = {oid: kind for oid, kind in before.items() if oid != lost}
    assert read(repo) == expected
    index.unlink()
    assert read(repo) == expected


def test_of_a_pack_cut_short_all_before_the_cut_is_read(tmp_path: Path) -> None:
    repo = built(tmp_path / "repo", "sha1")
    before = objects(repo)
    pack = only_pack(repo)
    index = pack.with_suffix(".idx")
    listed = [line.split() for line in repo.git("verify-pack", "-v", str(index)).splitlines()]
    ends = {w[0]: (int(w[4]) + int(w[3]), w[5:]) for w in listed if w[0] in before}
    cut = pack.stat().st_size * 2 // 3
    with pack.open("r+b") as file:
        file.truncate(cut)
    there = {oid for oid, (end, _) in ends.items() if end <= cut}
    whole = {oid for oid in there if not ends[oid][1] or ends[oid][1][1] in there}
    for _ in range(2):
        assert set(read(repo)) >= whole
        assert len(whole) > 10
        index.unlink(missing_ok=True)


def test_a_second_copy_is_taken_where_the_first_is_damaged(tmp_path: Path) -> None:
    repo = built(tmp_path / "repo", "sha1")
    before = objects(repo)
    repo.git("repack", "-aq")
    for number, path in enumerate(sorted((repo.path / ".git/objects").glob("??/*"))):
        if number % 2:
            path.chmod(0o644)
            path.write_bytes(os.urandom(50))
        else:
            damaged_loose(path)
    assert read(repo) == before


def test_large_blobs_are_given_in_pieces(tmp_path: Path) -> None:
    repo = RepoBuilder(tmp_path / "repo")
    data = random.Random(2).randbytes(3_000_000)
    repo.commit("large", {"large": data})
    oid = repo.git("rev-parse", "HEAD:large")
    only_pack(repo)
    pieces: list[bytes] = []
    with RawStore([str(repo.path / ".git/objects")], hash_length=20) as store:
        assert store.copy(oid, pieces.append)
        assert store.size(oid) == len(data)
    assert b"".join(pieces) == data
    assert len(pieces) > 10


@pytest.mark.parametrize("config", ["", "[core]\n\tautocrlf = true\n", "[core]\n\teol = crlf\n"])
def test_a_checkout_is_what_git_makes(tmp_path: Path, config: str) -> None:
    """Line ends, `$Id$` and encodings, against `git checkout` itself."""
    given = (
        "*.txt text\n*.auto text=auto\n*.crlf eol=crlf\n*.lf eol=lf\n*.bin -text\n"
        "*.id ident\n*.u16 text working-tree-encoding=UTF-16LE-BOM\n*.u8 working-tree-encoding=latin1\n"
        "sub/*.txt -text\n/top.txt eol=crlf\n**/deep/*.auto eol=crlf\n"
    )
    bodies = {
        "unix": b"one\ntwo\n",
        "dos": b"one\r\ntwo\r\n",
        "mixed": b"one\ntwo\r\n",
        "binary": b"one\n\0two\n",
        "controls": b"one\n" + bytes(range(1, 9)) * 3,
        "none": b"",
    }
    repo = RepoBuilder(tmp_path / "repo")
    repo.write(".gitattributes", given)
    ends = ["txt", "auto", "crlf", "lf", "bin", "plain"]
    for name, data in bodies.items():
        for end in ends:
            for folder in ("", "sub/", "sub/deep/"):
                repo.write(f"{folder}{name}.{end}", data)
    repo.write("x.id", b"$Id$ and $Id: old $\n")
    repo.write("x.u16", b"\xff\xfe" + "wide ü\n".encode("utf-16-le"))
    repo.write("x.u8", "ü\n".encode("latin-1"))
    repo.write("top.txt", b"one\ntwo\n")
    repo.commit("all")
    with (repo.path / ".git/config").open("a") as file:
        file.write(config)
    names = [name for name in repo.git("ls-files").splitlines() if name != ".gitattributes"]
    for name in names:
        repo.remove(name)
    (repo.path / ".git/index").unlink()
    repo.git("reset", "-q")
    repo.git("checkout", "-q", ".")
    how = settings([str(repo.path / ".git/config")])
    found = rules(given.encode(), "")
    for name in names:
        blob = repo.run("cat-file", "blob", f"HEAD:{name}").stdout
        oid = Oid(repo.git("rev-parse", f"HEAD:{name}"))
        done = checked_out(blob, oid, attributes(name, found), how, media="")
        assert done.data == repo.read(name), (name, blob)


def test_settings_that_do_not_parse_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_bytes(
        b'[core\n= =\n[core]\n\tautocrlf = input\n[filter "lfs"]\n\xff\n[other]\neol=crlf\n'
    )
    assert settings([str(path), str(tmp_path / "none")]) == Settings(
        "input", "lf", frozenset({"lfs"})
    )
