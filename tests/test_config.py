from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gvtui.config import (
    Config,
    ConfigError,
    UnknownProfileError,
    change_config,
    config_path,
    read_config,
)
from gvtui.toml import MAX_FILE

WHOLE = """\
# What I like.
theme = "gvtui-light"
columns = [
  "time",
  "point",
]
copy-command = "xclip -selection 'clip board'"
signs = "ascii"
compress = "none"
keep = "20GiB"
keep-for = "7d"

[keys]
"filter.pid" = "ctrl+y"
"filter.add evt.failed = true" = "ctrl+e"

[filters]
failed = "evt.failed = true"

[limits]
connections = 100
handshake-seconds = 9

[[rules]]
name = "shell"

[[rules]]
name = "root"

[profile.on-call]
theme = "gvtui-dark"
keys."filter.pid" = "ctrl+p"

[profile.on-call.filters]
root = "user.uid = 0"
"""


def config(folder: Path, text: str | bytes, profile: str = "") -> Config:
    path = folder / "config.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_config(path, profile)


def problems(folder: Path, text: str | bytes) -> list[str]:
    """Its problems, without the name of the file."""
    found = config(folder, text).problems
    prefix = f"{folder / 'config.toml'}"
    assert all(each.startswith(prefix) for each in found)
    return [each.removeprefix(prefix).removeprefix(", ") for each in found]


def test_all_settings(tmp_path: Path) -> None:
    found = config(tmp_path, WHOLE)
    assert found.problems == ()
    assert found.keys == {"filter.pid": "ctrl+y", "filter.add evt.failed = true": "ctrl+e"}
    assert found.filters == {"failed": "evt.failed = true"}
    assert (found.theme, found.signs, found.compress) == ("gvtui-light", "ascii", "none")
    assert (found.keep, found.keep_for) == (20 << 30, 7 * 86_400)
    assert found.columns == ("time", "point")
    assert found.copy_command == ("xclip", "-selection", "clip board")
    assert found.rules == ({"name": "shell"}, {"name": "root"})
    assert found.profiles == ("on-call",)


def test_every_setting_has_its_line(tmp_path: Path) -> None:
    found = config(tmp_path, WHOLE)
    lines = WHOLE.splitlines()
    for names in (("theme",), ("columns",), ("copy-command",), ("signs",), ("keys",)):
        assert names[-1] in lines[found.lines[names] - 1]
    for name in found.keys:
        assert lines[found.lines["keys", name] - 1].startswith(f'"{name}"')
    assert found.where("keys", "filter.pid") == f"{tmp_path}/config.toml, line 14"
    assert found.where("filters", "failed").endswith("line 18")
    assert found.where("keys", "no.such") == f"{tmp_path}/config.toml"


def test_a_profile_goes_before_all_else(tmp_path: Path) -> None:
    found = config(tmp_path, WHOLE, "on-call")
    assert found.theme == "gvtui-dark"
    assert found.keys == {"filter.pid": "ctrl+p", "filter.add evt.failed = true": "ctrl+e"}
    assert found.filters == {"failed": "evt.failed = true", "root": "user.uid = 0"}
    assert (found.signs, found.profile) == ("ascii", "on-call")
    assert found.where("keys", "filter.pid").endswith("line 32")
    assert found.where("keys", "filter.add evt.failed = true").endswith("line 15")
    assert found.where("filters", "root").endswith("line 35")


def test_an_unknown_profile_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UnknownProfileError, match=r"'oncall' in .*; is 'on-call' meant") as found:
        config(tmp_path, WHOLE, "oncall")
    assert found.value.exit_code == 2
    with pytest.raises(UnknownProfileError, match="there are 'on-call'"):
        config(tmp_path, WHOLE, "zzz")
    with pytest.raises(UnknownProfileError, match=r"\[profile.NAME\] makes one"):
        read_config(tmp_path / "nowhere", "x")


