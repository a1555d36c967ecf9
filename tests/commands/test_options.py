from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from gvtui.commands.options import (
    KEEP_OPTION,
    MONITOR_OPTIONS,
    apply,
    compresses,
    examples,
    format_option,
    limits_in_force,
    monitor_options,
    retention,
)
from gvtui.export.formats import LINE_FORMATS
from gvtui.limits import AS_THEY_COME, changed, read_size
from gvtui.monitor.options import DEFAULT_KEEP_BYTES, MonitorOptions


def test_examples_stand_as_they_are() -> None:
    assert examples("gvtui a", "gvtui b") == "\b\nExamples:\n  gvtui a\n  gvtui b"


def test_monitor_options() -> None:
    found: list[MonitorOptions] = []

    @click.command()
    @apply(MONITOR_OPTIONS)
    def command(**options: object) -> None:
        found.append(monitor_options(options, record=Path("x")))

    arguments = ["--listen", "/run/x", "--socket-mode", "660", "--socket-group", "g"]
    arguments += [
        "--no-realtime",
        "--no-enlarge",
        "--allow-uid",
        "7",
        "--allow-uid",
        "root",
        "--user",
        "8",
    ]
    arguments += ["--limit", "connections=9", "--limit", "connections-per-user=3"]
    command.main(arguments, standalone_mode=False)
    command.main([], standalone_mode=False)
    assert found[0] == MonitorOptions(
        listen=Path("/run/x"),
        record=Path("x"),
        realtime=False,
        socket_mode=0o660,
        socket_group="g",
        send_buffer_bytes=0,
        allow_uids=(7, 0),
        user=8,
        limits=changed(AS_THEY_COME, {"connections": 9, "connections-per-user": 3}),
    )
    assert found[1] == MonitorOptions(record=Path("x"))


@pytest.mark.parametrize(
    ("given", "configured", "usual", "is_compressed"),
    [
        (None, "", "zstd", True),
        (None, "", "none", False),
        (None, "none", "zstd", False),
        (None, "zstd", "none", True),
        ("none", "zstd", "zstd", False),
        ("zstd", "none", "none", True),
    ],
)
def test_what_is_given_goes_before_what_is_configured(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    given: str | None,
    configured: str,
    usual: str,
    is_compressed: bool,
) -> None:
    (tmp_path / "gvtui").mkdir()
    line = f'compress = "{configured}"\n' if configured else ""
    (tmp_path / "gvtui" / "config.toml").write_text(f'{line}[profile.other]\ncompress = "zstd"\n')
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert compresses({"compress": given}, usual) is is_compressed
    assert compresses({"compress": given, "profile": "other"}, usual) is (given != "none")


@pytest.mark.parametrize(
    ("given", "configured", "kept"),
    [
        ({}, "", (DEFAULT_KEEP_BYTES, 0.0)),
        ({"keep_bytes": None, "keep_seconds": None}, "", (DEFAULT_KEEP_BYTES, 0.0)),
        ({}, 'keep = "1GiB"\nkeep-for = "7d"', (1 << 30, 604_800.0)),
        ({"keep_bytes": 20 << 20}, 'keep = "1GiB"\nkeep-for = "7d"', (20 << 20, 604_800.0)),
        ({"keep_seconds": 60.0}, 'keep = "1GiB"\nkeep-for = "7d"', (1 << 30, 60.0)),
        ({"keep_seconds": 0.0}, 'keep-for = "7d"', (DEFAULT_KEEP_BYTES, 0.0)),
        ({"profile": "short"}, 'keep-for = "7d"', (DEFAULT_KEEP_BYTES, 3600.0)),
    ],
)
def test_what_is_kept_is_as_given_or_as_configured(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    given: dict[str, object],
    configured: str,
    kept: tuple[int, float],
) -> None:
    (tmp_path / "gvtui").mkdir()
    text = f'{configured}\n[profile.short]\nkeep-for = "1h"\n'
    (tmp_path / "gvtui" / "config.toml").write_text(text)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert retention(given) == kept


def test_a_recording_keeps_all_whatever_is_configured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gvtui").mkdir()
    (tmp_path / "gvtui" / "config.toml").write_text('keep-for = "7d"\n')
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    found: list[MonitorOptions] = []

    @click.command()
    @apply(MONITOR_OPTIONS)
    def command(**options: object) -> None:
        found.append(monitor_options(options))
        found.append(monitor_options(options, record=Path("x")))
        found.append(monitor_options(options, is_spool=True))

    command.main([], standalone_mode=False)
    assert [each.keep_seconds for each in found] == [604_800.0, 0.0, 0.0]


def test_limits_of_the_configuration_count_unless_the_command_line_sets_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "gvtui").mkdir()
    text = "[limits]\nconnections = 50\nconnections-per-user = 5\nconections = 1\n"
    (tmp_path / "gvtui" / "config.toml").write_text(text)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    given: dict[str, object] = {"limits": (("connections", 7),)}
    found = limits_in_force(given)
    assert (found.connections, found.connections_per_user) == (7, 5)
    assert "line 4: limits, 'conections': there is no limit" in capsys.readouterr().err
    limits_in_force({**given, "profile": ""})
    assert capsys.readouterr().err == ""


def test_formats_are_told_in_the_order_of_their_table(capsys: pytest.CaptureFixture[str]) -> None:
    @click.command
    @format_option(LINE_FORMATS)
    def shown(style: str) -> None:
        click.echo(style)

    shown(["--format", "strace"], standalone_mode=False)
    shown([], standalone_mode=False)
    assert capsys.readouterr().out == "strace\ntext\n"
    words = shown.params[0].get_help_record(click.Context(shown))
    assert words is not None
    assert f"json: {LINE_FORMATS['json'].words}" in words[1]
    with pytest.raises(click.BadParameter):
        shown(["--format", "pdf"], standalone_mode=False)


def test_what_is_kept_without_the_option_is_told_as_other_defaults_are() -> None:
    @click.command()
    @apply((KEEP_OPTION,))
    def command() -> None:
        """Do nothing."""

    told = command.get_help(click.Context(command))
    (size,) = re.findall(r"\[default:\s+(\w+)\]", told)
    assert read_size(size) == DEFAULT_KEEP_BYTES
