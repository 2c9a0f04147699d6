"""How much waits in the spool (`store/spool.py`), without reading what it says."""

import json
import os
import re
from collections.abc import Mapping

from git_timewarp.util import atomic
from git_timewarp.util.frozen import Frozen

_RETIRED = r"[0-9]+-[0-9]+\Z"


class Taken(Frozen):
    """How far each retired file has been taken, the losses told, the last number given."""

    files: Mapping[str, int]
    lost: int
    seq: int


class Backlog:
    """The files of one repository's spool.

    Attributes:
        path: their folder; now, lost_file: what hooks write to.
    """

    def __init__(self, state_dir: str) -> None:
        self.path = os.path.join(state_dir, "spool")
        self.now = os.path.join(self.path, "now")
        self.lost_file = os.path.join(self.path, "lost")
        self._taken = os.path.join(self.path, "taken")

    @property
    def size(self) -> int:
        """Bytes that were not taken yet."""
        known = self.load()
        total = size_of(self.now)
        for name in self.retired():
            total += size_of(os.path.join(self.path, name)) - known.files.get(name, 0)
        return total

    @property
    def lost(self) -> int:
        """Entries lost since the last acknowledged batch, as far as hooks could count them."""
        return max(0, self.lost_total() - self.load().lost)

    def retired(self) -> list[str]:
        """Return the names of retired files, oldest first."""
        try:
            names = os.listdir(self.path)
        except FileNotFoundError:
            return []
        return sorted((name for name in names if re.match(_RETIRED, name)), key=sequence)

    def lost_total(self) -> int:
        """Return how many entries were ever lost, as far as hooks could count."""
        return max(0, size_of(self.lost_file) - 1)

    def load(self) -> Taken:
        """Return what was taken; nothing where that cannot be read."""
        try:
            record = json.loads(atomic.read(self._taken) or b"{}")
            return Taken(
                {str(name): int(end) for name, end in record.get("files", {}).items()},
                int(record.get("lost", 0)),
                int(record.get("seq", 0)),
            )
        except (ValueError, TypeError, AttributeError):
            return Taken({}, 0, 0)


def sequence(name: str) -> int:
    """Return the number of a retired file."""
    return int(name.partition("-")[0])


def size_of(path: str) -> int:
    """Return the bytes of a file, 0 where there is none."""
    try:
        return os.stat(path).st_size
    except FileNotFoundError:
        return 0
