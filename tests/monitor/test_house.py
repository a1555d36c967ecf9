from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import trio

from gvtui.monitor.control import Control
from gvtui.monitor.house import STEP_NS, STILL_NS, House
from gvtui.monitor.ledger import Ledger
from gvtui.monitor.listener import Listener
from gvtui.monitor.options import MonitorOptions
from gvtui.trace.marks import ClockMark, LostMark, Mark, NoteMark, read_mark
from gvtui.trace.reader import Trace
from gvtui.trace.row import Kind
from gvtui.trace.writer import TraceWriter
from gvtui.wire.handshake import build_handshake
from tests.monitor.running import Running, connect, run
from tests.trace.factory import read_message

SECOND = 1_000_000_000


def marks_of(path: Path) -> list[Mark]:
    trace = Trace.open(path)
    rows = trace.rows(0, trace.end_row)
    places = [place for place, kind in enumerate(rows["kind"].tolist()) if kind == Kind.MARK]
    marks = [read_mark(trace.details(place)) for place in places]
    trace.close()
    return marks


async def send(client: Any, count: int) -> None:
    for number in range(count):
        await client.send(read_message(fd=number))


def has_messages(trace: Trace, count: int) -> bool:
    """Whether a trace has so many by now."""
    trace.refresh()
    return trace.connections.messages == count


