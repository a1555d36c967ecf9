from __future__ import annotations

from pathlib import Path

import click
import pytest

from gvtui.commands.options import MONITOR_OPTIONS, FileMode, Size, apply, examples, monitor_options
from gvtui.monitor.options import MonitorOptions


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("16777216", 16 << 20),
        ("500M", 500 << 20),
        ("500 mb", 500 << 20),
        ("2GiB", 2 << 30),
        ("1.5g", 3 << 29),
    ],
)
def test_sizes(text: str, size: int) -> None:
    assert Size().convert(text, None, None) == size
    assert Size().convert(size, None, None) == size


@pytest.mark.parametrize("text", ["", "much", "-5G", "5X", "1M", "1e9"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(click.BadParameter):
        Size().convert(text, None, None)


def test_file_modes() -> None:
    assert FileMode().convert("660", None, None) == 0o660
    assert FileMode().convert("0600", None, None) == 0o600
    for text in ("", "888", "6", "u+w", "7777"):
        with pytest.raises(click.BadParameter):
            FileMode().convert(text, None, None)


def test_examples_stand_as_they_are() -> None:
    assert examples("gvtui a", "gvtui b") == "\b\nExamples:\n  gvtui a\n  gvtui b"


def test_monitor_options() -> None:
    found: list[MonitorOptions] = []

    @click.command()
    @apply(MONITOR_OPTIONS)
    def command(**options: object) -> None:
        found.append(monitor_options(options, record=Path("x")))

    arguments = ["--listen", "/run/x", "--socket-mode", "660", "--socket-group", "g"]
    command.main([*arguments, "--no-realtime", "--no-enlarge"], standalone_mode=False)
    command.main([], standalone_mode=False)
    assert found[0] == MonitorOptions(
        listen=Path("/run/x"),
        record=Path("x"),
        realtime=False,
        socket_mode=0o660,
        socket_group="g",
        send_buffer_bytes=0,
    )
    assert found[1] == MonitorOptions(record=Path("x"))
