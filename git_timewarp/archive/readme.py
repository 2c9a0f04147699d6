"""The second member of an archive: how to read it without us."""

from __future__ import annotations

from git_timewarp.git.names import RefName, SnapshotId

_TEXT = """\
This is what `git timewarp export` wrote: the recorded history of a git repository, whole in
itself. It can be read with tar, zstd and git alone.

Unpack it:

    $ tar --zstd -xf ARCHIVE

(or `zstd -dc ARCHIVE | tar -xf -`). Beside this file there are

    manifest.json    what is in it, and the SHA-256 of each other file
    history.bundle   a git bundle: every snapshot and event, below refs/timewarp/
    events.jsonl     every event, one line of JSON each, for reading

Compare the checksums with those in manifest.json:

    $ sha256sum README history.bundle events.jsonl

Put the history into a repository of its own:

    $ git init -q --bare --object-format={hash_name} history.git
    $ git -C history.git fetch -q ../history.bundle 'refs/timewarp/*:refs/timewarp/*'
    $ git -C history.git for-each-ref refs/timewarp

A snapshot is a tree: `tree` in it is the work tree, `meta` says when and why. List those of one
segment, and take the files of one out:

    $ git -C history.git ls-tree '{ref}^{{tree}}'
    $ mkdir files
    $ git -C history.git archive '{ref}^{{tree}}:{snapshot}/tree' | tar -xf - -C files

The formats are described in docs/formats of git-timewarp.
"""

_EMPTY = ("refs/timewarp/<writer>/snapshots/000001", "<snapshot>")


def text(newest: tuple[RefName, SnapshotId] | None, *, hash_name: str) -> bytes:
    """Return the file; the snapshot `newest`, if any, is its example."""
    ref, snapshot = newest or _EMPTY
    return _TEXT.format(hash_name=hash_name, ref=ref, snapshot=snapshot).encode()
