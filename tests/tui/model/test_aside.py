"""A trace that grows is shown as of a row, and what comes meanwhile is not missed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gvtui.monitor.options import MonitorOptions
from gvtui.trace.playback import ReplayClock
from gvtui.trace.reader import Trace
from gvtui.trace.records import TraceError
from gvtui.trace.writer import TraceWriter
from gvtui.tui.model.model import Model
from gvtui.tui.options import LiveOptions
from tests.trace.factory import TIME_NS, read_message

if TYPE_CHECKING:
    from pathlib import Path


class Grows:
    """A flight recorder, and a viewer of it."""

    def __init__(self, folder: Path) -> None:
        self.writer = TraceWriter(folder, keep_bytes=200_000, segment_bytes=20_000)
        self.writer.opened(1, TIME_NS, {"peer_pid": 101, "peer_uid": 0, "command": ["runsc"]})
        self.sent = 0
        self.send(100)
        self.model = Model(Trace.open(folder), live=LiveOptions(MonitorOptions()))
        self.read()

    def send(self, count: int) -> None:
        for _ in range(count):
            self.sent += 1
            self.writer.messages(1, [(TIME_NS + self.sent, read_message(fd=self.sent))])
        self.writer.flush()

    def read(self) -> None:
        while self.model.refresh(1.0):
            pass

    def stand(self, row: int) -> ReplayClock:
        self.model.put_aside()
        replay = ReplayClock(self.model.trace, None)
        self.model.stand_at(replay, row)
        return replay

    def close(self) -> None:
        self.model.close()
        self.model.trace.close()
        self.writer.close()


def test_rows_that_come_and_go_meanwhile_are_not_missed(tmp_path: Path) -> None:
    grows = Grows(tmp_path / "flight")
    model, analysis = grows.model, grows.model.analysis
    replay = grows.stand(50)
    while not model.watched_trace.first_row:
        grows.send(50)
        grows.read()
    # They were read before they went.
    assert model.watched_analysis is analysis
    assert analysis.processes.position > grows.sent - 100
    model.stand_at(replay, None)
    assert model.analysis is analysis
    grows.read()
    assert model.analysis is analysis
    assert model.trace.connections.messages == grows.sent
    grows.close()


def test_where_all_rows_that_are_shown_have_gone_none_are(tmp_path: Path) -> None:
    grows = Grows(tmp_path / "flight")
    model, replay = grows.model, grows.stand(50)
    replay = ReplayClock(model.trace, None)
    while not model.trace.first_row > 51:
        grows.send(50)
        grows.read()
    first = model.trace.first_row
    assert (model.trace.end_row, replay.position, model.view.count) == (first, first, 0)
    model.stand_at(replay, first + 10)
    assert (model.trace.end_row, model.view.count) == (first + 11, 11)
    grows.close()


def test_a_filter_that_is_set_meanwhile_stays(tmp_path: Path) -> None:
    grows = Grows(tmp_path / "flight")
    model, replay = grows.model, grows.stand(50)
    model.chips.put("fd.num > 40")
    model.apply_chips()
    grows.read()
    assert 0 < model.view.count < 20
    model.stand_at(replay, None)
    grows.read()
    assert model.view.count == 60
    grows.close()


def test_a_trace_that_has_gone_cannot_be_shown_so(tmp_path: Path) -> None:
    grows = Grows(tmp_path / "flight")
    trace = grows.model.trace
    (tmp_path / "flight").rename(tmp_path / "moved")
    with pytest.raises(TraceError):
        grows.model.put_aside()
    assert grows.model.trace is trace
    assert grows.model.is_live
    grows.close()
