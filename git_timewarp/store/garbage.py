"""What may leave our packs: what nothing names any more, and what the user does not need of the rest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet

from git_timewarp.git.names import Oid, RefName
from git_timewarp.git.objects import MissingObjectError
from git_timewarp.git.repo import Repo
from git_timewarp.git.run import GitError
from git_timewarp.store import leaving, transaction
from git_timewarp.store.packs import Packs
from git_timewarp.store.reach import of_user
from git_timewarp.store.segments import Builder
from git_timewarp.util import atomic, faults


def noted(path: str) -> set[Oid]:
    """Return the ids that folds have noted as superseded in the file `path`."""
    return {Oid(word.decode()) for word in (atomic.read(path) or b"").split()}


def note(path: str, oids: Iterable[Oid]) -> None:
    """Note ids that nothing of ours names any more."""
    faults.point("note superseded")
    with open(path, "ab") as file:
        file.write("".join(f"{oid}\n" for oid in oids).encode())


def forget(path: str, dropped: AbstractSet[Oid]) -> None:
    """Take ids that are gone out of the file."""
    left = "".join(f"{oid}\n" for oid in sorted(noted(path) - dropped))
    atomic.write(path, left.encode(), sync=False)


def unnamed(
    superseded: AbstractSet[Oid],
    held: AbstractSet[Oid],
    builder: Builder,
    packs: Packs,
    refs: Mapping[RefName, Oid],
) -> AbstractSet[Oid]:
    """Return what of `superseded` nothing names: no ref and no value in a reflog that stays.

    The user's refs count too: he may have copied one of ours.

    A value that a fold replaced stays in its reflog while a pack that is not merged now
    (of those `held` is in) holds its tag; git would miss what it names.
    """
    found = set(superseded)
    if not found:
        return found
    found -= builder.live()
    for oid in transaction.named_by_users(builder.repo) & found:
        found -= builder.made_of(oid, since=None)
    elsewhere = transaction.logged(builder.repo)
    outside = {oid for values in elsewhere.values() for oid in values} - held
    stay: set[Oid] = set()
    for name in packs.live():
        stay |= packs.held_by(name, outside)
    for name, values in elsewhere.items():
        for oid in values:
            if oid in stay:
                found -= builder.made_of(oid, since=refs.get(name))
    return found


def losing(
    builder: Builder, gone: AbstractSet[Oid], refs: Mapping[RefName, Oid]
) -> AbstractSet[Oid]:
    """Return the former values in our reflogs that name anything of `gone`, or cannot be read.

    A value may be in another pack than what it names. What it names is gone first then, and
    a reflog that leads to what is gone ends every gc of the user's.
    """
    found: set[Oid] = set()
    for name, values in transaction.logged(builder.repo).items() if gone else ():
        now = refs.get(name)
        known = [now] if now is not None else []
        for oid in [value for value in dict.fromkeys(values) if value != now]:
            if oid in gone or not _is_served(builder, oid, gone, since=known):
                found.add(oid)
            else:
                # What it shares with the next value was looked at.
                known = [*known[:1], oid] if now is not None else [oid]
    return found


def _is_served(builder: Builder, tag: Oid, gone: AbstractSet[Oid], *, since: Sequence[Oid]) -> bool:
    try:
        return gone.isdisjoint(builder.named_by(tag, since=since))
    except MissingObjectError:
        return False


def spare(packs: Packs, repo: Repo, going: Sequence[str]) -> Exception | None:
    """Keep what the user needs of thinned packs that are about to go, in a pack of its own.

    Returns:
        why that was not possible: then all of them stay for now.
    """
    try:
        if set(going) & set(leaving.thinned(repo.state_dir)):
            packs.rescue(going, of_user(repo))
    except (GitError, MissingObjectError, OSError) as exc:
        leaving.note(repo.state_dir, leaving.superseded(repo.state_dir))
        return exc
    return None
