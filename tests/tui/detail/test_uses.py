from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gvtui.decode.fields import field_views
from gvtui.decode.outcome import ExecOutcome, untold
from gvtui.query.analysis import Analysis
from gvtui.query.filter.compile import compile_filter
from gvtui.trace.reader import Trace
from gvtui.trace.row import Kind
from gvtui.tui.detail.uses import field_use
from gvtui.tui.model.model import Model
from gvtui.tui.stream.columns import field_text
from tests.trace.recorder import TRACES, Recorder

if TYPE_CHECKING:
    from pathlib import Path

NAMES = sorted(path.stem for path in TRACES.glob("*.trace"))


@pytest.mark.parametrize("name", NAMES)
def test_every_field_leads_to_its_row_and_away_from_it(name: str) -> None:
    trace = Trace.open(TRACES / f"{name}.trace")
    model = Model(trace)
    seen: set[tuple[int, str]] = set()
    for row_id in range(trace.first_row, trace.end_row):
        row = trace.row(row_id)
        if row.kind != Kind.MESSAGE or row.flags:
            continue
        for view in field_views(trace.decoded(row_id), architecture=trace.architecture):
            if (row.type, view.path) in seen:
                continue
            seen.add((row.type, view.path))
            use = field_use(trace, model.analysis.processes, row_id, view)
            if use.field:
                assert compile_filter(use.only).matches(trace, row_id), use
                assert not compile_filter(use.without).matches(trace, row_id), use
            if use.column:
                assert field_text(model, use.column, row_id), use
    assert seen
    trace.close()


@pytest.mark.parametrize(
    ("path", "only"),
    [
        ("pathname", 'evt.arg.pathname = "/a b\\x1b"'),
        ("flags", 'evt.arg.flags = "O_RDONLY|O_CREAT"'),
        ("sysno", "evt.type = openat"),
        ("exit.errorno", "evt.errno = EACCES"),
        ("context_data.thread_group_id", "proc.id = c0ffee/7"),
        ("context_data.process_name", "proc.name = bash"),
        ("context_data.container_id", "container.id = c0ffee"),
    ],
)
def test_filters_are_as_one_would_type_them(tmp_path: Path, path: str, only: str) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(1, path="/a b\x1b", pid=7, errno=13, flags=0o100)
    recorder.writer.close()
    trace = Trace.open(recorder.path)
    views = field_views(trace.decoded(1), architecture=trace.architecture)
    view = next(view for view in views if view.path == path)
    use = field_use(trace, Analysis(trace).processes, 1, view)
    assert use.only == only
    assert use.without == f"not {only}"
    assert use.slot == (use.field if use.field.startswith(("proc.", "container.")) else "")
    trace.close()


def test_a_value_too_long_to_type_is_compared_by_its_beginning(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(1, path="/" + "x" * 4000)
    recorder.writer.close()
    trace = Trace.open(recorder.path)
    views = field_views(trace.decoded(1), architecture=trace.architecture)
    view = next(view for view in views if view.path == "pathname")
    use = field_use(trace, Analysis(trace).processes, 1, view)
    assert use.only.startswith("evt.arg.pathname startswith /xxx")
    assert compile_filter(use.only).matches(trace, 1)
    trace.close()


@pytest.mark.parametrize(
    ("outcome", "field", "only"),
    [(ExecOutcome.FAILED, "evt.failed", "evt.failed = true"), (ExecOutcome.ASKED, "", "")],
)
def test_what_is_known_of_an_exec_leads_further(
    outcome: ExecOutcome, field: str, only: str
) -> None:
    trace = Trace.open(TRACES / "compile-2024.trace")
    model = Model(trace)
    row_id = next(
        row
        for row in range(trace.first_row, trace.end_row)
        if trace.string(trace.row(row).point) == "syscall/execve/exit"
    )
    views = field_views(trace.decoded(row_id), architecture=trace.architecture)
    view = next(view for view in views if view.path == "exit.result")
    told = replace(view, decoded=untold(outcome))
    use = field_use(trace, model.analysis.processes, row_id, told)
    assert (use.field, use.only) == (field, only)
    trace.close()
