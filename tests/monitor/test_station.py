from __future__ import annotations

import contextlib
import os
import socket
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.monitor import station as rooms
from gvtui.monitor.peer import credentials
from gvtui.monitor.station import Hello, Station, station_path
from tests.monitor.stationed import hello

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 63), (1 << 64) - 1) | st.floats()
    | st.text(max_size=20) | st.binary(max_size=20) | st.binary(max_size=20).map(zlib.compress)
    | st.sampled_from(["ask", "mark", "changing", "hello"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)  # fmt: skip
_KEYS = st.sampled_from(["kind", "details", "conn", "sandbox"]) | st.text(max_size=8)
_MESSAGES = st.binary(min_size=1, max_size=60) | (
    _VALUES | st.dictionaries(_KEYS, _VALUES, max_size=5)
).map(msgpack.packb)


def make(
    folder: Path,
    clock: list[float],
    passed: list[tuple[bytes, int]] | None = None,
    describe: Callable[[], dict[str, Any]] = dict,
) -> Station:
    def pass_mark(packed: bytes, conn: int) -> bool:
        if passed is not None:
            passed.append((packed, conn))
        return True

    return Station(
        folder / "s",
        lambda: hello(folder),
        pass_mark=pass_mark,
        describe=describe,
        clock=lambda: clock[0],
    )


def connect(folder: Path) -> socket.socket:
    viewer = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    viewer.setblocking(False)
    viewer.connect(str(station_path(folder / "s")))
    return viewer


def said(viewer: socket.socket) -> list[str]:
    kinds: list[str] = []
    while True:
        try:
            data = viewer.recv(1 << 20)
        except BlockingIOError:
            return kinds
        if not data:
            return [*kinds, "closed"]
        message = msgpack.unpackb(data)
        kinds.append(message["kind"])


def test_a_viewer_is_told_what_stands_then_what_is_said(tmp_path: Path) -> None:
    clock = [0.0]
    station = make(tmp_path, clock)
    full = {"kind": "fault", "about": "trace", "text": "disk full"}
    station.say({"kind": "fault", "about": "socket", "text": "gone"})
    station.say({"kind": "fault", "about": "socket", "text": ""})
    station.say(full)
    with connect(tmp_path) as viewer:
        station.turn()
        assert said(viewer) == ["hello", "before", "fault"]
        for kind in ("opened", "closed"):
            station.say({"kind": kind, "conn": 1})
        station.say({"kind": "status"})
        assert said(viewer) == ["status"]
        clock[0] = 5.0
        station.turn()
        station.turn()
        assert said(viewer) == ["beat"]
        assert station.viewers == 1
    station.turn()
    assert station.viewers == 0
    station.close()
    assert not station.path.exists()


def test_nobody_waits_for_a_viewer_that_does_not_read(tmp_path: Path) -> None:
    station = make(tmp_path, [0.0])
    with connect(tmp_path) as stuck, connect(tmp_path) as other:
        station.turn()
        said(other)
        for _ in range(5000):
            station.say({"kind": "log", "level": "info", "text": "x" * 900})
            assert said(other) == ["log"]
        assert said(stuck)[0] == "hello"
    station.close()


def test_what_strangers_write_does_no_harm(tmp_path: Path) -> None:
    passed: list[tuple[bytes, int]] = []
    station = make(tmp_path, [0.0], passed)
    wrong = (
        b"\xc1",
        msgpack.packb([1]),
        msgpack.packb({"kind": ["mark"]}),
        msgpack.packb({"kind": "mark", "details": 1}),
        msgpack.packb({"kind": "mark", "details": b"", "conn": 1}),
        msgpack.packb({"kind": "mark", "details": zlib.compress(b"\x81\xa1x\x01"), "conn": -1}),
        b"\x81",
        b"\x81\x91\x01\x01",
    )
    with connect(tmp_path) as viewer:
        for data in wrong:
            viewer.send(data)
        station.turn()
        station.turn()
        assert station.viewers == 1
        assert not station.is_told_to_stop
        assert not passed
        viewer.send(msgpack.packb({"kind": "stop"}))
        station.turn()
        assert station.is_told_to_stop
    station.close()


def test_too_many_viewers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "MOST_VIEWERS", 1)
    station = make(tmp_path, [0.0])
    with connect(tmp_path), connect(tmp_path) as second:
        station.turn()
        assert said(second) == ["closed"]
    station.close()


def test_the_socket_is_made_anew(tmp_path: Path) -> None:
    station = make(tmp_path, [0.0])
    station.path.unlink()
    station.look_after()
    with connect(tmp_path) as viewer:
        station.turn()
        assert said(viewer)[0] == "hello"
    station.close()


def test_a_hello_of_a_later_version_has_more(tmp_path: Path) -> None:
    told = hello(tmp_path)
    assert Hello.read({**vars_of(told), "kind": "hello", "colour": "red"}) == told
    with pytest.raises(TypeError):
        Hello.read({"pid": 1})


def vars_of(told: Hello) -> dict[str, object]:
    return {name: getattr(told, name) for name in Hello.__slots__}


