from __future__ import annotations

import functools
import operator
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gvtui.decode.outcome import ExecOutcome
from gvtui.query.calls.pairs import Pairs
from gvtui.query.context import QueryContext
from gvtui.query.filter.compile import FilterContext, compile_filter
from gvtui.query.processes.processes import Processes
from gvtui.query.view import RowView
from gvtui.trace.reader import Trace
from gvtui.trace.row import Direction, Kind
from tests.query.processes.box import Box

TRACES = Path(__file__).parent.parent / "data" / "traces"


@pytest.fixture
def trace() -> Any:
    trace = Trace.open(TRACES / "compile-2024.trace")
    yield trace
    trace.close()


def context_of(trace: Trace) -> QueryContext:
    pairs = Pairs(trace)
    context = QueryContext(pairs, Processes(trace, pairs))
    while context.advance():
        pass
    assert context.position == trace.end_row
    return context


def found(trace: Trace, text: str) -> set[int]:
    context: FilterContext = context_of(trace)
    mask = compile_filter(text, context).mask(trace, trace.rows(0, trace.end_row), 0)
    return {place for place, passes in enumerate(mask.tolist()) if passes}


def test_filters_on_the_parent(trace: Trace) -> None:
    pids = {trace.row(row).pid for row in found(trace, "proc.ppid = 2")}
    assert pids == {3, 4, 5}
    assert {
        trace.row(row).pid for row in found(trace, "proc.pid > 0 and not proc.ppid exists")
    } == {1}


def test_filters_on_the_command_line_as_of_each_row(trace: Trace) -> None:
    rows = found(trace, 'proc.cmdline startswith "gcc -O2"')
    assert rows
    # The fork came with its parent's command line; so did gcc's own children until they ran theirs.
    assert min(rows) == 22
    assert {trace.row(row).pid for row in rows} == {2, 3, 4, 5}
    assert min(row for row in rows if trace.row(row).pid == 3) > 50


def test_filters_on_latency(trace: Trace) -> None:
    rows = found(trace, "evt.latency > 10ms")
    context = context_of(trace)
    assert rows
    for row in range(trace.end_row):
        is_exit = trace.row(row).direction == Direction.EXIT
        duration = context.pairs.duration_ns(row) if is_exit else None
        assert (row in rows) == (duration is not None and duration > 10_000_000)


class ByRow:
    """What is known of one row, found without columns."""

    def __init__(self, trace: Trace, context: QueryContext, row_id: int) -> None:
        row = trace.row(row_id)
        outcome = context.pairs.execs.outcome(row_id)
        is_told = row.direction == Direction.EXIT and outcome is not ExecOutcome.ASKED
        self.failed = bool(row.errno) or outcome is ExecOutcome.FAILED if is_told else None
        self.side = {Direction.ENTER: "E", Direction.EXIT: "X"}.get(Direction(row.direction))
        self.kind = Kind(row.kind).name.lower()
        self.latency = context.pairs.duration_ns(row_id) if self.side == "X" else None
        self.parent: int | None = None
        self.command = ""
        process = (
            context.processes.tree.spans.at(row.conn, row.pid, row_id) if row.pid > 0 else None
        )
        if process is not None:
            parent = process.parent.pid if process.parent is not None else process.parent_pid
            self.parent = parent or None
            args = process.args_at(row_id)
            name = context.facts.name(process, row_id) or (args[0] if args else "")
            self.command = " ".join([name, *args[1:]]) if args else ""


Test = Callable[[ByRow], bool]

_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "!=": operator.ne,
}
_TEXTS: dict[str, Callable[[str, str], bool]] = {
    "contains": lambda have, wanted: wanted in have,
    "icontains": lambda have, wanted: wanted.lower() in have.lower(),
    "startswith": str.startswith,
    "endswith": str.endswith,
    "=": operator.eq,
    "!=": operator.ne,
}


def _numbers(field: str, of: Callable[[ByRow], int | None], numbers: list[int]) -> list[Any]:
    def test(sign: str, wanted: int) -> Test:
        return lambda row: (have := of(row)) is not None and _ORDERS[sign](have, wanted)

    atoms: list[Any] = [(f"{field} {sign} {n}", test(sign, n)) for sign in _ORDERS for n in numbers]
    among = f"{field} in ({', '.join(map(str, numbers))})"
    atoms.append((among, lambda row: of(row) in numbers))
    atoms.append((f"{field} exists", lambda row: of(row) is not None))
    return atoms


def _choices(field: str, of: Callable[[ByRow], str | None], choices: list[str]) -> list[Any]:
    def test(sign: str, wanted: str) -> Test:
        return lambda row: (have := of(row)) is not None and _ORDERS[sign](have, wanted)

    atoms = [(f"{field} {sign} {c}", test(sign, c)) for sign in ("=", "!=") for c in choices]
    return [*atoms, (f"{field} exists", lambda row: of(row) is not None)]


def _commands(words: list[str]) -> list[Any]:
    def test(sign: str, wanted: str) -> Test:
        return lambda row: bool(row.command) and _TEXTS[sign](row.command, wanted)

    atoms: list[Any] = [
        (f'proc.cmdline {sign} "{word}"', test(sign, word)) for sign in _TEXTS for word in words
    ]
    return [*atoms, ("proc.cmdline exists", lambda row: bool(row.command))]


def _failed(row: ByRow) -> str | None:
    return None if row.failed is None else str(row.failed).lower()


