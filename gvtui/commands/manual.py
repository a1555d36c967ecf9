"""The man page, made from the help texts.

`make man` writes it to `gvtui/data/gvtui.1`, which a wheel puts where `man` looks.
"""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING

import click

from gvtui import __version__
from gvtui.commands.exits import USUAL, Command
from gvtui.words import lower_first

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_FILES = {
    "$XDG_CONFIG_HOME/gvtui/config.toml": "What the user has set; filters that were saved.",
    "$XDG_CONFIG_HOME/gvtui/sessions/": "Sessions that were saved in the viewer.",
    "$XDG_STATE_HOME/gvtui/sessions/": "The sessions that gvtui has applied, to put them back.",
    "$XDG_STATE_HOME/gvtui/viewer.json": "What the viewer remembers from run to run.",
    "$XDG_STATE_HOME/gvtui/reports/": "Reports of gvtui's own faults, the newest ten.",
    "$XDG_CACHE_HOME/gvtui/live/": "What a live viewer keeps that does not record.",
}
"""Files of gvtui's, as folders of the XDG base directory specification; by default those are
~/.config, ~/.local/state and ~/.cache."""

_SPECIAL = {"\\": "\\e", "-": "\\-", "'": "\\(aq", "`": "\\(ga", "^": "\\(ha", "~": "\\(ti"}
"""Characters that roff would take for something else, or typeset as another one."""


def escape(text: str) -> str:
    """Text as roff shows it unchanged; one line."""
    shown = "".join(
        _SPECIAL.get(char) or (char if char.isascii() else f"\\[u{ord(char):04X}]") for char in text
    )
    return f"\\&{shown}" if shown.startswith(".") else shown


def page(cli: click.Group) -> str:
    """The man page of the command line, as roff source in the language of man(7)."""
    return "".join(f"{line}\n" for line in _lines(cli))


def _lines(cli: click.Group) -> Iterator[str]:
    from gvtui.query.filter.help import reference

    ctx = click.Context(cli, info_name="gvtui", **cli.context_settings)
    title, text = _title_and_text(cli)
    yield '.\\" Made by make man; changes belong into the help texts.'
    yield f'.TH GVTUI 1 "" "gvtui {__version__}" "User Commands"'
    # Words of a terminal's width are not to be taken apart.
    yield from (".nh", ".ad l")
    yield from (".SH NAME", f"gvtui \\- {escape(lower_first(title.rstrip('.')))}")
    yield from (".SH SYNOPSIS", "\\fBgvtui\\fR [\\fIOPTIONS\\fR]", ".br")
    yield "\\fBgvtui\\fR \\fICOMMAND\\fR [\\fIOPTIONS\\fR] [\\fIARGUMENTS\\fR]"
    yield ".SH DESCRIPTION"
    yield from _paragraphs(text)
    yield ".SH OPTIONS"
    yield from _options(cli, ctx)
    yield ".SH COMMANDS"
    for name in cli.list_commands(ctx):
        yield from _command(cli, ctx, name)
    yield ".SH FILTERS"
    yield from _as_it_stands(reference().splitlines())
    yield ".SH EXIT STATUS"
    yield from _codes(USUAL)
    yield from (".PP", "Where a code means more to a command, the command's section says so.")
    yield ".SH FILES"
    for name, meaning in _FILES.items():
        yield from (".TP", f"\\fI{escape(name)}\\fR", escape(meaning))
    yield ".SH EXAMPLES"
    yield from _paragraphs(cli.epilog or "")
    yield from (".SH SEE ALSO", "\\fBstrace\\fR(1), https://gvisor.dev/docs/")


def _command(parent: click.Group, above: click.Context, name: str) -> Iterator[str]:
    command = parent.get_command(above, name)
    assert command is not None
    ctx = click.Context(command, parent=above, info_name=name)
    if isinstance(command, click.Group):
        for inner in command.list_commands(ctx):
            yield from _command(command, ctx, inner)
        return
    title, text = _title_and_text(command)
    pieces = command.collect_usage_pieces(ctx)
    yield f".SS {escape(ctx.command_path)}"
    yield f"\\fB{escape(ctx.command_path)}\\fR {escape(' '.join(pieces))}"
    yield from (".PP", escape(title))
    yield from _paragraphs(text)
    yield from _options(command, ctx)
    if isinstance(command, Command) and command.exit_codes:
        yield from (".PP", "Exit codes:", ".RS 4")
        yield from _codes(command.exit_codes)
        yield ".RE"
    yield from _paragraphs(command.epilog or "")


def _title_and_text(command: click.Command) -> tuple[str, str]:
    title, _, text = inspect.cleandoc(command.help or "").partition("\n\n")
    return " ".join(title.split()), text


def _paragraphs(text: str) -> Iterator[str]:
    """Paragraphs of a help text; those that click leaves as they are stay so here."""
    for block in re.split(r"\n\s*\n", inspect.cleandoc(text)):
        lines = block.splitlines()
        if lines[:1] == ["\b"]:
            # A heading goes in front of lines that are further in.
            if len(lines) > 1 and not lines[1].startswith(" "):
                yield from (".PP", escape(lines[1]))
                del lines[1]
            yield from _as_it_stands(lines[1:])
        elif lines:
            yield from (".PP", escape(" ".join(block.split())))


def _as_it_stands(lines: list[str]) -> Iterator[str]:
    yield from (".PP", ".RS 2", ".nf")
    yield from (escape(line.rstrip()) for line in lines)
    yield from (".fi", ".RE")


def _options(command: click.Command, ctx: click.Context) -> Iterator[str]:
    for param in command.get_params(ctx):
        record = param.get_help_record(ctx)
        is_told = isinstance(param, click.Option) and ("--help" not in param.opts or not ctx.parent)
        if record is None or not is_told:
            continue
        names, meaning = record
        words = [
            f"\\fB{escape(word)}\\fR" if word.startswith("-") else f"\\fI{escape(word)}\\fR"
            for word in names.split()
        ]
        yield from (".TP", " ".join(words), escape(" ".join(meaning.split())))


def _codes(codes: Mapping[int, str]) -> Iterator[str]:
    for code, meaning in codes.items():
        yield from (".TP", f"\\fB{code}\\fR", escape(meaning))
