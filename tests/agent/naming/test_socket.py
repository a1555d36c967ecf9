from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from gvtui.agent.naming.socket import ask, sockets


@contextlib.contextmanager
def answering(place: Path, answer: bytes | None) -> Iterator[None]:
    """A server that sends an answer to one request; None answers nothing."""
    done = threading.Event()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.bind(str(place))
        server.listen()

        def serve() -> None:
            with contextlib.suppress(OSError):
                connection, _ = server.accept()
                with connection:
                    connection.recv(4096)
                    if answer is None:
                        done.wait(20)
                    else:
                        connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join(20)


def answer(body: bytes, status: str = "200 OK") -> bytes:
    return f"HTTP/1.0 {status}\r\nContent-Type: application/json\r\n\r\n".encode() + body


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (answer(b'[{"Id": "x"}, 4]'), [{"Id": "x"}]),
        (answer(b"[]"), []),
        (answer(b"{}"), None),
        (answer(b"[", "200 OK"), None),
        (answer(b"[]", "500 Oops"), None),
        (b"nonsense", None),
        (b"", None),
    ],
)
def test_answers(tmp_path: Path, raw: bytes, expected: object) -> None:
    with answering(tmp_path / "s", raw):
        assert ask(tmp_path / "s", 20) == expected


def test_nobody_who_does_not_answer_is_waited_for(tmp_path: Path) -> None:
    assert ask(tmp_path / "none") is None
    with answering(tmp_path / "s", None):
        assert ask(tmp_path / "s", 0.05) is None


def test_where_engines_listen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.setenv("DOCKER_HOST", "tcp://elsewhere:2375")
    assert sockets("docker") == [Path("/run/docker.sock")]
    monkeypatch.setenv("DOCKER_HOST", "unix:///tmp/d.sock")
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/run/user/7")
    assert sockets("docker") == [
        Path("/tmp/d.sock"),
        Path("/run/docker.sock"),
        Path("/run/user/7/docker.sock"),
    ]
    assert sockets("podman")[-1] == Path("/run/user/7/podman/podman.sock")
