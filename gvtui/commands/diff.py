"""`gvtui diff`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from gvtui.commands.completing import recordings
from gvtui.commands.exits import ExitingCommand
from gvtui.commands.fencing import only_reads
from gvtui.commands.losses import say_losses
from gvtui.commands.options import FILTER_OPTION, examples, format_option
from gvtui.commands.terminal import fit_encoding, say_progress, write_lines
from gvtui.export.diff.formats import DIFF_FORMATS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gvtui.trace.reader import Trace

_MOMENT = r"[0-9A-Za-z:., +-]*"
_WINDOW = re.compile(rf"(?P<file>.*)@(?P<begin>{_MOMENT}?)\.\.(?P<end>{_MOMENT})", re.DOTALL)


class DiffWords(NamedTuple):
    """A side as it was typed."""

    file: Path | None
    """None for the same file as the other side's."""
    begin: str = ""
    end: str = ""


class _SideType(click.ParamType[DiffWords]):
    """A recording, with or without a window: `night.gvtrace@12:00..12:05`."""

    name = "recording"

    def convert(
        self, value: str | DiffWords, param: click.Parameter | None, ctx: click.Context | None
    ) -> DiffWords:
        """The side that the words stand for."""
        if isinstance(value, DiffWords):
            return value
        match = _WINDOW.fullmatch(value)
        if match is None or Path(value).exists():
            return DiffWords(Path(value))
        begin, end = match["begin"].strip(), match["end"].strip()
        if not (begin or end):
            self.fail(f"{value!r} has a window without ends: write @FROM..TO.", param, ctx)
        return DiffWords(Path(match["file"]) if match["file"] else None, begin, end)


@click.command(
    cls=ExitingCommand,
    exit_codes={
        0: "done, and nothing differs",
        1: "failed, or messages are missing: they were damaged or lost; or nothing is known to differ, "
        "but something may: it cannot be told",
        3: "something differs",
    },
    epilog=examples(
        "gvtui diff build-41.gvtrace build-42.gvtrace",
        "gvtui diff good.gvtrace bad.gvtrace --format markdown > change.md",
        "gvtui diff night.gvtrace@12:00..12:05 @14:00..14:05",
        "gvtui diff night.gvtrace --container web-1 --container web-2",
        "gvtui diff a.gvtrace b.gvtrace --format json | jq .differences",
    ),
)
@click.argument("before", metavar="BEFORE", type=_SideType(), shell_complete=recordings)
@click.argument(
    "after", metavar="[AFTER]", type=_SideType(), required=False, shell_complete=recordings
)
@click.option(
    "--container",
    "containers",
    metavar="NAME",
    multiple=True,
    help="Only this container: its ID, a beginning of it, or the name that its operator gave it. "
    "Given twice, the first is that of BEFORE, the second that of AFTER.",
)
@FILTER_OPTION
@click.option(
    "--same-points",
    is_flag=True,
    help="Take as given that both sides had the same points on, where the recordings do not tell.",
)
@format_option(DIFF_FORMATS)
@click.pass_context
def diff(
    ctx: click.Context,
    /,
    before: DiffWords,
    after: DiffWords | None,
    containers: tuple[str, ...],
    filter_text: str,
    same_points: bool,
    style: str,
) -> None:
    """Tell what differs between two recordings, time windows or containers.

    Compares what a report tells of BEFORE and AFTER: programs, files, connections, listeners and
    failures that are new, gone, or whose number has changed; and calls whose number or 99th
    percentile has. What differs from run to run is folded away: process ids, temporary names,
    ports, times; the output lists the rules and the thresholds.

    A side is a recording, or a part of it: FILE@FROM..TO, with times as filters have them; FROM is
    part of it, TO is not, and one of them may be missing. AFTER without a file, as @FROM..TO, is
    of the same one. Without AFTER, two containers of BEFORE are compared. Windows are compared by
    numbers per second.

    What a side cannot tell is no difference: dropped points, damage, and points that only one side
    is known to have traced. Such things are listed as what cannot be told. --same-points helps
    where both sides had the same session, and no message of gvtui's in the recording says so. The
    same recordings give the same output, byte for byte. The keys of the JSON are explained in
    README.md.
    """
    from gvtui.export.diff.making import SideChoice, make_diff
    from gvtui.query.filter.compile import compile_filter

    sides = _both(before, after, containers)
    compile_filter(filter_text)
    fit_encoding()
    only_reads(ctx)
    traces = _open([words for words, _ in sides])
    try:
        choices = [
            SideChoice(trace, container, words.begin, words.end)
            for trace, (words, container) in zip(traces, sides, strict=True)
        ]
        for choice in choices:
            compile_filter(choice.window)
        made = make_diff(
            *choices, filter_text=filter_text, same_points=same_points, progress=say_progress
        )
        write_lines(DIFF_FORMATS[style].lines(made))
        # All of them has been read.
        damaged = [say_losses(trace, live=True) for trace in dict.fromkeys(traces)]
    finally:
        for trace in dict.fromkeys(traces):
            trace.close()
    if any(damaged):
        ctx.exit(1)
    ctx.exit(3 if made.differs else 0 if made.is_certain else 1)


def _both(
    before: DiffWords, after: DiffWords | None, containers: Sequence[str]
) -> list[tuple[DiffWords, str]]:
    """Both sides with their containers; "" for all of them."""
    if len(containers) > 2:
        raise click.UsageError("--container can be given twice: once for each side.")
    if before.file is None:
        raise click.UsageError("BEFORE needs a file in front of its window.")
    first, second = ("", "") if not containers else (containers[0], containers[-1])
    if after is None:
        if first == second:
            raise click.UsageError(
                "There is nothing to compare with: name AFTER, or two containers of BEFORE."
            )
        after = before
    after = after._replace(file=after.file or before.file)
    if (before, first) == (after, second):
        raise click.UsageError("BEFORE and AFTER are the same.")
    return [(before, first), (after, second)]


def _open(sides: Sequence[DiffWords]) -> list[Trace]:
    """The traces of both sides: one if they are of the same file."""
    from gvtui.trace.reader import Trace

    traces: dict[Path, Trace] = {}
    try:
        for words in sides:
            assert words.file is not None
            if words.file not in traces:
                traces[words.file] = Trace.open(words.file, progress=say_progress)
    except BaseException:
        for trace in traces.values():
            trace.close()
        raise
    return [traces[words.file] for words in sides if words.file is not None]
