"""`gvtui report`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gvtui.commands.completing import recordings
from gvtui.commands.exits import ExitingCommand
from gvtui.commands.fencing import only_reads
from gvtui.commands.losses import say_losses
from gvtui.commands.options import FILE, FILTER_OPTION, examples, format_option
from gvtui.commands.terminal import fit_encoding, say_progress, write_lines
from gvtui.export.report.formats import REPORT_FORMATS

if TYPE_CHECKING:
    from pathlib import Path


@click.command(
    cls=ExitingCommand,
    exit_codes={
        0: "done; what was not seen is in the report",
        1: "failed, or messages are missing in the report: they were damaged or lost",
    },
    epilog=examples(
        "gvtui report night.gvtrace",
        "gvtui report night.gvtrace --container web --format markdown > incident.md",
        "gvtui report night.gvtrace --filter 'proc.name = sh' --format html > sh.html",
        "gvtui report night.gvtrace --format json | jq .not_seen",
    ),
)
@click.argument("file", type=FILE, shell_complete=recordings)
@click.option(
    "--container",
    metavar="NAME",
    default="",
    help="Only this container: its ID, a beginning of it, or the name that its operator gave it.",
)
@FILTER_OPTION
@format_option(REPORT_FORMATS)
@click.pass_context
def report(ctx: click.Context, /, file: Path, container: str, filter_text: str, style: str) -> None:
    """Tell what sandboxes did, and what was not seen.

    Reads the recording FILE and sums up what its messages tell: programs that ran and that failed
    to start; files that were opened to be read or written, or were created; what was deleted and
    renamed; connections, with bytes; listeners; changes of user, mounts, namespaces and ptrace;
    calls that failed. Each line has a filter for the rows that it was made from. The last section,
    Not seen, is part of the answer: points that are off, drops, and what gVisor does not send.

    A file counts as read or written if it was opened for that, or bytes were read or written. Where
    a folder has many files, one line stands for them and says how many. The environment of programs
    is left out; command lines are shown as they were. Times are UTC; the same recording gives the
    same report, byte for byte. The keys of the JSON are explained in README.md.
    """
    from gvtui.config import configured_audit_variable
    from gvtui.export.report.making import make_report
    from gvtui.query.filter.compile import compile_filter
    from gvtui.trace.reader import Trace

    compile_filter(filter_text)
    fit_encoding()
    only_reads(ctx)
    trace = Trace.open(file, progress=say_progress)
    try:
        made = make_report(
            trace,
            container=container,
            filter_text=filter_text,
            audit_variable=configured_audit_variable(),
            progress=say_progress,
        )
        write_lines(REPORT_FORMATS[style].lines(made))
        # All of it has been read.
        ctx.exit(1 if say_losses(trace, live=True) else 0)
    finally:
        trace.close()
