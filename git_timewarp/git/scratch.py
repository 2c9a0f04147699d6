"""A repository for a moment, in a folder of ours, that reads another one's objects.

Line ends, links and names are treated as in the other one; filters of other programs are off:
what they would fetch or decrypt is not ours.
"""

from __future__ import annotations

import os
import shutil

from git_timewarp.git.config import GitConfig
from git_timewarp.git.repo import Repo, discover
from git_timewarp.util import faults
from git_timewarp.util.text import to_bytes

_KEPT = ("autocrlf", "eol", "filemode", "ignorecase", "precomposeunicode", "symlinks")


def make(repo: Repo, folder: str, *, alternates: tuple[str, ...], config: GitConfig) -> Repo:
    """Make an empty repository in `folder` and return it.

    Args:
        repo: the one whose objects it reads.
        folder: absolute path; it must not exist.
        alternates: more object directories to read.
        config: the settings of `repo`.

    Raises:
        GitError, OSError: it could not be made.
    """
    bare = repo.git._replace(git_dir=None, work_tree=None, index=None, pass_fds=())
    words = ("init", "-q", "--template=", f"--object-format={repo.hash_name}", folder)
    bare.run(*words, cwd=os.path.dirname(folder))
    info = os.path.join(folder, ".git", "objects", "info")
    faults.point("write alternates")
    os.makedirs(info, exist_ok=True)
    with open(os.path.join(info, "alternates"), "wb") as file:
        file.writelines(to_bytes(path) + b"\n" for path in (repo.objects_dir, *alternates))
    attributes = os.path.join(repo.common_dir, "info", "attributes")
    if os.path.exists(attributes):
        faults.point("copy attributes")
        os.makedirs(os.path.join(folder, ".git", "info"), exist_ok=True)
        shutil.copyfile(attributes, os.path.join(folder, ".git", "info", "attributes"))
    made = discover(folder, bare.environ)
    for key, value in _settings(config).items():
        made.git.run("config", "--local", key, value)
    return made


def _settings(config: GitConfig) -> dict[str, str]:
    found = {"core.safecrlf": "false"}
    for name in _KEPT:
        value = config.get(f"core.{name}")
        if value is not None:
            found[f"core.{name}"] = value
    for name in {driver for driver, _, _ in config.below("filter")}:
        found |= {f"filter.{name}.{part}": "" for part in ("clean", "smudge", "process")}
        found[f"filter.{name}.required"] = "false"
    return found
