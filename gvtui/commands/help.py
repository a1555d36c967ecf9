"""`gvtui help`."""

from __future__ import annotations

import sys

import click

from gvtui.commands.options import examples
from gvtui.decode.ascii import fit_text


def _page(text: str) -> None:
    """Show a text in the user's pager."""
    click.echo_via_pager(fit_text(text, sys.stdout))


@click.command(name="help", epilog=examples("gvtui help filters", "gvtui help recordings"))
@click.argument(
    "topic",
    type=click.Choice(["filters", "recordings", "limits", "faults", "exit-codes"]),
    required=False,
)
@click.pass_context
def help_(ctx: click.Context, topic: str | None) -> None:
    """Explain a topic, such as the filter language.

    Without a topic, this lists the commands. Topics: filters, the language of --filter with every
    field, operator and set; recordings, files and folders, what is kept and compressed, and what to do
    about damage; limits, how much gvtui takes in at most and how to change it;
    faults, what becomes of the work when a disk is full, a file is removed or a process is killed;
    exit-codes, what each exit code of gvtui means.
    """
    if topic is None:
        assert ctx.parent is not None
        click.echo(ctx.parent.get_help())
        return
    if topic == "exit-codes":
        from gvtui.commands.exits import explain

        root = ctx.find_root()
        _page(explain(root.command, root))
        return
    if topic == "limits":
        from gvtui.limits import explain as explain_limits

        _page(explain_limits())
        return
    if topic == "faults":
        from gvtui.commands.fault_table import explain as explain_faults

        _page(explain_faults(min(100, ctx.terminal_width or 100)))
        return
    if topic == "recordings":
        from gvtui.commands.recording_help import explain as explain_recordings

        _page(explain_recordings(min(100, ctx.terminal_width or 100)))
        return
    from gvtui.query.filter.help import reference

    _page(reference())
