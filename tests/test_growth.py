"""What costs twice as much, and no more, where an input is twice as large: counted in steps.

`tests.benchmarks.growth` measures the same over larger recordings, in seconds and bytes.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest

from gvtui.export.formats import LINE_FORMATS
from gvtui.export.report.formats import REPORT_FORMATS
from gvtui.export.report.making import make_report
from gvtui.export.selection import Selection
from gvtui.export.stats import stats_text
from gvtui.points.bundled import bundled_catalogue
from gvtui.points.check import check_session
from gvtui.points.document import SessionError, parse_document
from gvtui.query.analysis import Analysis
from gvtui.query.processes import tree
from gvtui.trace import connections
from gvtui.trace.collecting import collect
from gvtui.trace.connections import Connections
from gvtui.trace.reader import Trace
from tests.benchmarks import hostile
from tests.steps import growth, steps

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MOST = 2.5
"""How much the cost of twice as much more may be: 2 in proportion, 4 with the square."""
SIZE = 200
"""Messages of the smallest recording."""
CATALOGUE = replace(bundled_catalogue("x86_64"), is_bundled=False, source="runsc 1")


def strace(trace: Trace) -> None:
    for _ in LINE_FORMATS["strace"].make(Selection(trace)).lines(0, trace.end_row):
        pass


def json_lines(trace: Trace) -> None:
    for _ in LINE_FORMATS["json"].make(Selection(trace)).lines(0, trace.end_row):
        pass


def stats(trace: Trace) -> None:
    analysis = Analysis(trace)
    statistics = analysis.statistics()
    while analysis.context.advance(64) or statistics.advance(64):
        pass
    assert list(stats_text(statistics))


def report(trace: Trace) -> None:
    assert list(REPORT_FORMATS["text"].lines(make_report(trace)))


def look(trace: Trace) -> None:
    """As the viewer looks at the sandboxes while rows come."""
    known = Connections()
    for start in range(0, trace.end_row, 16):
        stop = min(start + 16, trace.end_row)
        collect(known, trace, start, trace.rows(start, stop))
        assert sum(each.connected for each in known.sandboxes()) >= 0
    assert known.total == trace.connections.total


def cost_over(folder: Path, kind: str, work: Callable[[Trace], None], count: int) -> int:
    path = folder / f"{kind}{count}.gvtrace"
    hostile.write(path, kind, count)
    trace = Trace.open(path)
    try:
        return steps(partial(work, trace))
    finally:
        trace.close()


@pytest.mark.parametrize(
    ("kind", "work"),
    [
        ("connections", strace),
        ("connections", json_lines),
        ("connections", stats),
        ("clones", stats),
        ("chain", stats),
        ("processes", stats),
        ("threads", stats),
        ("execs", stats),
        ("drops", stats),
        ("programs", report),
        ("hosts", report),
        ("paths", report),
    ],
)
def test_messages_cost_the_same_however_many_there_are(
    kind: str, work: Callable[[Trace], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A chain costs each of its processes a look at its ancestors, as many as a tree may have.
    monkeypatch.setattr(tree, "_MAX_ANCESTORS", 32)
    assert growth(partial(cost_over, tmp_path, kind, work), SIZE) < MOST


def test_connections_that_have_gone_cost_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "MAX_CLOSED", 32)
    assert growth(partial(cost_over, tmp_path, "connections", look), SIZE) < MOST


def document_of(names: list[str], more: str = "") -> str:
    points = ",".join(json.dumps({"name": name}) for name in names)
    return f'{{"trace_session": {{"name": "Default", "points": [{points}]{more}}}}}'


@pytest.mark.parametrize("kind", ["unknown names", "one name", "doubled keys"])
def test_session_files_cost_what_they_are_long(kind: str) -> None:
    def cost(count: int) -> int:
        names, more = [f"syscall/opnat{number}/enter" for number in range(count)], ""
        if kind == "one name":
            names = ["syscall/openat/enter"] * count
        elif kind == "doubled keys":
            names, more = [], "".join(f', "{number}": 1, "{number}": 1' for number in range(count))
        text = document_of(names, more)

        def check() -> None:
            with contextlib.suppress(SessionError):
                check_session(parse_document(text).session, CATALOGUE)

        return steps(check)

    assert growth(cost, SIZE) < MOST
