"""Asks Docker or podman for their containers, at their socket; never waits long.

Both answer `GET /containers/json` of Docker's API: a list of objects with `Id`, `Names`, `Image`
and `Labels`.
"""

from __future__ import annotations

import io
import os
import socket
import time
from pathlib import Path
from typing import Any

from gvtui.agent.naming.files import MAX_BYTES, parse

ASK_SECONDS = 1.0
"""How long an engine may take to answer; some milliseconds are usual."""

_MAX_HEAD = 64 << 10
_PIECE = 1 << 16
_REQUEST = b"GET /containers/json?all=1 HTTP/1.0\r\nHost: localhost\r\n\r\n"


class _Answer:
    """The bytes of an answer, as what `HTTPResponse` reads from."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw

    def makefile(self, mode: str) -> io.BytesIO:
        return io.BytesIO(self._raw)


def sockets(engine: str) -> list[Path]:
    """Where an engine, `docker` or `podman`, may listen for this user: first what the environment
    says."""
    variable, places = {
        "docker": ("DOCKER_HOST", ("docker.sock",)),
        "podman": ("CONTAINER_HOST", ("podman/podman.sock",)),
    }[engine]
    named = os.environ.get(variable, "")
    found = [Path(named.removeprefix("unix://"))] if named.startswith("unix:///") else []
    folders = ["/run", *filter(None, [os.environ.get("XDG_RUNTIME_DIR")])]
    return found + [Path(folder, place) for folder in folders for place in places]


def ask(place: Path, seconds: float = ASK_SECONDS) -> list[dict[str, Any]] | None:
    """The containers of the engine that listens at a socket; None if none answers in time.

    Only a socket of root or of this user is asked.
    """
    try:
        if place.stat().st_uid not in (0, os.geteuid()):
            return None
        raw = _call(place, time.monotonic() + seconds)
    except OSError:
        return None
    return _read(raw)


def _call(place: Path, deadline: float) -> bytes:
    """The whole answer.

    Raises:
        OSError: nobody answers, or not in time, or too much.
    """
    pieces: list[bytes] = []
    room = MAX_BYTES + _MAX_HEAD
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(max(deadline - time.monotonic(), 0.01))
        connection.connect(str(place))
        connection.sendall(_REQUEST)
        while True:
            left = deadline - time.monotonic()
            if left <= 0 or room < 0:
                raise TimeoutError
            connection.settimeout(left)
            piece = connection.recv(_PIECE)
            if not piece:
                return b"".join(pieces)
            pieces.append(piece)
            room -= len(piece)


def _read(raw: bytes) -> list[dict[str, Any]] | None:
    # Here, since most machines have no engine that answers.
    from http.client import HTTPException, HTTPResponse

    try:
        response = HTTPResponse(_Answer(raw))  # type: ignore[arg-type]
        response.begin()
        found = parse(response.read()) if response.status == 200 else None
    except (HTTPException, OSError, ValueError):
        return None
    if not isinstance(found, list):
        return None
    return [each for each in found if isinstance(each, dict)]