def hear(running: Running, said: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """All that the monitor has said; what is new is added."""
    said += running.said()
    return said


def recording(running: Running) -> Path:
    return running.writer.path


class Clocks:
    """The time of day and a clock that nobody sets."""

    def __init__(self) -> None:
        self.wall = 1_795_455_436 * SECOND
        self.steady = 5 * SECOND

    def go_on(self, ns: int) -> None:
        self.wall += ns
        self.steady += ns


def test_steps_of_the_clock_and_standing_still_are_marked(tmp_path: Path) -> None:
    clocks = Clocks()
    running = Running(tmp_path, {})
    house = House(
        MonitorOptions(),
        running.listener,
        Ledger(running.writer, Control(running.theirs)),
        Control(running.theirs),
        wall_ns=lambda: clocks.wall,
        steady_ns=lambda: clocks.steady,
    )
    house.look_at_clock()
    clocks.go_on(SECOND // 2)
    clocks.wall += STEP_NS - 1
    house.look_at_clock()
    clocks.wall -= STEP_NS - 1 + 3600 * SECOND
    house.look_at_clock()
    house.look_at_clock()
    clocks.wall += 7200 * SECOND
    house.look_at_clock()
    clocks.go_on(STILL_NS)
    house.look_at_clock()
    back, forward, still = marks_of(recording(running))
    assert (back, forward) == (ClockMark(-3600 * SECOND), ClockMark(7200 * SECOND))
    assert back.text == "the clock of this machine was set back by 3,600.0 s"
    assert isinstance(still, NoteMark)
    assert "stood still for 3.0 s" in still.text
    texts = [event["text"] for event in running.said()]
    assert texts == [back.text, forward.text, still.text]
    running.close()


def test_a_recording_that_is_removed_goes_on_in_a_new_file(tmp_path: Path) -> None:
    async def check(running: Running) -> None:
        path = recording(running)
        client = await connect(running.path, build_handshake())
        await send(client, 5)
        await running.until(lambda: running.trace.connections.messages == 5)
        path.unlink()
        await running.until(path.exists)
        await send(client, 3)
        trace = Trace.open(path)
        await running.until(lambda: has_messages(trace, 3))
        # The connection stands, and is known.
        assert trace.connections[1].opened_ns == running.trace.connections[1].opened_ns
        assert trace.lost.losses.messages == 5
        trace.close()
        assert running.monitor.ledger.lost == 5
        (said,) = [event for event in running.said() if event["kind"] == "anew"]
        assert said["text"].endswith("it goes on in a new file, and 5 messages are lost")
        assert said["lost"] == 5
        client.close()

    run(tmp_path, check)
    (mark,) = marks_of(tmp_path / "t.gvtrace")
    assert isinstance(mark, LostMark)
    assert "5 messages were lost with files that were removed" in mark.text


def test_a_recording_that_is_moved_away_is_whole_and_a_new_one_begins(tmp_path: Path) -> None:
    async def check(running: Running) -> None:
        path = recording(running)
        client = await connect(running.path, build_handshake())
        await send(client, 5)
        await running.until(lambda: running.trace.connections.messages == 5)
        path.rename(tmp_path / "moved.gvtrace")
        await running.until(path.exists)
        (said,) = [event for event in running.said() if event["kind"] == "anew"]
        assert "was moved away while it was written" in said["text"]
        assert running.monitor.ledger.lost == 0
        client.close()

    run(tmp_path, check)
    moved = Trace.open(tmp_path / "moved.gvtrace")
    assert moved.connections.messages == 5
    moved.close()


def test_drops_from_before_are_not_told_again(tmp_path: Path) -> None:
    async def check(running: Running) -> None:
        path = recording(running)
        client = await connect(running.path, build_handshake())
        await client.send(read_message(dropped=7))
        await running.until(lambda: running.trace.connections.messages == 1)
        path.unlink()
        await running.until(path.exists)
        await client.send(read_message(dropped=9))
        trace = Trace.open(path)
        await running.until(lambda: has_messages(trace, 1))
        assert trace.connections.dropped == 9
        kinds = trace.rows(0, 99)["kind"].tolist()
        assert kinds.count(Kind.DROP) == 1
        trace.close()
        client.close()

    run(tmp_path, check)


def test_a_folder_that_is_removed_is_made_again(tmp_path: Path) -> None:
    async def check(running: Running) -> None:
        path = running.writer.path
        shutil.rmtree(tmp_path / "inner")
        await running.until(path.exists)
        await running.until(lambda: running.listener.is_in_place)
        # Both the recording and the socket were in it.
        client = await connect(running.path, build_handshake())
        await send(client, 2)
        trace = Trace.open(path)
        await running.until(lambda: has_messages(trace, 2))
        trace.close()
        client.close()

    (tmp_path / "inner").mkdir()
    run(tmp_path / "inner", check)


def test_where_it_cannot_be_made_again_all_is_lost_and_counted(tmp_path: Path) -> None:
    async def check(running: Running) -> None:
        client = await connect(running.path, build_handshake())
        path = running.writer.path
        await running.until(lambda: len(running.trace.connections) == 1)
        path.unlink()
        path.mkdir()
        await running.until(lambda: bool(running.monitor.ledger.fault))
        await send(client, 5)
        await running.until(lambda: running.monitor.ledger.lost == 5)
        path.rmdir()
        await running.until(path.is_file)
        await running.until(lambda: not running.monitor.ledger.losses or path.stat().st_size > 300)
        (fault,) = [event for event in running.said() if event["kind"] == "fault"]
        assert "was removed and cannot be made again" in fault["text"]
        client.close()

    run(tmp_path, check)
    (mark,) = marks_of(tmp_path / "t.gvtrace")
    assert isinstance(mark, LostMark)
    assert mark.messages == 5


def test_a_side_file_that_is_removed_costs_nothing_and_is_told_once(tmp_path: Path) -> None:
    async def check(running: Running) -> None:
        client = await connect(running.path, build_handshake())
        await send(client, 5)
        await running.until(lambda: running.trace.connections.messages == 5)
        index = Path(f"{running.writer.path}.index")
        os.unlink(index)
        said: list[dict[str, Any]] = []
        await running.until(lambda: bool(told(hear(running, said))))
        await trio.sleep(1.1)
        said += running.said()
        assert told(said) == [
            f"{index} was removed; it is made again when the trace is opened next"
        ]
        client.close()

    def told(said: list[dict[str, Any]]) -> list[str]:
        return [each["text"] for each in said if "was removed" in str(each.get("text"))]

    run(tmp_path, check)
    trace = Trace.open(tmp_path / "t.gvtrace")
    assert trace.connections.messages == 5
    trace.close()


def test_a_socket_that_is_removed_is_made_anew(tmp_path: Path) -> None:
    async def check(running: Running) -> None:
        before = await connect(running.path, build_handshake())
        running.path.unlink()
        await running.until(lambda: running.listener.is_in_place)
        await running.until(lambda: bool(running.monitor.ledger.losses))
        after = await connect(running.path, build_handshake())
        for client in (before, after):
            await send(client, 2)
        await running.until(lambda: running.trace.connections.messages == 4)
        assert "the socket was removed" in running.monitor.ledger.losses.words()
        assert running.monitor.ledger.lost == 0
        for client in (before, after):
            client.close()

    run(tmp_path, check)


def test_another_s_socket_in_its_place_is_left_alone_and_told(tmp_path: Path) -> None:
    async def check(running: Running) -> None:
        running.path.unlink()
        other = Listener(running.path)
        said: list[dict[str, Any]] = []
        await running.until(lambda: bool(faults(hear(running, said))))
        assert "another program listens at" in faults(said)[0]
        assert other.is_in_place
        other.close()
        await running.until(lambda: "" in faults(hear(running, said)))
        assert running.listener.is_in_place

    def faults(said: list[dict[str, Any]]) -> list[str]:
        return [each["text"] for each in said if each.get("about") == "socket"]

    run(tmp_path, check)


def test_a_flight_recorder_s_folder_is_made_and_guarded_anew(tmp_path: Path) -> None:
    running = Running(tmp_path, {})
    folder = tmp_path / "live"
    writer = TraceWriter(folder, keep_bytes=1 << 20)
    ledger = Ledger(writer, Control(running.theirs))
    house = House(MonitorOptions(), running.listener, ledger, Control(running.theirs))
    writer.message(1, SECOND, read_message())
    shutil.rmtree(folder)
    house.look_at_trace()
    ledger.write(lambda writer: writer.message(1, SECOND, read_message(fd=9)), 1)
    trace = Trace.open(folder)
    assert trace.connections.messages == 1
    assert trace.lost.losses.messages == 1
    trace.close()
    assert (folder / "lock").exists()
    ledger.writer.close()
    running.close()


def test_what_is_on_its_way_elsewhere_is_not_lost_with_its_folder(tmp_path: Path) -> None:
    running = Running(tmp_path, {})
    folder = tmp_path / "live"
    writer = TraceWriter(folder, keep_bytes=1 << 20)
    ledger = Ledger(writer, Control(running.theirs))
    options = MonitorOptions(is_spool=True)
    house = House(options, running.listener, ledger, Control(running.theirs))
    writer.message(1, SECOND, read_message())
    shutil.rmtree(folder)
    house.look_at_trace()
    assert not ledger.losses
    assert os.listdir(folder)
    ledger.writer.close()
    running.close()
