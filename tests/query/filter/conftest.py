from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from gvtui.decode import render
from gvtui.decode.render import sent_arguments
from gvtui.query.filter import answers
from gvtui.trace.row import Kind
from gvtui.wire.messages import Decoded, decode
from tests.query.filter.world import HOUR, TextTrace

if TYPE_CHECKING:
    from collections.abc import Sequence


class Decodings:
    """Counts how often conditions decode a message from its bytes."""

    def __init__(self) -> None:
        self.count = 0

    def decode(self, datagram: bytes) -> Decoded:
        self.count += 1
        return decode(datagram)

    def arguments(
        self, datagrams: Sequence[bytes], architecture: str, limit: int
    ) -> list[str | None]:
        self.count += len(datagrams)
        return sent_arguments(datagrams, architecture, limit)


@pytest.fixture
def decodings(monkeypatch: pytest.MonkeyPatch) -> Decodings:
    counted = Decodings()
    monkeypatch.setattr(answers, "decode", counted.decode)
    monkeypatch.setattr(render, "sent_arguments", counted.arguments)
    return counted


@pytest.fixture
def trace() -> TextTrace:
    """0 bash enters openat, 1 it fails, 2 cat reads, 3 raw nanosleep, 4 a drop, 5 a bare event."""
    trace = TextTrace()
    trace.connections[1] = SimpleNamespace(container_id="box")
    bash: dict[str, Any] = {"pid": 10, "tid": 11, "process": "bash", "container": "c1", "uid": 0}
    cat: dict[str, Any] = {"pid": 20, "tid": 20, "process": "cat", "container": "c2", "uid": 1000}
    trace.call("openat", fd=-100, path="/etc/passwd", time_ns=5 * HOUR, **bash)
    trace.call("openat", exits=True, fd=-100, path="/etc/passwd", errno=2, **bash)
    trace.call("read", exits=True, fd=3, path="/tmp/x", result=17, recv_ns=7 * HOUR, **cat)
    trace.call("sysno/35", sysno=35, **cat)
    trace.add(kind=Kind.DROP, result=40)
    trace.add(point="sentry/task_exit", conn=2)
    return trace
