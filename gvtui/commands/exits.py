"""Exit codes: their usual meanings, and the help section of a command with its own meanings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

USUAL = {
    0: "done",
    1: "failed, or something was lost: standard error says what, in one sentence",
    2: "called wrongly: an option, an argument or a filter is not valid",
    130: "interrupted by Ctrl-C; 143: ended by SIGTERM; 129: by SIGHUP",
}
"""The meaning of each exit code, unless a command has its own."""


class ExitingCommand(click.Command):
    """A command that lists its own exit codes at the end of its help and in the man page."""

    def __init__(
        self,
        *arguments: Any,  # noqa: ANN401
        exit_codes: Mapping[int, str] | None = None,
        **options: Any,  # noqa: ANN401
    ) -> None:
        """As click makes it.

        Args:
            arguments: for click.
            exit_codes: the codes whose meaning differs from the usual one.
            options: for click.
        """
        super().__init__(*arguments, **options)
        self.exit_codes = dict(exit_codes or {})

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The exit codes, then the examples."""
        write_exit_codes(formatter, self.exit_codes)
        super().format_epilog(ctx, formatter)


def write_exit_codes(formatter: click.HelpFormatter, codes: Mapping[int, str]) -> None:
    """Write exit codes as a section of a help text; write nothing if there are none."""
    if codes:
        with formatter.section("Exit codes"):
            formatter.write_dl([(str(code), meaning) for code, meaning in codes.items()])


def own_exit_codes(
    command: click.Command, ctx: click.Context, name: str = ""
) -> Iterator[tuple[str, dict[int, str]]]:
    """The subcommands with their own exit codes: the words of each, and its codes."""
    if isinstance(command, click.Group):
        for inner in command.list_commands(ctx):
            found = command.get_command(ctx, inner)
            if found is not None:
                yield from own_exit_codes(found, ctx, f"{name} {inner}".strip())
    elif isinstance(command, ExitingCommand) and command.exit_codes:
        yield name, command.exit_codes


def explain(cli: click.Command, ctx: click.Context) -> str:
    """Everything about exit codes, for `gvtui help exit-codes`."""
    formatter = click.HelpFormatter(width=min(100, ctx.terminal_width or 80))
    formatter.write_text("The exit code tells a script how a command ended.")
    write_exit_codes(formatter, USUAL)
    with formatter.section("Commands with their own meanings"):
        formatter.write_dl(
            [
                (f"gvtui {name}", "; ".join(f"{code}: {text}" for code, text in codes.items()))
                for name, codes in own_exit_codes(cli, ctx)
            ]
        )
    formatter.write_paragraph()
    formatter.write_text(
        "A fault of gvtui itself ends with code 1 too: one sentence on standard error says what "
        "happened to the work, and names a file with a report."
    )
    return formatter.getvalue()
