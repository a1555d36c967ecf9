"""A sandbox outlives its monitors, which end in peace and are killed; systemd's store is played."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import IO

import pytest

from gvtui.monitor.attached import AttachedMonitor
from gvtui.monitor.places import traces_in
from gvtui.monitor.systemd import LISTENER_NAME
from gvtui.points.session import REMOTE, Point, Session, Sink
from gvtui.points.tuning import LOSSLESS
from gvtui.trace.carried import CarriedMark
from gvtui.trace.marks import Mark, read_mark
from gvtui.trace.reader import Trace
from gvtui.trace.row import Kind
from gvtui.wire.handshake import build_handshake, parse_handshake
from gvtui.wire.pb import syscall_pb2
from tests.e2e.containers import WAIT_SECONDS, RunscBinary, binaries_as_params, need
from tests.e2e.recorded import write_pod_init
from tests.monitor.sandbox import FakeSandbox, comes
from tests.monitor.servicemanager import ServiceManager
from tests.trace.factory import read_message

pytestmark = pytest.mark.e2e

WORK = "while read number; do true < /m/$number; done 2> /dev/null; exit 0"
"""Opens a file that is not there for each line."""
STEP = 20


@pytest.fixture(params=binaries_as_params()[-1:])
def last_binary(request: pytest.FixtureRequest) -> RunscBinary:
    """One runsc: what is tested here does not depend on its release."""
    return need(request.param)


@contextmanager
def working(binary: RunscBinary, folder: Path, pod_init: Path) -> Iterator[IO[bytes]]:
    """A sandbox that does something for each line of its input; it ends with that."""
    flags = [f"--platform={binary.platform}", "--network=none", "--ignore-cgroups"]
    words = [f"--root={folder / 'root'}", f"--pod-init-config={pod_init}", *flags, "do"]
    with (folder / "do.out").open("wb") as out:
        process = subprocess.Popen(
            [binary.path, *words, "/bin/sh", "-c", WORK],
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=out,
            start_new_session=True,
            env={"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/"},
        )
    assert process.stdin is not None
    try:
        yield process.stdin
        process.stdin.close()
        assert process.wait(WAIT_SECONDS) == 0, (folder / "do.out").read_text()
    finally:
        process.kill()
        process.wait()


def opened(trace: Trace) -> list[int]:
    """The numbers that the sandbox has worked on."""
    rows = trace.rows(0, trace.end_row)
    found = []
    for row in [at for at, kind in enumerate(rows["kind"].tolist()) if kind == Kind.MESSAGE]:
        message = trace.decoded(row).message
        if isinstance(message, syscall_pb2.Open) and message.pathname.startswith("/m/"):
            found.append(int(message.pathname[3:]))
    return found


def test_a_sandbox_outlives_its_monitors(last_binary: RunscBinary, tmp_path: Path) -> None:
    listen, place = tmp_path / "s", tmp_path / "t"
    fields = ("container_id", "group_id", "process_name")
    names = ("container/start", "sentry/clone", "sentry/execve", "syscall/openat/enter")
    session = Session(
        points=tuple(Point(name, context_fields=fields) for name in names),
        sinks=(Sink(REMOTE, {"endpoint": str(listen), **LOSSLESS.config()}),),
    )
    pod_init = write_pod_init(tmp_path / "init.json", session)
    words = ["monitor", "--listen", str(listen), "--trace", str(place)]

    def has_come(number: int) -> None:
        monitor = AttachedMonitor.find(listen)
        assert monitor is not None
        trace = Trace.open(monitor.trace_path)
        monitor.stop()
        assert comes(
            trace, lambda: opened(trace)[-1:] == [number] and of_fake(trace)[-1:] == [number]
        )
        trace.close()

    with ServiceManager(tmp_path) as manager:
        manager.start(*words)
        fake = FakeSandbox(listen)
        with working(last_binary, tmp_path, pod_init) as lines:

            def work(start: int) -> None:
                """Both sandboxes send so many numbers; one has dropped as many points as it tells."""
                numbers = range(start, start + STEP)
                lines.write(b"".join(b"%d\n" % number for number in numbers))
                lines.flush()
                fake.send(*(read_message(fd=number, dropped=number) for number in numbers))

            for start, end in ((0, manager.stop), (2 * STEP, lambda: manager.kill(listen))):
                work(start)
                has_come(start + STEP - 1)
                assert manager.hears(lambda: len(manager.store) == 3)
                end()
                # What nobody reads waits in the socket, and so does who connects.
                work(start + STEP)
                late = FakeSandbox(listen, greet=False)
                late.send(build_handshake())
                manager.start(*words)
                assert parse_handshake(late.socket.recv(1024)) == 1
                assert manager.hears(lambda: len(manager.store) == 4)
                late.close()
                assert manager.hears(lambda: len(manager.store) == 3)
                has_come(start + 2 * STEP - 1)
        fake.close()
        assert manager.hears(lambda: list(manager.store) == [LISTENER_NAME])
        manager.stop()
    traces = [Trace.open(path) for path in traces_in(place)]
    parts = [(0, STEP), (STEP, 3 * STEP), (3 * STEP, 4 * STEP)]
    assert [opened(trace) for trace in traces] == [list(range(*part)) for part in parts]
    assert [of_fake(trace) for trace in traces] == [list(range(*part)) for part in parts]
    assert [trace.connections[1].dropped for trace in traces] == [STEP - 1, 2 * STEP, STEP]
    real = [trace.connections[2] for trace in traces]
    assert [(each.dropped, each.command) for each in real] == [(0, real[0].command)] * 3
    assert real[0].command[-2] == "-c"
    assert len({each.container_id for each in real}) == 1
    for number, (before, trace) in enumerate(pairwise(traces)):
        marks = marks_of(trace)
        # The processes of before are known.
        assert CarriedMark.kind in {mark.kind for mark in marks}
        (text,) = (mark.text for mark in marks if "go on from" in mark.text)
        assert text.startswith(f"2 connections go on from {before.path}")
        assert ("its monitor was killed" in text) == (number == 1)
    for trace in traces:
        trace.close()


def of_fake(trace: Trace) -> list[int]:
    """The numbers that the stand-in for a sandbox has sent."""
    rows = trace.rows(0, trace.end_row)
    return [int(fd) for fd in rows["fd"][(rows["kind"] == Kind.MESSAGE) & (rows["conn"] == 1)]]


def marks_of(trace: Trace) -> list[Mark]:
    rows = trace.rows(0, trace.end_row)
    return [
        read_mark(trace.details(at))
        for at, kind in enumerate(rows["kind"].tolist())
        if kind == Kind.MARK
    ]
