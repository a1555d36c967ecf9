from __future__ import annotations

import errno
import socket
from pathlib import Path
from typing import Any

import pytest
import trio

from gvtui.limits import AS_THEY_COME, changed
from gvtui.monitor.accepting import accept_sandboxes
from gvtui.monitor.control import Control
from gvtui.monitor.listener import Listener
from gvtui.trace.marks import RefusedMark, read_mark
from gvtui.trace.reader import Trace
from gvtui.trace.row import Kind
from gvtui.wire.handshake import build_handshake
from tests.monitor.running import Running, connect, run
from tests.monitor.sandbox import start_client


def flaky(listening: socket.socket, *errors: OSError) -> Any:
    """The listening socket, which first gives these errors instead of a connection."""
    fails = iter(errors)

    class Flaky:
        def fileno(self) -> int:
            return listening.fileno()

        def accept(self) -> Any:
            for error in fails:
                raise error
            return listening.accept()

        def close(self) -> None:
            listening.close()

    return Flaky()


def test_where_memory_lacks_new_sandboxes_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def check(running: Running) -> None:
        error = OSError(errno.ENOMEM, "Cannot allocate memory")
        monkeypatch.setattr(running.listener, "socket", flaky(running.listener.socket, error))
        client = await connect(running.path, build_handshake())
        texts = [event["text"] for event in running.said() if event["kind"] == "log"]
        assert texts == ["a sandbox waits: Cannot allocate memory"]
        client.close()

    run(tmp_path, check)


def test_without_a_descriptor_a_connection_is_closed_and_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def check(running: Running) -> None:
        error = OSError(errno.EMFILE, "Too many open files")
        monkeypatch.setattr(running.listener, "socket", flaky(running.listener.socket, error))
        client = await connect(running.path)
        assert await client.recv(10) == b""
        client.close()
        good = await connect(running.path, build_handshake())
        good.close()
        assert running.monitor.admission.refused == 1
        texts = [event["text"] for event in running.said() if event["kind"] == "log"]
        assert len(texts) == 1
        assert texts[0].endswith("the machine or this process has no descriptor")

    run(tmp_path, check)


def test_those_beyond_a_limit_are_closed_told_and_noted(tmp_path: Path) -> None:
    async def check(running: Running) -> None:
        clients = [await connect(running.path, build_handshake()) for _ in range(2)]
        beyond = [await connect(running.path) for _ in range(3)]
        for client in beyond:
            assert await client.recv(10) == b""
        # Another process is not shut out.
        with start_client(running.path, "run", "web") as other:
            assert other.stdout is not None
            assert await trio.to_thread.run_sync(other.stdout.readline)
        clients[0].close()
        await running.until(lambda: running.monitor.admission.connections == 1)
        clients.append(await connect(running.path, build_handshake()))
        for client in (*clients, *beyond):
            client.close()

    wanted = {"connections-per-process": 2, "new-connections-per-process": 1_000_000}
    run(tmp_path, check, limits=changed(AS_THEY_COME, wanted))
    trace = Trace.open(tmp_path / "t.gvtrace")
    found = [
        read_mark(trace.details(row_id))
        for row_id in range(trace.end_row)
        if trace.row(row_id).kind == Kind.MARK
    ]
    assert [type(mark) for mark in found] == [RefusedMark] * 2
    assert sum(mark.count for mark in found if isinstance(mark, RefusedMark)) == 3
    assert len(trace.connections) == 4
    trace.close()


def test_a_storm_is_given_a_breath_now_and_then(tmp_path: Path) -> None:
    async def check(running: Running) -> None:
        stays = await connect(running.path, build_handshake())
        for _ in range(200):
            client = await connect(running.path)
            assert await client.recv(10) == b""
            client.close()
        assert running.monitor.admission.refused == 200
        stays.close()

    run(tmp_path, check, limits=changed(AS_THEY_COME, {"connections-per-process": 1}))


def test_what_is_no_want_of_room_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken:
        def __init__(self, listening: socket.socket) -> None:
            self.listening = listening

        def fileno(self) -> int:
            return self.listening.fileno()

        def accept(self) -> Any:
            raise OSError(errno.EINVAL, "Invalid argument")

    async def main(listener: Listener) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as client:
            client.connect(str(listener.path))
            monkeypatch.setattr(listener, "socket", Broken(listener.socket))
            control = Control(client)
            await accept_sandboxes(listener, control, None, None)  # type: ignore[arg-type]

    listener = Listener(tmp_path / "s.sock")
    listening = listener.socket
    with listening, pytest.RaisesGroup(pytest.RaisesExc(OSError, match="Invalid argument")):
        trio.run(main, listener)
