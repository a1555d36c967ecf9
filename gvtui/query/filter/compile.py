"""Compiles a filter's text into a `Filter`, which tests rows of a trace many at a time.

A comparison with a field that a row lacks is false for every operator; so `not` of it is true. Rows
that are not messages (a connection that opened or closed, a mark, a drop) have few fields: evt.num,
evt.time, evt.kind, evt.dropped, conn.num, and the container of their connection. They pass a filter
by these fields or by a `not`, as any other row.
"""

from __future__ import annotations

import copy
import time
from typing import TYPE_CHECKING, NamedTuple, Protocol

from gvtui.query.filter.batch import FilterContext, NoContext, RowBatch, RunningMark
from gvtui.query.filter.compiler import Compiler
from gvtui.query.filter.conditions import Always, Condition, Cost, Joined
from gvtui.query.filter.error import FilterError
from gvtui.query.filter.field import EXEC_SESSION, IN_CONTEXT, IS_EXEC_SESSION
from gvtui.query.filter.fields import NAMES
from gvtui.query.filter.parse import Comparison, Negation, Node, parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import tzinfo

    from gvtui.query.filter.batch import AgeTest, Mask, Rows
    from gvtui.query.source import RowSource

__all__ = [
    "Filter",
    "FilterContext",
    "FilterError",
    "compile_filter",
]


class AmongRows(Protocol):
    """Certain rows of a trace."""

    def mask(self, start: int, count: int) -> Mask:
        """Which of `count` rows from `start` on are among them."""


class ChangeMark(NamedTuple):
    """A moment, after which answers for rows may have changed."""

    execs: int = 0
    running: RunningMark = RunningMark(0, 0)


class Filter:
    """A compiled filter: tests rows, many at a time."""

    def __init__(
        self,
        text: str,
        condition: Condition,
        fields: frozenset[str],
        needs: frozenset[str],
        context: FilterContext,
        *,
        now_ns: int = 0,
        asks_context: bool = False,
        follows_execs: bool = False,
        follows_calls: bool = False,
        age_tests: Sequence[AgeTest] = (),
        asks_now: bool = False,
    ) -> None:
        self.text = text
        self.now_ns = now_ns
        """The moment from which its relative times are counted, Unix nanoseconds."""
        self.fields = fields
        """The names of the fields that it uses, such as `evt.arg.flags` for an argument."""
        self.needs = needs
        """The context fields that the session must collect for it, by their names in sessions."""
        self._condition = condition
        self._context = context
        parts = condition.parts() if isinstance(condition, Joined) else [condition]
        local = [part for part in parts if part.is_local]
        self._local = Joined(local, is_and=True) if local else None
        rest = [part for part in parts if not part.is_local]
        self._rest = Joined(rest, is_and=True) if rest else None
        self.asks_context = asks_context
        """Whether it uses the context, which must then have read the rows."""
        self._follows_execs = follows_execs
        self._follows_calls = follows_calls
        self._age_tests = age_tests
        self._asks_now = asks_now
        self._among: tuple[AmongRows, ...] = ()
        self.late: Sequence[int] = ()
        """Rows before those tested last that do not pass any more because of these."""

    def among(self, rows: Sequence[AmongRows]) -> Filter:
        """The same filter for rows only that are among all of these."""
        other = copy.copy(self)
        other._among = (*self._among, *rows)
        return other

    @property
    def identity(self) -> tuple[object, ...]:
        """Equal for filters that pass the same rows: the text, and the rows that they are for."""
        return (self.text, *map(id, self._among))

    def asking(self, context: FilterContext) -> Filter:
        """The same filter with this context."""
        other = copy.copy(self)
        other._context = context
        return other

    @property
    def is_slow(self) -> bool:
        """Whether messages are decoded for it, of which other processes can do a part."""
        return self._local is not None and self._local.cost is Cost.MESSAGES

    @property
    def is_of_messages(self) -> bool:
        """Whether a row and its message alone tell if the row passes: the answer never changes."""
        return self._local is not None and self._rest is None and not self._among

    @property
    def told_by(self) -> tuple[str, int]:
        """Equal for filters of which `is_of_messages` holds and that give the same answers."""
        return self.text, self.now_ns if self._asks_now else 0

    def local_mask(self, trace: RowSource, rows: Rows, start: int) -> Mask:
        """For each row, whether it may pass, by what it and its message tell; as `mask`."""
        assert self._local is not None
        return self._local.holds(RowBatch(trace, rows, start, self._context), None)

    def mask(self, trace: RowSource, rows: Rows, start: int, may_pass: Mask | None = None) -> Mask:
        """For each row, whether it passes.

        Args:
            trace: the trace that has the rows.
            rows: consecutive rows.
            start: row id of the first of them.
            may_pass: what `local_mask` gives for them, where that is known.
        """
        if self.asks_context:
            self._bring_up(start + len(rows))
        wanted = None
        for each in self._among:
            own = each.mask(start, len(rows))
            wanted = own if wanted is None else wanted & own
        if wanted is not None and not wanted.any():
            return wanted
        batch = RowBatch(trace, rows, start, self._context)
        if may_pass is None:
            holds = self._condition.holds(batch, wanted)
        elif self._rest is None or not may_pass.any():
            holds = may_pass
        else:
            holds = may_pass & self._rest.holds(batch, may_pass)
        return holds if wanted is None else holds & wanted

    def known_rows(self, start: int, stop: int) -> int:
        """How many of these rows can be tested now; for the others the context must read on
        first."""
        if not self.asks_context:
            return stop - start
        return max(0, min(stop, self._context.position) - start)

    def changes(self) -> ChangeMark:
        """What has changed answers for rows so far, for `changed_since`."""
        execs = self._context.exec_changes() if self._follows_execs else 0
        if not self._follows_calls:
            return ChangeMark(execs)
        return ChangeMark(execs, self._context.running_mark())

    def changed_since(self, mark: ChangeMark) -> list[int] | None:
        """The rows whose answers may have changed because of later rows, or as time passed; None
        for possibly all.

        Args:
            mark: the result of `changes` before these rows were tested.
        """
        found: list[int] = []
        if self._follows_execs:
            changed = self._context.execs_changed_since(mark.execs)
            if changed is None:
                return None
            found += changed
        if self._follows_calls:
            changed = self._context.running_changed_since(mark.running, self._age_tests)
            if changed is None:
                return None
            found += changed
        return found

    def _bring_up(self, stop: int) -> None:
        """Let the context read all rows before `stop`."""
        while (missing := stop - self._context.position) > 0:
            if not self._context.advance(missing):
                break

    @property
    def asks_names(self) -> bool:
        """Whether it asks what operators call containers, which may be told after their rows."""
        return not self.fields.isdisjoint(NAMES)

    @property
    def asks_sessions(self) -> bool:
        """Whether it asks for exec sessions, which may be told after their rows."""
        return not self.fields.isdisjoint((EXEC_SESSION, IS_EXEC_SESSION, IN_CONTEXT))

    def matches(self, trace: RowSource, row_id: int) -> bool:
        """Whether one row passes; False for a row that the trace does not have."""
        rows = trace.rows(row_id, row_id + 1)
        return len(rows) == 1 and bool(self.mask(trace, rows, row_id)[0])


