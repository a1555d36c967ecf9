from __future__ import annotations

from gvtui.tui.command.listing import HEADINGS, grouped
from gvtui.tui.features import every_command
from gvtui.tui.frame.help import help_text


def text_of(commands: object) -> str:
    parts = help_text(commands)  # type: ignore[arg-type]
    return "".join(part if isinstance(part, str) else part[0] for part in parts)


def test_the_headings_come_in_their_order_and_none_is_empty() -> None:
    found = grouped(every_command())
    assert list(found) == list(HEADINGS)
    assert all(found.values())


def test_keys_are_those_in_force() -> None:
    commands = every_command()
    assert "  p               Only this row's process" in text_of(commands)
    commands.use(
        commands.keymap(
            {"filter.pid": "ctrl+y", "filter.name": "", "filter.add evt.failed = true": "ctrl+e"}
        )
    )
    text = text_of(commands)
    assert "  Ctrl+Y          Only this row's process" in text
    assert "Only this row's process name" not in text
    assert "  Ctrl+E          " in text


def test_signs_are_explained() -> None:
    text = text_of(every_command())
    for sign in ("E →", "X ←", "▲", "◌", "⚑"):
        assert sign in text


def test_each_key_has_its_line_on_a_small_screen_too() -> None:
    # The panel takes 96 % of 80 columns, less its padding and its scrollbar.
    commands = every_command()
    small = "".join(
        part if isinstance(part, str) else part[0] for part in help_text(commands, 70)
    ).partition("Signs\n")[0]
    lines = small.splitlines()
    assert max(map(len, lines)) <= 70, max(lines, key=len)
    assert small.split() == text_of(commands).partition("Signs\n")[0].split()
    assert all(line[2] == " " for line in lines if line.startswith(" " * 10))
