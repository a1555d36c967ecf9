"""Processes that send what another sandbox's messages would be, to a monitor of its own process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gvtui.limits import AS_THEY_COME, changed
from gvtui.monitor.client import MonitorProcess
from gvtui.monitor.options import MonitorOptions
from gvtui.trace.reader import Trace
from gvtui.wire.header import build_message
from gvtui.wire.pb import common_pb2, sentry_pb2, syscall_pb2
from tests.monitor.sandbox import FakeSandbox, comes
from tests.query.processes.box import tree_of

_OPEN, _TASK_EXIT = 7, 5

SENDING = """
import socket, sys
client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
client.connect(sys.argv[1])
client.send(b"\\x08\\x01")
client.recv(100)
for line in sys.stdin:
    client.send(bytes.fromhex(line))
    print(flush=True)
"""


def context(container: str, name: str, pid: int = 1) -> common_pb2.ContextData:
    return common_pb2.ContextData(
        thread_id=pid, thread_group_id=pid, container_id=container, process_name=name
    )


def opens(container: str, name: str, path: str = "/x", dropped: int = 0) -> bytes:
    message = syscall_pb2.Open(context_data=context(container, name), sysno=257, pathname=path)
    return build_message(_OPEN, message.SerializeToString(), dropped)


def ends(container: str, name: str, dropped: int = 0) -> bytes:
    message = sentry_pb2.TaskExit(context_data=context(container, name), exit_status=9)
    return build_message(_TASK_EXIT, message.SerializeToString(), dropped)


@contextmanager
def stranger(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that connects, and sends each message that is given to it."""
    command = [sys.executable, "-c", SENDING, str(path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.kill()


def send(process: subprocess.Popen[str], *messages: bytes) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    for message in messages:
        process.stdin.write(message.hex() + "\n")
        process.stdin.flush()
        process.stdout.readline()


@pytest.fixture
def monitored(tmp_path: Path) -> Iterator[tuple[MonitorProcess, Path]]:
    limits = changed(AS_THEY_COME, {"strings": 1024})
    path = tmp_path / "s.sock"
    monitor = MonitorProcess.start(
        MonitorOptions(path, record=tmp_path / "a.gvtrace", limits=limits, realtime=False)
    )
    yield monitor, path
    monitor.stop()


def test_who_claims_another_s_container_is_neither_believed_nor_counted_there(
    monitored: tuple[MonitorProcess, Path],
) -> None:
    monitor, path = monitored
    trace = Trace.open(monitor.trace_path)
    victim = FakeSandbox(path)
    victim.send(opens("REAL-A", "nginx"))
    assert comes(trace, lambda: trace.connections.messages == 1)
    with stranger(path) as other:
        send(
            other,
            opens("REAL-A", "nginx"),
            opens("REAL-A", "xmrig --evil", dropped=2_000_000_000),
            ends("REAL-A", "nginx", dropped=2_000_000_000),
        )
        assert comes(trace, lambda: trace.connections.messages == 4)
        held = {each.container_id: each for each in trace.connections.sandboxes()}
        assert set(held) == {"REAL-A", "¬2:REAL-A"}
        assert (held["REAL-A"].messages, held["REAL-A"].dropped) == (1, 0)
        assert (held["¬2:REAL-A"].messages, held["¬2:REAL-A"].dropped) == (3, 0)
        (own,) = (each for each in tree_of(trace) if each.container == "REAL-A")
        assert (own.name, own.has_ended) == ("nginx", False)
    victim.close()
    trace.close()


def test_who_fills_the_table_of_strings_does_not_make_others_one(
    monitored: tuple[MonitorProcess, Path],
) -> None:
    monitor, path = monitored
    trace = Trace.open(monitor.trace_path)
    with stranger(path) as other:
        send(other, *(opens(f"c{each}", f"name {each}") for each in range(2000)))
    assert comes(trace, lambda: trace.connections.messages == 2000)
    for place, container in enumerate(("victim-B", "victim-C")):
        victim = FakeSandbox(path)
        victim.send(*(opens(container, f"proc-{container}", dropped=3 * place) for _ in range(5)))
        victim.close()
    assert comes(trace, lambda: trace.connections.messages == 2010)
    held = {each.container_id: each for each in trace.connections.sandboxes()}
    assert (held["victim-B"].messages, held["victim-B"].dropped) == (5, 0)
    assert (held["victim-C"].messages, held["victim-C"].dropped) == (5, 3)
    trace.close()
