"""What a line of the process tree says of exec sessions that are runs of one command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.decode.signals import wait_status
from gvtui.query.processes.runs import run_key
from gvtui.tui.kit.cells import short_count
from gvtui.tui.kit.signs import FAILED_SIGN
from gvtui.tui.kit.times import clock_text
from gvtui.tui.model.rowtext import word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gvtui.query.processes.process import Process
    from gvtui.tui.model.model import Model
    from gvtui.tui.processes.lines import TreeLine


def runs_words(line: TreeLine) -> str:
    """What they are runs of, escaped for a terminal."""
    key = run_key(line.runs[0])
    return f"[exec session{', tty' * key.has_tty}] {word(key.words)}"


def runs_value(model: Model, runs: Sequence[Process], column: str) -> tuple[str, str]:
    """What a column says of all of them, and its look: the first start, the last end, how many
    failed, and the sums of calls and errors with all that they started."""
    if column == "started":
        first = min((each.started_ns for each in runs if each.started_ns), default=0)
        return (clock_text(first, model.zone, 3) if first else ""), "faint"
    if column == "ended":
        last = max(each.end_ns for each in runs)
        return (clock_text(last, model.zone, 3) if last > 0 else ""), "faint"
    if column == "status":
        return _status(runs)
    if column in ("calls", "errors"):
        is_calls = column == "calls"
        total = sum(
            process.calls if is_calls else process.errors
            for top in runs
            for process in top.subtree()
        )
        return (short_count(total) if total or is_calls else ""), "number"
    return "", "faint"


def _status(runs: Sequence[Process]) -> tuple[str, str]:
    known = {each.exit_status for each in runs}
    if len(known) == 1:
        (status,) = known
        if status is None:
            return "ended", "faint"
        words = wait_status(status)
        return (f"{FAILED_SIGN} {words}", "failed") if status else (words, "faint")
    failed = sum(bool(each.exit_status) for each in runs)
    if not failed:
        return "ended", "faint"
    return f"{FAILED_SIGN} {failed:,} of {len(runs):,}", "failed"
