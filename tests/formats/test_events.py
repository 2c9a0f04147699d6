"""The published vectors and examples hold, computed by nothing of ours."""

from __future__ import annotations

import hashlib
import json
import re
import zlib

import pytest

from git_timewarp.git.names import Oid
from git_timewarp.store import chain, events, journal, layout, notes
from tests.support.source import ROOT

FORMATS = ROOT / "docs/formats"
VECTORS = FORMATS / "vectors/events.jsonl"


def lines() -> list[bytes]:
    return VECTORS.read_bytes().splitlines()


def page(name: str) -> str:
    return (FORMATS / name).read_text(encoding="utf-8")


def test_the_chain_of_the_vectors_with_nothing_but_hashlib_and_json() -> None:
    previous = "0" * 64
    for number, line in enumerate(lines(), 1):
        record = json.loads(line)
        claimed = record.pop("hash")
        body = json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        assert hashlib.sha256(body.encode()).hexdigest() == claimed
        assert hashlib.sha256(line[:-75] + b"}").hexdigest() == claimed
        assert (record["n"], record["prev"]) == (number, previous)
        assert line.endswith(b',"hash":"' + claimed.encode() + b'"}')
        previous = claimed
    assert previous in page("events.md")


def test_our_own_code_reads_and_makes_them() -> None:
    head = events.ChainHead()
    for line in lines():
        event = events.parse(line, anchor=Oid("1" * 40))
        assert chain.hash_is_right(line)
        record = {
            k: v for k, v in event.record.items() if k not in {"v", "id", "lamport", "writer"}
        }
        named = {"type", "summary", "actor", "worktree", "timeline", "ts", "n", "prev", "hash"}
        actor = record["actor"]
        assert isinstance(actor, dict)
        new = chain.NewEvent(
            type=str(record["type"]),
            summary=str(record["summary"]),
            actor=chain.Actor(actor["kind"], actor["id"], actor.get("role", "")),
            anchor=event.anchor,
            worktree=str(record["worktree"]),
            timeline=str(record["timeline"]),
            extra={k: v for k, v in record.items() if k not in named},
        )
        ident, ts = str(event.record["id"]), str(event.record["ts"])
        again, head = chain.seal(new, head=head, writer=event.writer, event_id=ident, ts=ts)
        assert again.line == line


def test_every_changed_bit_is_noticed() -> None:
    (first, *_) = lines()
    for place in range(len(first)):
        changed = bytearray(first)
        changed[place] ^= 1
        assert not chain.hash_is_right(bytes(changed)), place


def test_the_example_in_the_page_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    (example,) = re.findall(r"```python\n(.*?)```", page("events.md"), re.DOTALL)
    exec(compile(example, "events.md", "exec"), {})  # noqa: S102 - our own page


def test_the_table_of_overflows() -> None:
    rows = re.findall(
        r"^\| (?:`([0-9a-f]{40})`|64 . `(a)`.*?) \| (\d) \| `([0-9a-f]+)` \|",
        page("events.md"),
        re.MULTILINE,
    )
    assert len(rows) == 3
    for sha1, letter, k, place in rows:
        anchor, name = (sha1, "sha1") if sha1 else (letter * 64, "sha256")
        text = f"timewarp overflow {anchor} {k}".encode()
        blob = b"blob %d\0" % len(text) + text
        assert hashlib.new(name, blob).hexdigest() == place
        assert notes.overflow_anchor(Oid(anchor), int(k), hash_name=name) == place
        assert notes.next_place(Oid(anchor), int(k) - 1) == place


def test_the_tag_in_the_page() -> None:
    tag = layout.tag_bytes(Oid("4b825dc642cb6eb9a060e54bf8d69288fbee4904"), "events")
    assert "".join(f"    {line}\n" if line else "\n" for line in tag.decode().splitlines()) in page(
        "refs.md"
    )
    oid = hashlib.sha1(b"tag %d\0" % len(tag) + tag, usedforsecurity=False).hexdigest()
    assert oid in page("refs.md")


def test_the_journal_lines_in_the_page() -> None:
    found = re.findall(r"^    ([0-9a-f]{8}) ([A-Z]) (.*)$", page("journal.md"), re.MULTILINE)
    assert len(found) == 2
    for crc, letter, payload in found:
        assert f"{zlib.crc32(f'{letter} {payload}'.encode()):08x}" == crc
        assert journal.line(letter, payload.encode()) == f"{crc} {letter} {payload}\n".encode()


@pytest.mark.parametrize(
    ("module", "page_name"),
    [(events, "events.md"), (journal, "journal.md"), (layout, "refs.md"), (notes, "events.md")],
)
def test_pages_tell_the_version_the_code_writes(module: object, page_name: str) -> None:
    version = module.FORMAT_VERSION  # type: ignore[attr-defined]
    assert page(page_name).splitlines()[0].endswith(f", format {version}")
