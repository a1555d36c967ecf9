from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gvtui.monitor.options import MonitorOptions
from gvtui.trace.names import Names, NamesMark
from gvtui.trace.reader import Trace
from gvtui.trace.writer import TraceWriter
from gvtui.tui.model.model import Model
from gvtui.tui.options import LiveOptions
from gvtui.tui.sandboxes import order
from gvtui.tui.sandboxes.order import Ordered
from tests.trace.recorder import SECOND, START_NS, open_message

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gvtui.trace.connection import Sandbox

_LIVE = LiveOptions(MonitorOptions(listen=Path("/tmp/gvisor_events.sock")))


class Boxes:
    """Sandboxes that come and go, one second after the other."""

    def __init__(self, path: Path) -> None:
        self.writer = TraceWriter(path)
        self.now = START_NS
        self.conn = 0
        self.conns: dict[str, int] = {}

    def comes(self, name: str, messages: int = 0, dropped: int = 0) -> None:
        self.now += SECOND
        self.conn += 1
        self.conns[name] = self.conn
        self.writer.opened(self.conn, self.now, {"container_id": name})
        self.says(name, messages, dropped)

    def says(self, name: str, messages: int, dropped: int = 0) -> None:
        for _ in range(messages):
            message = open_message("/x", container=name, time_ns=self.now, dropped=dropped)
            self.writer.message(self.conns[name], self.now, message)
        self.writer.flush()

    def goes(self, name: str) -> None:
        self.now += SECOND
        self.writer.closed(self.conns[name], self.now, {})
        self.writer.flush()


class Shown:
    """The order over a trace that is watched."""

    def __init__(self, boxes: Boxes, path: Path) -> None:
        self.boxes = boxes
        self.model = Model(Trace.open(path), live=_LIVE, clock=lambda: boxes.now + SECOND)
        self.ordered = Ordered(self.model)

    def names(self) -> list[str]:
        self.model.refresh(10)
        return [sandbox.container_id for sandbox in self.ordered.take()]

    def by(self, words: str) -> list[str]:
        for _ in order.Order:
            if self.ordered.words == words:
                return self.names()
            self.ordered.next_order()
        raise AssertionError(words)


@pytest.fixture
def shown(tmp_path: Path) -> Iterator[Shown]:
    boxes = Boxes(tmp_path / "a.gvtrace")
    boxes.comes("b", 3, dropped=1)
    boxes.comes("d", 1, dropped=7)
    boxes.comes("C", 9)
    boxes.comes("a", 2, dropped=40)
    boxes.goes("d")
    boxes.goes("b")
    made = Shown(boxes, tmp_path / "a.gvtrace")
    yield made
    made.model.trace.close()
    boxes.writer.close()


def test_the_living_come_first_the_newest_above_and_who_went_last_leads_the_others(
    shown: Shown,
) -> None:
    assert shown.names() == ["a", "C", "b", "d"]
    shown.boxes.comes("e")
    assert shown.names() == ["e", "a", "C", "b", "d"]
    shown.boxes.goes("C")
    assert shown.names() == ["e", "a", "C", "b", "d"]
    shown.ordered.reverse()
    assert shown.ordered.words == "oldest first"
    assert shown.names() == ["a", "e", "d", "b", "C"]


def test_a_replaced_session_keeps_its_sandbox_s_place(shown: Shown) -> None:
    # The connection of a session that replaces another one is of the same life.
    shown.boxes.comes("C")
    assert shown.names() == ["a", "C", "b", "d"]
    shown.boxes.comes("b")
    assert shown.names() == ["a", "C", "b", "d"]


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("by name", ["a", "C", "b", "d"]),
        ("by drops", ["a", "C", "d", "b"]),
        ("by age", ["C", "a", "b", "d"]),
        ("by last seen", ["a", "C", "b", "d"]),
    ],
)
def test_they_are_sorted_by_what_the_heading_says(
    shown: Shown, words: str, names: list[str]
) -> None:
    assert shown.by(words) == names
    shown.ordered.reverse()
    # Whatever the order, those that are connected are above those that have gone.
    assert shown.names() == [*names[1::-1], *names[:1:-1]]


def test_names_of_operators_are_sorted_where_they_are_known(shown: Shown) -> None:
    shown.boxes.writer.mark(shown.boxes.now, NamesMark("a", Names("docker", "zoo")).details(), 4)
    shown.boxes.writer.flush()
    assert shown.by("by name") == ["C", "a", "b", "d"]


def test_rates_are_those_of_now_and_only_watched_sandboxes_have_them(shown: Shown) -> None:
    shown.boxes.says("C", 8)
    shown.boxes.says("a", 2)
    assert shown.by("by rate")[:2] == ["C", "a"]
    shown.boxes.now += 3 * SECOND
    shown.boxes.says("a", 2)
    assert shown.names()[:2] == ["a", "C"]
    shown.model.live = None
    shown.ordered = Ordered(shown.model)
    with pytest.raises(AssertionError):
        shown.by("by rate")


def test_the_time_that_they_are_sorted_by_is_told(shown: Shown) -> None:
    def told(name: str) -> str:
        boxes = {each.container_id: each for each in shown.ordered.take()}
        return shown.ordered.told(boxes[name], shown.model.moments.now_ns)

    shown.names()
    assert told("a") == ""
    shown.by("by age")
    assert told("a") == "came 3 s ago"
    shown.boxes.now += 300 * SECOND
    assert told("a") == "came 5 min ago"
    shown.by("by last seen")
    assert told("b") == "seen 5 min ago"


def test_nothing_is_sorted_while_nothing_changes(
    shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    sorts = []
    sort = Ordered._sort

    def counted(self: Ordered, source: list[Sandbox]) -> list[Sandbox]:
        sorts.append(source)
        return sort(self, source)

    monkeypatch.setattr(Ordered, "_sort", counted)
    for _ in range(20):
        shown.boxes.says("C", 1)
        shown.names()
    assert len(sorts) == 1
    shown.by("by rate")
    sorts.clear()
    for _ in range(20):
        shown.boxes.says("C", 1)
        shown.names()
    assert not sorts
