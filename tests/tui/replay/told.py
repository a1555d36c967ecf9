"""What a viewer's panes tell at a moment, as plain values that can be compared."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

from gvtui.tui.activity.reading import ActivityReading
from gvtui.tui.frame.status import items
from gvtui.tui.processes.choice import TreeChoice
from gvtui.tui.processes.lines import tree_lines
from gvtui.tui.processes.painter import TreePainter

if TYPE_CHECKING:
    from gvtui.query.activity.knowngaps import KnownGaps
    from gvtui.query.resolved.lookup import Resolved
    from gvtui.tui.model.model import Model

_ROWS = 40


def told(model: Model, known: KnownGaps | None = None) -> dict[str, Any]:
    """Rows, sandboxes, tree with descriptors, numbers, activity, running calls, timeline and status
    line; the analysis has read all that the trace has.

    Args:
        model: the viewer's.
        known: what the viewer keeps of the trace's drops and marks.
    """
    analysis = model.analysis
    resolved = analysis.resolved
    statistics = analysis.statistics(by_descriptor=True)
    analysis.finish(statistics)
    view = model.view
    last = view.slice(view.count - _ROWS, view.count).tolist()
    return {
        "rows": (view.count, model.doubles.left_out, [model.texts.text(row) for row in last]),
        "calls": [_call(resolved, row) for row in last],
        "sandboxes": [
            (each.container_id, each.messages, each.dropped, each.connected)
            for each in model.sandboxes
        ],
        "tree": _tree(model),
        "descriptors": [
            (process.number, number, description.name, description.bytes_in, description.how)
            for process in analysis.processes.tree
            for number, description in resolved.descriptors(process.number)
        ],
        "numbers": [
            statistics.total(),
            statistics.by_syscall(events=True),
            statistics.by_process(),
            statistics.by_path(),
            statistics.by_errno(),
            statistics.histogram(),
            # Their keys are numbers of no meaning, and so is the order, which is theirs.
            sorted(
                zip(
                    *(
                        column.tolist()
                        for name, column in statistics.descriptor_columns().items()
                        if name != "key"
                    ),
                    strict=True,
                )
            ),
        ],
        "activity": _activity(model, known),
        "running": [str(call) for call in analysis.pairs.each_running(with_ended=True)],
        "timeline": analysis.timeline.buckets(100),
        "status": [item.full for item in items(model, 0)],
    }


def _call(resolved: Resolved, row: int) -> tuple[object, ...]:
    call = resolved.call(row)
    if call is None:
        return ()
    process, open_file = call.process, call.description
    return (
        *(call.name, call.enter, call.exit, call.outcome, call.errno, call.result, call.fd),
        *(call.path, call.bytes_in, call.bytes_out, call.happened, call.duration_ns),
        (process.number, process.command_line) if process is not None else (),
        (open_file.name, open_file.opened_row, open_file.closed_row) if open_file else (),
    )


def _tree(model: Model) -> list[str]:
    painter, tree = TreePainter(model), model.analysis.processes.tree
    painter.tree = tree
    lines = tree_lines(tree, {}, TreeChoice())
    return ["".join(text for text, _ in painter.line(line, 200)) for line in lines]


def _activity(model: Model, known: KnownGaps | None) -> list[Any]:
    reading = ActivityReading(model.analysis, None, known)
    while reading.advance(1 << 16):
        pass
    activity = reading.reader.activity(reading.not_seen(None, UTC, is_checking=False))
    return [activity.rows, activity.sections, activity.not_seen]