def compile_filter(
    text: str,
    context: FilterContext | None = None,
    *,
    zone: tzinfo | None = None,
    now_ns: int | None = None,
) -> Filter:
    """Compile a filter; an empty text lets every row pass.

    Args:
        text: the filter.
        context: gives durations, parents and command lines; without it, rows lack these.
        zone: the time zone of times in the text; None for the local one.
        now_ns: the moment from which times such as `-5m` are counted, Unix nanoseconds; None for
            that of the context, or else this one.

    Raises:
        FilterError: the text is not a filter.
    """
    tree = parse(text)
    comparisons = list(_comparisons(tree)) if tree else []
    names = (comparison.field.spelled(comparison.argument) for comparison in comparisons)
    needs = (need for comparison in comparisons for need in comparison.field.needs)
    if now_ns is None:
        now_ns = context.now_ns() if context is not None else time.time_ns()
    compiler = Compiler(text, zone, now_ns)
    condition = compiler.condition(tree) if tree else Always()
    if context is not None:
        for comparison in comparisons:
            context.expect(comparison.field.name)
    return Filter(
        text,
        condition,
        frozenset(names),
        frozenset(needs),
        context or NoContext(),
        now_ns=now_ns,
        asks_context=compiler.asks_context,
        follows_execs=compiler.follows_execs,
        follows_calls=compiler.follows_calls,
        age_tests=compiler.age_tests,
        asks_now=compiler.asks_now,
    )


def _comparisons(node: Node) -> Iterator[Comparison]:
    if isinstance(node, Comparison):
        yield node
    elif isinstance(node, Negation):
        yield from _comparisons(node.child)
    else:
        for child in node.children:
            yield from _comparisons(child)