def test_without_a_file_all_is_as_gvtui_has_it(own_home: Path) -> None:
    assert config_path() == own_home / "config" / "gvtui" / "config.toml"
    found = read_config()
    assert found == Config(config_path())
    assert found.where("keys", "filter.pid") == str(config_path())


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("theme = 3", ["line 1: theme: a number where a text in quotes was expected"]),
        ("theme = 1979-05-27", ["line 1: theme: a date or a time where a text in quotes was ex"]),
        ("columns = [1]", ["line 1: columns: a list of texts was expected"]),
        ("columns = true", ["line 1: columns: a list of texts was expected"]),
        ('compress = "gzip"', ["line 1: compress: 'gzip' where zstd or none was expected"]),
        ('keep = "1K"', ["line 1: keep: '1K' is too small; give 16MiB or more"]),
        ("keep = 3", ["line 1: keep: '3' is not a size; write one such as 500M or 2GiB"]),
        ('keep-for = "7"', ["line 1: keep-for: '7' is not a time; write one such as 30min, 12h"]),
        ('keep-for = "1s"', ["line 1: keep-for: '1s' is too short; give 1min or more"]),
        ('signs = "x"', ["line 1: signs: 'x' where unicode or ascii was expected"]),
        ('\ncopy-command = "a \'"', ["line 2: copy-command: this is no command: no closing quo"]),
        ("rules = 3", ["line 1: rules: tables were expected"]),
        ("keys = 3", ["line 1: keys: a number where a table was expected"]),
        ("[keys]\na = 1\nb = true", [
            "line 2: keys, 'a': a number where a text in quotes was expected",
            "line 3: keys, 'b': true or false where a text in quotes was expected",
        ]),
        ('[keys]\nfilter.pid = "p"', ["line 2: keys, 'filter': a table where a text in quotes"]),
        ("them = 3", ["line 1: there is no setting 'them'; is 'theme' meant?"]),
        ("qqqqqqqq = 3", ["line 1: there is no setting 'qqqqqqqq'"]),
        ('"a\\u001b[2J" = 3', ["line 1: there is no setting 'a\\x1b[2J'"]),
        ("profile = 3", ["line 1: profile is no table of profiles"]),
        ("[profile]\na = 3", ["line 2: 'a' is no profile: it has to be a table"]),
        ("[profile.a]\ntheme = 3", ["line 2: theme: a number where"]),
        ("[profile.a]\nprofile = 3", ["line 2: there is no setting 'profile'"]),
        (b"theme = '\xff'", ["line 1: this is no UTF-8"]),
        (b"a\n" * MAX_FILE, [" is larger than a configuration can be"]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_line(
    tmp_path: Path, text: str | bytes, told: list[str]
) -> None:
    found = problems(tmp_path, text)
    assert len(found) == len(told)
    for sentence, beginning in zip(found, told, strict=True):
        assert sentence.startswith(beginning)


def test_what_is_right_counts_all_the_same(tmp_path: Path) -> None:
    text = '[keys]\na = 1\nb = "x"\n'
    assert config(tmp_path, text).keys == {"b": "x"}


TOML = st.text("ab=[]{}\"'.,#\n 1", max_size=60)


@given(st.binary(max_size=100) | TOML.map(str.encode))
@example(b"a = " + b"[" * 5000)
@example(b"a." * 5000 + b"a = 1\n[" + b"b." * 5000 + b"b]\n")
@example(b"[a]\n[[a]]\nb.c = 1\n[a.b.c]\n")
def test_no_file_makes_it_fail(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("config") / "config.toml"
    path.write_bytes(data)
    found = read_config(path)
    assert all(each.isprintable() for each in found.problems)
    path.unlink()


@given(st.dictionaries(st.text(max_size=10), st.text(max_size=20), max_size=5))
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, entries: dict[str, str]
) -> None:
    path = tmp_path_factory.mktemp("config") / "new" / "config.toml"
    for name, value in entries.items():
        change_config(path, "filters", name, value)
    found = read_config(path)
    assert found.filters == entries
    assert found.problems == ()
    for name in entries:
        change_config(path, "filters", name, None)
    assert read_config(path).filters == {}


def test_what_else_is_in_the_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(WHOLE)
    change_config(path, "filters", "failed", "evt.num = 1")
    change_config(path, "keys", "quit", "x")
    text = path.read_text()
    assert text.replace('quit = "x"\n', "").replace("evt.num = 1", "evt.failed = true") == WHOLE
    real = tmp_path / "real.toml"
    path.rename(real)
    path.symlink_to(real)
    change_config(path, "keys", "quit", None)
    assert path.is_symlink()
    assert "quit" not in real.read_text()


@pytest.mark.parametrize("content", [b"[filters", b"filters = 3", b"\xff"])
def test_a_file_that_is_none_is_not_changed(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError):
        change_config(path, "filters", "a", "x")
    assert path.read_bytes() == content


def test_a_place_that_cannot_be_written_or_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError):
        change_config(tmp_path / "file" / "config.toml", "filters", "a", "x")
    (problem,) = read_config(tmp_path).problems
    assert problem == f"cannot read {tmp_path}: {os.strerror(21)}"


@pytest.mark.parametrize(
    "content", ["a = " + "[" * 1500 + "]" * 1500, "a = " + "9" * 5000, "a = {b = " * 1500]
)
def test_what_no_reader_can_hold_is_told_and_costs_nothing_else(
    tmp_path: Path, content: str
) -> None:
    path = tmp_path / "config.toml"
    path.write_text(f"{content}\n")
    config = read_config(path)
    assert config.problems
    with pytest.raises(ConfigError):
        change_config(path, "filters", "x", "evt.failed = true")
    assert path.read_text() == f"{content}\n"


def test_limits_are_read_as_their_table_says(tmp_path: Path) -> None:
    assert config(tmp_path, WHOLE).limits == {"connections": 100, "handshake-seconds": 9}
    wrong = "[limits]\nconnections = 0\nhandshake-seconds = 3\nconnection = 5\n"
    assert config(tmp_path, wrong).limits == {"handshake-seconds": 3}
    assert problems(tmp_path, wrong) == [
        "line 2: limits, 'connections': it may be from 1 to 60000",
        "line 4: limits, 'connection': there is no limit 'connection'; is 'connections' meant?",
    ]
    assert problems(tmp_path, "limits = 1") == [
        "line 1: limits: a number where a table was expected"
    ]
