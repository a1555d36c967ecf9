"""The parts of an analysis are found once each, and what leads to code is left out."""

from __future__ import annotations

from pathlib import Path

from gvtui.query.analysis import Analysis
from gvtui.query.kept.parts import is_part, kept_fields, parts_of
from gvtui.trace.reader import Trace

TRACE = Path(__file__).parents[2] / "data" / "traces" / "shell-2024.trace"


def test_each_part_is_found_once() -> None:
    trace = Trace.open(TRACE)
    analysis = Analysis(trace)
    found = dict(parts_of({"pairs": analysis.pairs, "processes": analysis.processes}))
    assert len(set(map(id, found.values()))) == len(found)
    assert found["pairs.execs"] is analysis.pairs.execs
    assert found["processes.tree"] is analysis.processes.tree
    assert not is_part(trace)
    trace.close()


def test_what_leads_to_code_is_left_out() -> None:
    trace = Trace.open(TRACE)
    tree = Analysis(trace).processes.tree
    assert "life_of" in vars(tree)
    assert "life_of" not in kept_fields(tree)
    assert "_by_number" in kept_fields(tree)
    trace.close()
