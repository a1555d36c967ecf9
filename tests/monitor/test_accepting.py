from __future__ import annotations

import errno
import socket
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio
import trio.lowlevel
from trio.testing import MockClock

from gvtui.monitor.accepting import accept_sandboxes
from gvtui.monitor.control import Control
from gvtui.monitor.listener import Listener
from gvtui.wire.handshake import build_handshake
from tests.monitor.running import Running, connect, run


def test_a_full_table_of_files_makes_new_sandboxes_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def check(running: Running) -> None:
        listening = running.listener.socket
        fails = iter([OSError(errno.EMFILE, "Too many open files")])

        class Flaky:
            def fileno(self) -> int:
                return listening.fileno()

            def accept(self) -> Any:
                for error in fails:
                    raise error
                return listening.accept()

            def close(self) -> None:
                listening.close()

        monkeypatch.setattr(running.listener, "socket", Flaky())
        client = await connect(running.path, build_handshake())
        texts = [event["text"] for event in running.said() if event["kind"] == "log"]
        assert texts == ["a sandbox waits: Too many open files"]
        client.close()

    run(tmp_path, check)


def test_of_too_many_sandboxes_the_last_wait(tmp_path: Path) -> None:
    served: list[socket.socket] = []
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)

    async def serve(connection: socket.socket) -> None:
        with connection:
            served.append(connection)
            await trio.lowlevel.wait_readable(connection.fileno())

    async def main(listener: Listener) -> None:
        with trio.fail_after(20):
            async with trio.open_nursery() as nursery:
                accept_two = partial(accept_sandboxes, most=2)
                nursery.start_soon(accept_two, listener, Control(theirs), serve)
                clients = [await connect(listener.path) for _ in range(3)]
                await trio.sleep(1)
                assert len(served) == 2
                clients[0].close()
                await trio.sleep(1)
                assert len(served) == 3
                nursery.cancel_scope.cancel()
        for client in clients:
            client.close()

    with ours, theirs, Listener(tmp_path / "s.sock") as listener:
        trio.run(main, listener, clock=MockClock(autojump_threshold=0.1))


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
            await accept_sandboxes(listener, Control(client), None)  # type: ignore[arg-type]

    listener = Listener(tmp_path / "s.sock")
    listening = listener.socket
    with listening, pytest.RaisesGroup(pytest.RaisesExc(OSError, match="Invalid argument")):
        trio.run(main, listener)
