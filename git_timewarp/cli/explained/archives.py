"""Errors of `export`, `import` and `inspect`, explained."""

from __future__ import annotations

from git_timewarp.cli.explained.explanation import Explanation, Sort

_UNTOUCHED = "Nothing of the archive was taken; files, refs and history are what they were."

TABLE: dict[str, Explanation] = {
    "damaged-archive": Explanation(
        Sort.PERMANENT,
        "The file was cut off or changed after it was written, or is no archive at all: a "
        "checksum, an object or a chain in it is not what it says.",
        _UNTOUCHED,
        "Fetch the file again from where it was copied, or export it again: 'git timewarp "
        "export'. 'git timewarp inspect FILE' tells whether the copy is whole.",
    ),
    "newer-archive": Explanation(
        Sort.PERMANENT,
        "A later version of git-timewarp wrote the file, in a form this one does not know.",
        _UNTOUCHED,
        "Install that version. Until then the README in the file tells how tar, zstd and git "
        "read it.",
    ),
    "hostile-archive": Explanation(
        Sort.PERMANENT,
        "A name in the archive leads out of the work tree, through a link, or into its git "
        "directory; or a '.gitmodules' file or a link in it is one that git does not allow. "
        "'export' writes no such name, so somebody made the file to do harm; what git does not "
        "allow may also have been in a work tree.",
        "The whole file was refused before any of it was brought into the repository.",
        "Do not use it. Ask whoever gave it to you for one that 'git timewarp export' wrote.",
    ),
    "empty-archive": Explanation(
        Sort.PERMANENT,
        "'import --replace' was given an archive without events and snapshots. 'export' writes "
        "no such file.",
        _UNTOUCHED,
        "Look into the file with 'git timewarp inspect'. To record nothing any more and remove "
        "what is recorded, use 'git timewarp deinit --purge'.",
    ),
    "no-archive": Explanation(
        Sort.PERMANENT,
        "The path names no file, or a folder, a pipe or a device.",
        _UNTOUCHED,
        "Look where the file is; a relative path counts from the current folder.",
    ),
    "archive-too-large": Explanation(
        Sort.PERMANENT,
        "The archive says that it holds more than the disk has free, if 16 MB are to stay free for "
        "what comes after it. No file holds these 16 MB: there is nothing to give up for them.",
        _UNTOUCHED + " It was not unpacked.",
        "Make room ('git timewarp storage' shows our share of the disk), or import on a larger one.",
    ),
    "other-object-format": Explanation(
        Sort.PERMANENT,
        "The archive was written in a SHA-1 repository and this one uses SHA-256, or the other "
        "way round; their ids have nothing in common.",
        _UNTOUCHED,
        "Make a repository of the archive's kind with 'git init --object-format', and import there.",
    ),
    "no-moment": Explanation(
        Sort.PERMANENT,
        "'--from' or '--to' names a git revision, a time with nothing on its side, or the two are "
        "the wrong way round.",
        "No file was written.",
        "Name an event, a snapshot, a milestone or a time: 'git timewarp log --all' lists them.",
    ),
    "nothing-to-export": Explanation(
        Sort.PERMANENT,
        "What was asked for has no event: an unknown timeline, or a stretch in which nothing "
        "happened.",
        "An archive without anything in it is not written; the history is untouched.",
        "Ask for more, or for everything: 'git timewarp export'.",
    ),
    "broken-history": Explanation(
        Sort.PERMANENT,
        "A writer's chain has a gap or a change in it, or an object of a snapshot is damaged, so "
        "that nobody could check its archive.",
        "What is still readable stays as it is; export only looked.",
        "'git timewarp verify --full' names the damage. Where another archive or clone is whole, "
        "import it first.",
    ),
    "output-exists": Explanation(
        Sort.PERMANENT,
        "There is a file of the name the archive was to get.",
        "That file was not touched.",
        "Choose another name, or replace the file with '--force'.",
    ),
    "unfolded": Explanation(
        Sort.TRANSIENT,
        "git's own work (a gc, a pack-refs) kept the refs locked, so that the last events could "
        "not be put beside the others.",
        "These events are durable in the journal. Neither was a file written nor one taken in.",
        "Run the command again when git is done.",
    ),
    "not-imported": Explanation(
        Sort.TRANSIENT,
        "The archive was whole, and its refs could not be moved: git kept them locked, or another "
        "process moved one.",
        "The move is all or nothing, and it was nothing.",
        "Run the same import again; 'git timewarp status' tells whether anything is in the way.",
    ),
    "binary-output": Explanation(
        Sort.PERMANENT,
        "'--output -' writes the archive itself to standard output, which is a terminal, or is "
        "to be JSON.",
        "Not a byte was written.",
        "Send it to a file or a pipe, or give '--output' a name.",
    ),
    "merge-or-replace": Explanation(
        Sort.PERMANENT,
        "'--merge' and '--replace' were both given to 'import'.",
        "The archive was not opened.",
        "Leave one of them out; '--merge' is the default.",
    ),
}
