"""The calls that have not returned, with their age: what hangs now, or hung at the end."""

from __future__ import annotations

import time
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from gvtui.query.filter.field import PID
from gvtui.tui.command.command import command
from gvtui.tui.kit.cells import fit
from gvtui.tui.kit.listpane import ListPane
from gvtui.tui.kit.times import age_text
from gvtui.tui.model.chips import Chip
from gvtui.tui.model.unread import part_read
from gvtui.tui.model.who import process_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gvtui.query.calls.call import OpenCall
    from gvtui.query.calls.pairs import Pairs
    from gvtui.tui.kit.cells import Part
    from gvtui.tui.viewer import Viewer

_BUILD_SECONDS = 0.004
_CALM_SECONDS = 0.25
_LOOK_AFTER = 16
"""How many calls are looked at between two checks of the clock."""
_AGE, _PID, _CALL = 9, 7, 16
"""Cells of the columns."""
_ROOMY = 110


class RunningOrder(Enum):
    """What running calls are sorted by, with the words for it."""

    AGE = "the oldest first"
    PROCESS = "by process"
    CALL = "by call"


class _Shares(NamedTuple):
    name: int
    tid: int
    container: int
    arguments: int


class RunningPane(ListPane):
    """A line for each call that has not returned."""

    PREFIX = "running"
    LOOKS = (
        "heading", "faint", "pid", "name", "call", "arguments", "age", "progress", "mark", "cursor",
    )  # fmt: skip
    prefix, heading = "running", "In the running calls"
    home, tab, where = "running", "running", ""

    def __init__(self, viewer: Viewer) -> None:
        super().__init__(id="running")
        self._viewer, self._model = viewer, viewer.model
        self._pairs: Pairs | None = None
        self._calls: list[OpenCall] = []
        self._order = RunningOrder.AGE
        self._building: tuple[Iterator[OpenCall], list[OpenCall]] | None = None
        self._selected: tuple[int, int] | None = None
        """The row and the connection of the call at the cursor."""
        self._drawn_at = 0.0

    def news(self) -> None:
        """Look for the calls that run now, for some milliseconds."""
        pairs = self._model.analysis.pairs
        if pairs is not self._pairs:
            self._pairs, self._calls, self._building, self._drawn_at = pairs, [], None, 0.0
        if self._building is None:
            if time.monotonic() - self._drawn_at < _CALM_SECONDS:
                return
            self._building = (pairs.each_running(with_ended=not self._model.is_live), [])
        source, calls = self._building
        deadline = time.perf_counter() + _BUILD_SECONDS
        for call in source:
            calls.append(call)
            if len(calls) % _LOOK_AFTER == 0 and time.perf_counter() > deadline:
                return
        self._building, self._drawn_at = None, time.monotonic()
        self._calls = self._sorted(calls)
        self._find_cursor()
        self.redraw()

    def _sorted(self, calls: list[OpenCall]) -> list[OpenCall]:
        if self._order is RunningOrder.PROCESS:
            return sorted(calls, key=lambda call: (call.conn, call.pid, call.tid, call.row))
        if self._order is RunningOrder.CALL:
            return sorted(calls, key=lambda call: (self._call_name(call), call.since_ns, call.row))
        now = self._model.moments.clock_ns
        return sorted(calls, key=lambda call: (-call.age_ns(now), call.row))

    def _call_name(self, call: OpenCall) -> str:
        return self._model.texts[call.row].name

    def _age(self, call: OpenCall) -> str:
        age = age_text(call.age_ns(self._model.moments.clock_ns)).strip().removesuffix("…")
        return age if call.has_exits else f"? {age}"

    def _find_cursor(self) -> None:
        self.keep_cursor(((call.row, call.conn) for call in self._calls), self._selected)

    def moved(self) -> None:
        """Note the call at the cursor."""
        call = self._at_cursor()
        self._selected = (call.row, call.conn) if call is not None else None

    def _at_cursor(self) -> OpenCall | None:
        return self._calls[self.cursor] if 0 <= self.cursor < len(self._calls) else None

    def count(self) -> int:
        """How many calls run."""
        return len(self._calls)

    def _shares(self) -> _Shares:
        is_roomy = self.width >= _ROOMY
        name, tid = (16, _PID + 1) if is_roomy else (12, 0)
        naming = self._model.trace.connections
        container = 20 if is_roomy and len(naming) > 1 else 0
        used = _AGE + 1 + _PID + 1 + name + 1 + tid + container + _CALL + 1
        return _Shares(name, tid, container, max(1, self.width - used))

    def headings(self) -> list[list[Part]]:
        """How many calls run, their order, and the titles of the columns."""
        is_live = self._model.is_live
        many = f"{len(self._calls):,} "
        many += (
            ("call runs" if len(self._calls) == 1 else "calls run")
            if is_live
            else ("call had not returned" if len(self._calls) == 1 else "calls had not returned")
        )
        when = "" if is_live else " at the end"
        title: list[Part] = [(f"{many}{when}", "heading"), (f"   {self._order.value}", "faint")]
        doubtful = sum(not call.has_exits for call in self._calls)
        if doubtful:
            words = f"   ? of {doubtful:,} no exit was ever seen: they may have returned"
            title.append((words, "progress"))
        analysis = self._model.analysis
        missing = sorted(analysis.pairs.missing_fields)
        if "thread_id" in missing:
            title.append(("   some calls are not known: collect thread_id", "progress"))
        if part := part_read(self._model, analysis.pairs.position):
            title.append((f"   reading {part}", "progress"))
        shares = self._shares()
        words = fit("age", _AGE, right=True) + " " + fit("pid", _PID, right=True) + " "
        words += fit("process", shares.name) + " "
        words += fit("thread", shares.tid) if shares.tid else ""
        words += fit("sandbox", shares.container) if shares.container else ""
        words += fit("call", _CALL) + " " + fit("arguments", shares.arguments)
        return [title, [(words, "heading")]]

    def line(self, place: int) -> tuple[list[Part], str]:
        """The age of a call, whose it is, and what it was called with."""
        call, shares = self._calls[place], self._shares()
        text = self._model.texts[call.row]
        return [
            (fit(self._age(call), _AGE, right=True) + " ", "age" if call.has_exits else "faint"),
            (fit(str(call.pid or "?"), _PID, right=True) + " ", "pid"),
            (fit(text.process or "?", shares.name) + " ", "name"),
            (fit(str(call.tid), shares.tid) if shares.tid else "", "faint"),
            (fit(text.called, shares.container) if shares.container else "", "faint"),
            (fit(text.name, _CALL) + " ", "call"),
            (fit(text.arguments, shares.arguments), "arguments"),
        ], ""

    def full(self, place: int) -> str:
        """All words of a call, not cut to a width."""
        call = self._calls[place]
        text = self._model.texts.text(call.row, whole=True)
        words = (
            self._age(call),
            str(call.pid or "?"),
            text.process,
            text.called,
            text.name,
            text.arguments,
        )
        return "  ".join(filter(None, words))

    def clicked(self, x: int, again: bool) -> None:
        """Go to the row of the clicked line if it was already selected."""
        if again:
            self.go()

    @command("Its row, among those of its process", "enter", footer="its row")
    def go(self) -> None:
        """Show the row with which the call at the cursor began."""
        call = self._at_cursor()
        if call is None:
            return
        try:
            expression, _ = process_of(self._model, call.row)
        except IndexError:
            self._viewer.tell("Its row has been let go.", "warning")
            return
        if expression:
            self._viewer.show_rows(Chip(expression, PID), call.row)
        else:
            self._viewer.jump(call.row)
            self._viewer.show_pane("stream")

    @command("Sort by age, process, call", "s", footer="sort")
    def sort(self) -> None:
        """Sort the calls by what comes next."""
        orders = list(RunningOrder)
        self._order = orders[(orders.index(self._order) + 1) % len(orders)]
        self._calls = self._sorted(self._calls)
        self._find_cursor()
        self.redraw()
        self.seek_anew()
