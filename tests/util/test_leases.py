"""Only the sole user of a file is told so."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from git_timewarp.util.leases import sole_user

KNOWN = sys.platform == "linux"


def test_who_has_it_open(tmp_path: Path) -> None:
    """Any descriptor elsewhere counts, whether for reading or appending."""
    path = tmp_path / "file"
    path.touch()
    assert sole_user(str(path)) is (True if KNOWN else None)
    for flags in (os.O_RDONLY, os.O_WRONLY | os.O_APPEND):
        fd = os.open(path, flags)
        assert sole_user(str(path)) is (False if KNOWN else None)
        os.close(fd)
    assert sole_user(str(path)) is (True if KNOWN else None)


def test_no_file(tmp_path: Path) -> None:
    """Of what is not there nothing is known."""
    assert sole_user(str(tmp_path / "none")) is None
