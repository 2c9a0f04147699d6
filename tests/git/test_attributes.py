"""Attributes and settings as git understands them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from git_timewarp.git import attributes, config
from git_timewarp.git.attributes import Conversion
from git_timewarp.git.names import RepoPath
from git_timewarp.git.run import Git
from tests.support.repo_builder import RepoBuilder


@pytest.fixture
def builder(tmp_path: Path) -> RepoBuilder:
    return RepoBuilder(tmp_path / "r")


def runner(builder: RepoBuilder) -> Git:
    return Git(builder.env(), git_dir=str(builder.git_dir()), work_tree=str(builder.path))


def test_settings_with_several_values_odd_names_and_no_value(builder: RepoBuilder) -> None:
    builder.git("config", "--add", "a.b", "1")
    builder.git("config", "--add", "a.b", "2\n3")
    builder.git("config", "Filter.X.y=Z.clean", "run")
    with open(builder.git_dir() / "config", "a", encoding="utf-8") as file:
        file.write("[core]\n\tbare\n\tignoreCase = yes\n")
    found = config.read(runner(builder))
    assert found.values["a.b"] == ("1", "2\n3")
    assert found.get("a.b") == "2\n3"
    assert found.get("a.none") is None
    assert list(found.below("filter")) == [("X.y=Z", "clean", "run")]
    assert found.flag("core.bare", default=False)
    assert found.flag("core.ignorecase", default=False)
    assert not found.flag("core.none", default=False)


def test_filters_are_switched_off_whatever_their_name(builder: RepoBuilder) -> None:
    builder.git("config", "filter.a=b.clean", "false")
    builder.git("config", "filter.a=b.required", "true")
    builder.write(".gitattributes", "x filter=a=b\n")
    builder.write("x", "x\n")
    git = runner(builder)
    off = attributes.switched_off(config.read(git))
    assert git.run("hash-object", "x", ok=range(256)).code != 0
    plain = git.using(extra=off).run("hash-object", "x")
    assert plain.text == builder.git("hash-object", "--no-filters", "x")


@pytest.mark.parametrize(
    ("name", "command", "secret"),
    [
        ("git-crypt", "", True),
        ("git-crypt-key1", "", True),
        ("crypt", "", True),
        ("git-agecrypt", "", True),
        ("plain", "openssl enc", True),
        ("plain", "/usr/bin/gpg -c", True),
        ("plain", "age -r x", True),
        ("lfs", "git-lfs clean -- %f", False),
        ("nbstripout", "nbstripout --manage", False),
        ("image", "convert", False),
    ],
)
def test_which_filters_encrypt(name: str, command: str, *, secret: bool) -> None:
    values = {f"filter.{name}.clean": (command,)} if command else {}
    filters = attributes.Filters.of(config.GitConfig(values))
    assert filters.encrypts(name) is secret


@pytest.mark.parametrize(
    ("rule", "settings", "expected"),
    [
        ("", {}, Conversion(None, inwards=False, outwards=False)),
        ("", {"core.autocrlf": "true"}, Conversion(None, inwards=True, outwards=True)),
        ("", {"core.autocrlf": "input"}, Conversion(None, inwards=True, outwards=False)),
        ("", {"core.eol": "crlf"}, Conversion(None, inwards=False, outwards=False)),
        ("text", {}, Conversion(None, inwards=True, outwards=False)),
        ("text", {"core.eol": "crlf"}, Conversion(None, inwards=True, outwards=True)),
        (
            "text=auto eol=lf",
            {"core.autocrlf": "true"},
            Conversion(None, inwards=True, outwards=False),
        ),
        ("eol=crlf", {}, Conversion(None, inwards=True, outwards=True)),
        ("-text", {"core.autocrlf": "true"}, Conversion(None, inwards=False, outwards=False)),
        ("binary", {"core.autocrlf": "true"}, Conversion(None, inwards=False, outwards=False)),
        ("-crlf", {"core.autocrlf": "true"}, Conversion(None, inwards=False, outwards=False)),
        ("crlf=input", {"core.autocrlf": "true"}, Conversion(None, inwards=True, outwards=False)),
        ("ident", {}, Conversion(None, inwards=True, outwards=True)),
        ("-text ident", {}, Conversion(None, inwards=True, outwards=True)),
        ("working-tree-encoding=UTF-16", {}, Conversion(None, inwards=True, outwards=True)),
        ("filter=lfs -text", {}, Conversion("lfs", inwards=False, outwards=False)),
        ("-filter", {}, Conversion(None, inwards=False, outwards=False)),
    ],
)
def test_what_git_would_do(
    builder: RepoBuilder, rule: str, settings: dict[str, str], expected: Conversion
) -> None:
    for name, value in settings.items():
        builder.git("config", name, value)
    builder.write(".gitattributes", f"* {rule}\n")
    git = runner(builder)
    paths = [RepoPath("a"), RepoPath("new\nline"), RepoPath("\udcff")]
    found = attributes.conversions(git, paths, config=config.read(git))
    assert found == [expected] * 3
    assert attributes.conversions(git, [], config=config.read(git)) == []


def test_attribute_files_outside_the_tree(builder: RepoBuilder) -> None:
    git = runner(builder)
    env = git.environ
    found = attributes.global_sources(git, config.read(git))
    assert found == [f"{env['XDG_CONFIG_HOME']}/git/attributes", "/etc/gitattributes"]
    builder.git("config", "core.attributesFile", "~/mine")
    found = attributes.global_sources(git, config.read(git))
    assert found[0] == f"{env['HOME']}/mine"
    builder.git("config", "core.attributesFile", "~root/theirs")
    found = attributes.global_sources(git, config.read(git))
    assert found[0] == os.path.expanduser("~root/theirs")


@pytest.mark.parametrize("value", ["true", "YES", "on", "1", "2", "-1", "0x10", "1k", "010"])
@pytest.mark.parametrize("other", ["false", "no", "off", "0", "", "00"])
def test_git_and_we_take_the_same_for_true(builder: RepoBuilder, value: str, other: str) -> None:
    for text in (value, other):
        builder.git("config", "core.symlinks", text)
        said = builder.git("config", "--type=bool", "core.symlinks") == "true"
        assert config.read(runner(builder)).flag("core.symlinks", default=not said) is said
