"""`gvtui convert`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gvtui.commands.completing import recordings
from gvtui.commands.fencing import helpers_for, only_reads
from gvtui.commands.lacking import say_lacking
from gvtui.commands.losses import say_losses
from gvtui.commands.options import ENVIRONMENT_OPTION, FILE, FILTER_OPTION, examples
from gvtui.commands.terminal import say_progress
from gvtui.commands.values import Rules
from gvtui.export.formats import BY_SUFFIX, FORMATS, RECORDING, SAVE_FILE
from gvtui.redact.patterns import RULES
from gvtui.saying import say
from gvtui.words import counted

if TYPE_CHECKING:
    from gvtui.export.selection import Selection


_HELP = """Write a recording in another format.

IN is a recording of gvtui's, or one that gVisor's tracereplay saved. The suffix of OUT decides the
format:

\b
"""

_REDACTING = """Secrets stand in environments above all, which an exec reports. JSON leaves their
values out; a recording, a save file and the text of gVisor's server have all as it came. --redact
takes secrets out of any of them: of messages, marks, peers, sessions, names and bookmarks. What one
rule finds is taken out wherever it stands, in every file of --split. What gvtui cannot read is cut to its header. The first
row of a recording tells it. The rules:

\b
"""


def _help() -> str:
    rows = [(" or ".join(each.suffixes), each.words) for each in FORMATS]
    width = max(len(suffixes) for suffixes, _ in rows)
    formats = "\n".join(f"  {suffixes:<{width}}  {words}" for suffixes, words in rows)
    width = max(map(len, RULES))
    rules = "\n".join(f"  {name:<{width}}  {words}" for name, words in RULES.items())
    return f"{_HELP}{formats}\n\n{_REDACTING}{rules}"


@click.command(
    help=_help(),
    epilog=examples(
        "gvtui convert today.gvtrace today.jsonl",
        "gvtui convert save.trace save.gvtrace",
        "gvtui convert today.gvtrace one.trace --filter 'conn.num = 1'",
        "gvtui convert today.gvtrace today.strace --split",
        "gvtui convert today.gvtrace clean.gvtrace --redact",
    ),
)
@click.argument("source", metavar="IN", type=FILE, shell_complete=recordings)
@click.argument("out", metavar="OUT", type=FILE)
@FILTER_OPTION
@click.option(
    "--split",
    is_flag=True,
    help="Write a file for each sandbox: OUT's name with the container's ID in front of the suffix. "
    "Programs that read strace's output need it where there are several.",
)
@click.option(
    "--redact",
    is_flag=True,
    help="Take out all that looks like a secret; see below. Works for all formats.",
)
@click.option(
    "--rules",
    metavar="NAMES",
    type=Rules(),
    default="all",
    show_default=True,
    help="With --redact: only these, separated by commas.",
)
@ENVIRONMENT_OPTION
@click.pass_context
def convert(
    ctx: click.Context,
    source: Path,
    out: Path,
    filter_text: str,
    split: bool,
    redact: bool,
    rules: list[str],
    environment: bool,
) -> None:
    """Write a recording in another format."""
    from gvtui.export.convert import convert as write
    from gvtui.export.convert import convert_split, format_of_name
    from gvtui.export.selection import Selection
    from gvtui.trace.reader import Trace

    helpers = () if split and not redact else helpers_for(source, filter_text)
    redactor = format_of_name(out).redactor(environment=environment)
    only_reads(ctx)
    trace = Trace.open(source, progress=say_progress)
    shortfall = ""
    try:
        if redact:
            selection = Selection(trace, filter_text, helpers=helpers)
            files = _redacted(selection, out, rules, split=split)
            shortfall = selection.shortfall()
        elif split:
            files = convert_split(trace, filter_text, out, redactor=redactor, progress=say_progress)
        else:
            selection = Selection(trace, filter_text, helpers=helpers)
            selection.redactor = redactor
            files = [(out, write(selection, out, progress=say_progress))]
            shortfall = selection.shortfall()
        what = "line" if BY_SUFFIX[out.suffix.lower()].has_lines else "message"
        for path, written in files:
            say(f"gvtui: wrote {counted(written, what)} to {path}")
        if not files:
            say(f"gvtui: {source} has no sandbox; no file was written")
        if filter_text.strip() and BY_SUFFIX[out.suffix.lower()] is SAVE_FILE:
            say(
                "gvtui: a gVisor save file has no place for notes: an exec whose outcome other "
                "messages tell may be shown there as asked; .gvtrace notes it"
            )
        say_lacking(trace, filter_text, shortfall)
        is_damaged = say_losses(trace)
    finally:
        trace.close()
    ctx.exit(1 if is_damaged else 0)


def _redacted(
    selection: Selection, out: Path, rules: list[str], *, split: bool
) -> list[tuple[Path, int]]:
    """Write rows without secrets, by way of a recording without them; gives the files, each with how
    many messages or lines it has."""
    from gvtui.export.convert import convert as write
    from gvtui.export.convert import convert_split, format_of_name
    from gvtui.export.redacting import write_redacted
    from gvtui.export.selection import Selection
    from gvtui.redact.redactor import Redactor
    from gvtui.scratch import Scratch
    from gvtui.trace.reader import Trace

    redactor = Redactor(rules)
    say(f"gvtui: redacted by the rules {', '.join(rules) or '(none)'}")
    if format_of_name(out) is RECORDING and not split:
        messages = write_redacted(selection, out, redactor, rules, progress=say_progress)
        files = [(out, messages)]
    else:
        with Scratch("gvtui-redacted-") as folder:
            clean = Path(folder, f"{selection.trace.path.stem}.gvtrace")
            write_redacted(selection, clean, redactor, rules, progress=say_progress)
            trace = Trace.open(clean)
            try:
                if split:
                    files = convert_split(trace, "", out, progress=say_progress)
                else:
                    files = [(out, write(Selection(trace), out, progress=say_progress))]
            finally:
                trace.close()
    if redactor.is_full:
        say("gvtui: there are more secrets than are remembered: some may stand elsewhere")
    return files
