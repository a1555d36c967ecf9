"""Who else connects costs a sandbox nothing, and neither do the rights that the receiver lacks."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from gvtui.limits import AS_THEY_COME
from gvtui.monitor.options import SEND_BUFFER_BYTES
from gvtui.trace.marks import RefusedMark, read_mark
from gvtui.trace.reader import Trace
from gvtui.trace.row import Kind
from gvtui.wire.handshake import build_handshake
from tests.e2e.containers import RunscBinary, wait_until
from tests.e2e.recorded import Recording, everything, recording, run_do, write_pod_init
from tests.processes import monitor_of

pytestmark = pytest.mark.e2e

SCRIPT = "for n in 1 2 3; do cat /etc/hostname | tr a-z A-Z; done"
NOBODY = 65534


def greeted(path: Path) -> socket.socket | None:
    """A connection after its handshake; None if it was refused."""
    client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    client.connect(str(path))
    try:
        client.send(build_handshake())
        if client.recv(100):
            return client
    except OSError:
        # It was closed before it had said who it is.
        pass
    client.close()
    return None


def watched(one: Recording, binary: RunscBinary, folder: Path) -> None:
    """Run a sandbox, until the recording has all of it."""
    run_do(binary, folder, write_pod_init(folder / "init.json", everything(one.socket)), *command())

    def ended() -> bool:
        trace = Trace.open(one.path)
        known = [each for each in trace.connections.values() if each.messages]
        trace.close()
        return bool(known) and not known[0].connected

    assert wait_until(ended), one.said


def command() -> tuple[str, ...]:
    return ("/bin/sh", "-c", SCRIPT)


def check(trace: Trace) -> None:
    """All of the sandbox is there, and it had all the room it can have."""
    (sandbox,) = (each for each in trace.connections.values() if each.messages)
    assert sandbox.messages > 500
    assert (sandbox.dropped, sandbox.malformed) == (0, 0)
    if os.geteuid() == 0:
        assert sandbox.details["send_buffer"] == SEND_BUFFER_BYTES
    assert sandbox.details["exe"]["ino"]


def test_a_process_that_takes_all_it_may_shuts_no_sandbox_out(
    binary: RunscBinary, tmp_path: Path
) -> None:
    most = AS_THEY_COME.connections_per_process
    with recording(tmp_path) as one:
        clients = [greeted(one.socket) for _ in range(most + 50)]
        stand = [client for client in clients if client is not None]
        assert most <= len(stand) < most + 50
        watched(one, binary, tmp_path)
        for client in stand:
            client.close()
        trace = one.end()
    check(trace)
    marks = [
        read_mark(trace.details(row_id))
        for row_id in range(trace.end_row)
        if trace.row(row_id).kind == Kind.MARK
    ]
    refused = [mark for mark in marks if isinstance(mark, RefusedMark)]
    count = most + 50 - len(stand)
    assert sum(mark.count for mark in refused) == count
    assert f"{count} connections refused" in one.said
    trace.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can have another user receive")
def test_another_user_can_receive(binary: RunscBinary, tmp_path: Path) -> None:
    with recording(tmp_path, "--user", str(NOBODY)) as one:
        monitor = Path("/proc", str(monitor_of(one.process.pid)))
        assert wait_until(lambda: monitor.stat().st_uid == NOBODY)
        watched(one, binary, tmp_path)
        trace = one.end()
    check(trace)
    assert not one.socket.exists()
    trace.close()
