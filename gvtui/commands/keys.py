"""`gvtui keys`."""

from __future__ import annotations

import json

import click

from gvtui.commands.exits import ExitingCommand
from gvtui.commands.options import PROFILE_OPTION, examples
from gvtui.commands.runtime import JSON_OPTION
from gvtui.saying import say


@click.command(
    cls=ExitingCommand,
    exit_codes={1: "the configuration gives a key to no command, or to two"},
    epilog=examples(
        "gvtui keys",
        "gvtui keys --json | jq -r '.commands[] | select(.keys == []) | .command'",
        "gvtui keys --default >> ~/.config/gvtui/config.toml",
    ),
)
@click.option(
    "--default",
    "as_config",
    is_flag=True,
    help="Print the default keys as a section for config.toml, to start from.",
)
@PROFILE_OPTION
@JSON_OPTION
@click.pass_context
def keys(ctx: click.Context, /, as_config: bool, profile: str, as_json: bool) -> None:
    """List the viewer's commands and their keys.

    The keys are those in force: the table [keys] of config.toml changes them, by command, such as
    "filter.pid" = "Ctrl+Y". Wrong entries are reported with their line and ignored.
    """
    from gvtui.config import read_config
    from gvtui.tui.command.configured import configured_keys
    from gvtui.tui.command.listing import config_section, document, table
    from gvtui.tui.features import every_command

    if as_config and as_json:
        raise click.UsageError("--default and --json do not go together.")
    commands = every_command()
    if as_config:
        click.echo("\n".join(config_section(commands)))
        return
    configured = configured_keys(commands, read_config(profile=profile))
    commands.use(configured.keymap)
    if as_json:
        found = {"commands": document(commands), "problems": list(configured.problems)}
        click.echo(json.dumps(found, indent=2))
    else:
        click.echo("\n".join(table(commands)).rstrip("\n"))
    for problem in configured.problems:
        say(f"gvtui: {problem}")
    ctx.exit(int(bool(configured.problems)))