ATOMS: list[tuple[str, Test]] = [
    *_numbers("evt.latency", lambda row: row.latency, [0, 1000, 20_000, 60_000, 10_000_000]),
    *_numbers("proc.ppid", lambda row: row.parent, [-1, 0, 1, 2, 3]),
    *_choices("evt.failed", _failed, ["true", "false"]),
    *_choices("evt.dir", lambda row: row.side, ["E", "X"]),
    *_choices("evt.kind", lambda row: row.kind, ["message", "drop", "opened"]),
    *_commands(["", "gcc", "gcc -O2", "cat /etc/hostname", "BASH", "a b"]),
]


@dataclass(frozen=True)
class Condition:
    """A filter, and what it says of one row."""

    text: str
    holds: Test


def _negated(part: Condition) -> Condition:
    return Condition(f"not ({part.text})", lambda row: not part.holds(row))


def _joined(word: str, parts: list[Condition]) -> Condition:
    every = all if word == "and" else any
    return Condition(
        f" {word} ".join(f"({part.text})" for part in parts),
        lambda row: every(part.holds(row) for part in parts),
    )


CONDITIONS = st.recursive(
    st.sampled_from(ATOMS).map(lambda atom: Condition(*atom)),
    lambda inner: st.one_of(
        inner.map(_negated),
        st.builds(_joined, st.sampled_from(("and", "or")), st.lists(inner, min_size=2, max_size=3)),
    ),
    max_leaves=6,
)


def agree(trace: Trace, context: QueryContext, rows: list[ByRow], condition: Condition) -> None:
    """Rows one by one, in one go, and bit by bit as a view asks, all by the same context."""
    ids = range(trace.first_row, trace.end_row)
    expected = [condition.holds(row) for row in rows]
    compiled = compile_filter(condition.text, context)
    held = trace.rows(trace.first_row, trace.end_row)
    assert compiled.mask(trace, held, trace.first_row).tolist() == expected
    step = max(1, len(ids) // 40)
    for row_id in ids[::step]:
        assert compiled.matches(trace, row_id) == expected[row_id - trace.first_row]
    view = RowView(trace, compiled)
    while not view.complete:
        view.advance(0)
    assert list(view) == [row_id for row_id, holds in zip(ids, expected, strict=True) if holds]


Known = tuple[Trace, QueryContext, list[ByRow]]


@pytest.fixture(scope="module")
def known() -> Iterator[Callable[[str], Known]]:
    """Gives a recording, and what is known of each of its rows."""
    with ExitStack() as stack:

        @functools.cache
        def known(name: str) -> Known:
            trace = stack.enter_context(closing(Trace.open(TRACES / f"{name}.trace")))
            context = context_of(trace)
            ids = range(trace.first_row, trace.end_row)
            return trace, context, [ByRow(trace, context, row_id) for row_id in ids]

        yield known


@pytest.mark.parametrize("name", ["compile-2024", "network-2024", "shell-2022", "shell-2024"])
def test_each_condition_agrees_with_the_rows(known: Callable[[str], Known], name: str) -> None:
    found = dict.fromkeys(("evt.latency", "proc.ppid", "evt.failed", "proc.cmdline"), 0)
    trace, context, rows = known(name)
    for text, holds in ATOMS:
        agree(trace, context, rows, Condition(text, holds))
        for field in found:
            found[field] += text.startswith(field) and any(map(holds, rows))
    assert all(found.values())


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.sampled_from(["compile-2024", "network-2024"]), CONDITIONS)
def test_joined_conditions_agree_with_the_rows(
    known: Callable[[str], Known], name: str, condition: Condition
) -> None:
    agree(*known(name), condition)


_PIDS = st.integers(1, 4)
_STEPS = st.one_of(
    st.tuples(st.just("start"), _PIDS, st.sampled_from(["gcc", "a b"])),
    st.tuples(st.just("clone"), _PIDS, _PIDS),
    st.tuples(st.just("enter"), _PIDS, st.just(0)),
    st.tuples(st.just("exit"), _PIDS, st.sampled_from([0, 2])),
    st.tuples(st.just("execve"), _PIDS, st.sampled_from([None, 0, 2])),
    st.tuples(st.just("task_exit"), _PIDS, st.just(0)),
)


def _tell(box: Box, step: tuple[str, int, Any]) -> None:
    what, pid, value = step
    if what == "start":
        box.start(pid, value)
    elif what == "clone":
        box.clone(pid, value, start_ns=box.clock)
    elif what == "enter":
        box.read(box.context(pid))
    elif what == "exit":
        box.read(box.context(pid), errno=value)
    elif what == "execve":
        box.execve(box.context(pid), "gcc", "-O2", errno=value)
    else:
        box.task_exit(box.context(pid))


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(_STEPS, min_size=1, max_size=25), st.lists(CONDITIONS, min_size=1, max_size=4))
def test_made_up_processes_agree_with_the_rows(
    steps: list[tuple[str, int, Any]], conditions: list[Condition]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        box = Box(Path(folder) / "made-up.gvtrace")
        for step in steps:
            _tell(box, step)
        box.writer.close()
        trace = Trace.open(box.path)
        try:
            context = context_of(trace)
            ids = range(trace.first_row, trace.end_row)
            rows = [ByRow(trace, context, row_id) for row_id in ids]
            for condition in conditions:
                agree(trace, context, rows, condition)
        finally:
            trace.close()


def test_looking_calls_up_holds_no_filter_back_that_does_not_ask_for_it(trace: Trace) -> None:
    context = context_of(trace)
    assert context.resolved.position == 0
    assert context.position == trace.end_row
    compile_filter("fd.type = file", context)
    assert context.position == 0
    while context.advance():
        pass
    assert context.position == trace.end_row
