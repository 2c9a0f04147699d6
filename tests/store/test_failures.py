"""What the disk said is told in words, once."""

from __future__ import annotations

import errno
import os

import pytest

from git_timewarp.store.failures import StorageError, put_off, reason, told


def test_a_failure_that_ends_nothing_is_told_in_words() -> None:
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), b"/somewhere/pack")
    assert reason(full) == "no space is left on the disk: '/somewhere/pack'"
    assert reason(OSError(errno.EROFS, "x")) == "the file system is read-only"
    assert reason(OSError(errno.ENOTDIR, "Not a directory")) == "[Errno 20] Not a directory"
    assert reason(ValueError("wrong")) == "wrong"


@pytest.mark.parametrize(
    "why", [reason(OSError(errno.ENOSPC, "", "/a/b")), "fatal: write: No space left on device"]
)
def test_what_was_put_off_because_of_the_disk_is_an_error_of_the_disk(why: str) -> None:
    notices = ["before", f"everything is recorded, folding it into git was put off: {why}"]
    with pytest.raises(StorageError, match=r"^no space is left on the disk") as caught, told():
        put_off(notices, 1)
    assert caught.value.hint == "df -h ."
    assert notices == ["before"]


def test_what_was_put_off_for_another_reason_is_told_as_it_is() -> None:
    notices = ["folding it into git was put off: a ref is locked"]
    assert put_off(notices, 0) == "a ref is locked"
    assert put_off(notices, 0) == "a ref was moved meanwhile"