def test_the_log_so_far_reaches_a_viewer_whatever_it_holds(tmp_path: Path) -> None:
    station = make(tmp_path, [0.0])
    for number in range(300):
        station.say({"kind": "log", "level": "info", "text": f"{number} " + "\U0001f600" * 1000})
    station.say({"kind": "fault", "about": "trace", "text": "disk full"})
    found: list[dict[str, Any]] = []
    with connect(tmp_path) as viewer:
        while not found or found[-1]["kind"] != "fault":
            station.turn()
            found.append(msgpack.unpackb(viewer.recv(1 << 20)))
    lines = [line for each in found if each["kind"] == "before" for line in each["lines"]]
    assert [line.split()[1] for line in lines[:-1]] == [str(n) for n in range(101, 300)]
    station.close()


def test_many_questions_have_one_answer(tmp_path: Path) -> None:
    station = make(tmp_path, [0.0])
    with connect(tmp_path) as viewer:
        station.turn()
        said(viewer)
        for _ in range(50):
            viewer.send(msgpack.packb({"kind": "ask"}))
        station.turn()
        assert said(viewer) == ["told"]
    station.close()


def test_all_who_ask_at_once_have_one_look_at_the_monitor(tmp_path: Path) -> None:
    looks: list[int] = []

    def describe() -> dict[str, Any]:
        looks.append(1)
        return {"look": len(looks)}

    station = make(tmp_path, [0.0], describe=describe)
    with connect(tmp_path) as first, connect(tmp_path) as second:
        for turn in (1, 2):
            for viewer in (first, second):
                viewer.send(msgpack.packb({"kind": "ask"}))
            station.turn()
            for viewer in (first, second):
                last = b""
                with contextlib.suppress(BlockingIOError):
                    while data := viewer.recv(1 << 20):
                        last = data
                assert msgpack.unpackb(last) == {"kind": "told", "document": {"look": turn}}
    station.close()


def test_who_comes_again_and_again_keeps_nobody_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    station = make(tmp_path, [0.0])
    coming = [connect(tmp_path)]
    trusted = credentials

    def come_again(channel: socket.socket) -> dict[str, int]:
        coming.append(connect(tmp_path))
        return trusted(channel)

    monkeypatch.setattr(rooms, "credentials", come_again)
    station.turn()
    assert 64 < len(coming) < 1000
    assert station.viewers == 64
    for viewer in coming:
        viewer.close()
    station.close()


def test_a_message_of_very_many_values_is_none(tmp_path: Path) -> None:
    station = make(tmp_path, [0.0])
    many = b"\xdd" + (60_000).to_bytes(4, "big") + b"\x80" * 60_000
    with connect(tmp_path) as viewer:
        station.turn()
        said(viewer)
        for nested in (many, b"\x91" * 60_000 + b"\xc0", b"\x81\xa1a" * 20_000 + b"\xc0"):
            viewer.send(b"\x82\xa4kind\xa4stop\xa1x" + nested)
            station.turn()
        assert not station.is_told_to_stop
        assert station.viewers == 1
    station.close()


@given(st.lists(_MESSAGES, max_size=8))
def test_any_message_leaves_the_station_at_work(sent: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as name:
        station = make(Path(name), [0.0])
        with connect(Path(name)) as viewer, connect(Path(name)) as other:
            station.turn()
            said(other)
            for data in sent:
                viewer.send(data)
            other.send(msgpack.packb({"kind": "ask"}))
            station.turn()
            assert said(other)[-1] == "told"
        station.close()


def test_a_change_of_a_session_is_told_to_the_others(tmp_path: Path) -> None:
    station = make(tmp_path, [0.0])
    with connect(tmp_path) as changer, connect(tmp_path) as other:
        station.turn()
        for viewer in (changer, other):
            assert said(viewer) == ["hello"]
        for sandbox in ("web", 7):
            changer.send(msgpack.packb({"kind": "changing", "sandbox": sandbox}))
        station.turn()
        assert said(changer) == []
        text = f"another viewer (process {os.getpid()}) changes the session of web"
        assert msgpack.unpackb(other.recv(1000)) == {"kind": "log", "level": "info", "text": text}
        assert said(other) == []
    station.close()


def test_a_command_that_changes_a_session_is_told_of_and_is_no_viewer(tmp_path: Path) -> None:
    station = make(tmp_path, [0.0])
    with connect(tmp_path) as command, connect(tmp_path) as viewer:
        station.turn()
        said(viewer)
        told = {"kind": "changing", "sandbox": "web", "is_command": True}
        command.send(msgpack.packb(told))
        station.turn()
        text = f"gvtui session (process {os.getpid()}) changes the session of web"
        assert msgpack.unpackb(viewer.recv(1000)) == {"kind": "log", "level": "info", "text": text}
        assert station.viewers == 1
    station.close()


def test_what_was_said_by_who_left_without_reading_all_is_done(tmp_path: Path) -> None:
    passed: list[tuple[bytes, int]] = []
    station = make(tmp_path, [0.0], passed)
    details = zlib.compress(msgpack.packb({"kind": "", "text": "a note"}))
    with connect(tmp_path) as viewer:
        station.turn()
        station.say({"kind": "log", "level": "info", "text": "nobody reads this"})
        for conn in (1, 2):
            viewer.send(msgpack.packb({"kind": "mark", "conn": conn, "details": details}))
    station.turn()
    assert passed == [(details, 1), (details, 2)]
    assert station.viewers == 0
    station.close()
