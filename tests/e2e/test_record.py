"""What sandboxes send arrives in recordings: all of it, in order, whatever else happens."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from gvtui.agent.runsc import Runsc
from gvtui.monitor.options import SEND_BUFFER_BYTES
from gvtui.trace.reader import Trace
from gvtui.trace.row import Direction, Kind
from gvtui.wire.header import parse_header
from tests.e2e.containers import WAIT_SECONDS, RunscBinary, running_container, wait_until
from tests.e2e.recorded import by_task, everything, recording, run_do, start_do, write_pod_init
from tests.monitor.sandbox import comes

pytestmark = pytest.mark.e2e

VARIED = (
    "for n in 1 2 3; do cat /etc/hostname | tr a-z A-Z; (exit $n); done; cat /nonexistent; true"
)
FOREVER = "echo begun; while :; do cat /etc/hostname > /dev/null; done"


def calls_of(trace: Trace, conn: int, point: str) -> int:
    """How many messages of a point came on a connection."""
    rows = (trace.row(row_id) for row_id in range(trace.first_row, trace.end_row))
    return sum(row.conn == conn and trace.string(row.point) == point for row in rows)


def test_everything_arrives_in_order(binary: RunscBinary, tmp_path: Path) -> None:
    """Two monitors get the same from one sandbox: each thread's messages, byte by byte."""
    with recording(tmp_path) as one:
        other_folder = tmp_path / "other"
        other_folder.mkdir()
        with recording(other_folder) as other:
            session = everything(one.socket, other.socket)
            pod_init = write_pod_init(tmp_path / "init.json", session)
            run_do(binary, tmp_path, pod_init, "/bin/sh", "-c", VARIED)
            one.wait_for(1)
            other.wait_for(1)
            first, second = one.end(), other.end()
    assert first.connections.dropped == second.connections.dropped == 0
    assert first.connections.malformed == 0
    assert first.connections[1].unknown == 0
    assert first.connections.messages > 1000
    assert by_task(first, 1) == by_task(second, 1)
    assert first.damaged_bytes == 0
    first.close()
    second.close()


def test_every_call_of_a_known_program_is_there(binary: RunscBinary, tmp_path: Path) -> None:
    with recording(tmp_path) as one:
        pod_init = write_pod_init(tmp_path / "init.json", everything(one.socket))
        copy = ("dd", "if=/dev/zero", "of=/dev/null", "bs=7", "count=3000")
        run_do(binary, tmp_path, pod_init, *copy)
        one.wait_for(1)
        trace = one.end()
    last: dict[int, int] = defaultdict(int)
    found: dict[str, int] = defaultdict(int)
    for row_id in range(trace.first_row, trace.end_row):
        row = trace.row(row_id)
        if row.kind != Kind.MESSAGE:
            continue
        assert row.time_ns >= last[row.tid], "a thread's messages came out of order"
        last[row.tid] = row.time_ns
        name = trace.string(row.point)
        if trace.string(row.path) in ("/dev/zero", "/dev/null") and row.direction:
            found[f"{name} {trace.string(row.path)} {row.result}"] += 1
        assert parse_header(trace.payload(row_id)).dropped_count == 0
    assert found["syscall/read/enter /dev/zero 0"] == 3000
    assert found["syscall/read/exit /dev/zero 7"] == 3000
    assert found["syscall/write/enter /dev/null 0"] == 3000
    assert found["syscall/write/exit /dev/null 7"] == 3000
    trace.close()


def test_a_message_larger_than_the_usual_buffer(binary: RunscBinary, tmp_path: Path) -> None:
    """An execve of 400,000 bytes, which a sandbox drops whatever its session says, unless the
    monitor has made room for it."""
    script = "x=$(head -c 100000 /dev/zero | tr '\\0' x); exec /bin/true $x $x $x $x"
    with recording(tmp_path) as one:
        pod_init = write_pod_init(tmp_path / "init.json", everything(one.socket))
        run_do(binary, tmp_path, pod_init, "/bin/sh", "-c", script)
        one.wait_for(1)
        trace = one.end()
    (connection,) = trace.connections.values()
    assert connection.details["send_buffer"] == SEND_BUFFER_BYTES
    assert (connection.dropped, connection.truncated, connection.malformed) == (0, 0, 0)
    longest = max(trace.row(row_id).length for row_id in range(trace.first_row, trace.end_row))
    assert longest > 400_000
    trace.close()


def test_two_sandboxes_at_once(binary: RunscBinary, tmp_path: Path) -> None:
    with recording(tmp_path) as one:
        pod_init = write_pod_init(tmp_path / "init.json", everything(one.socket))
        started = []
        for name in ("a", "b"):
            folder = tmp_path / name
            folder.mkdir()
            script = f"for n in 1 2 3 4 5; do cat /etc/hostname > /tmp/{name}; done"
            started.append(start_do(binary, folder, pod_init, "/bin/sh", "-c", script))
        assert [process.wait(WAIT_SECONDS) for process in started] == [0, 0]
        one.wait_for(2)
        trace = one.end()
    assert trace.connections.dropped == 0
    names = set()
    for number in (1, 2):
        connection = trace.connections[number]
        names.add(connection.container_id)
        assert connection.args[:2] == ["/bin/sh", "-c"]
        own = connection.args[2].rpartition("/")[2][0]
        paths = {
            trace.string(row.path)
            for row in map(trace.row, range(trace.first_row, trace.end_row))
            if row.conn == number and trace.string(row.path).startswith("/tmp/")
        }
        assert paths == {f"/tmp/{own}"}
        assert calls_of(trace, number, "sentry/task_exit") == 6
    assert len(names) == 2
    trace.close()


def test_a_sandbox_killed_in_the_middle(binary: RunscBinary, tmp_path: Path) -> None:
    with recording(tmp_path) as one:
        pod_init = write_pod_init(tmp_path / "init.json", everything(one.socket))
        process = start_do(binary, tmp_path, pod_init, "/bin/sh", "-c", FOREVER)
        live = Trace.open(one.path)
        assert comes(live, lambda: live.connections.messages > 5000)
        live.close()
        process.kill()
        process.wait(WAIT_SECONDS)
        one.wait_for(1)

        # The next sandbox is taken in as if nothing had been.
        run_do(binary, tmp_path, pod_init, "/bin/true")
        one.wait_for(2)
        trace = one.end()
    first, second = trace.connections.values()
    assert first.messages > 5000
    assert first.malformed == first.truncated == 0
    assert first.close_reason
    assert second.messages > 50
    assert calls_of(trace, 2, "sentry/task_exit") == 1
    trace.close()


def test_a_session_made_and_deleted_in_a_running_container(
    binary: RunscBinary, tmp_path: Path
) -> None:
    config = tmp_path / "session.json"
    with recording(tmp_path) as one, running_container(binary, tmp_path / "c") as container:
        config.write_text(json.dumps({"trace_session": everything(one.socket).as_dict()}))
        live = Trace.open(one.path)
        for connections in (1, 2):
            container.runsc("trace", "create", "--config", str(config), container.id)
            assert wait_until(
                lambda count=connections: (  # type: ignore[misc]
                    live.refresh()
                    and len(live.connections) == count
                    and live.connections[count].messages > 200
                )
            )
            (status,) = Runsc(binary.path).list_sessions(container.root, container.id)
            assert status.sinks[0].dropped == 0
            container.runsc("trace", "delete", "--name", "Default", container.id)
            one.wait_for(connections)
        live.close()
        trace = one.end()
    for connection in trace.connections.values():
        assert connection.container_id == container.id
        assert connection.container_source == "command"
        assert connection.dropped == 0
    (sandbox,) = trace.connections.sandboxes()
    assert len(sandbox.connections) == 2
    names = {
        trace.string(row.process)
        for row in map(trace.row, range(trace.first_row, trace.end_row))
        if row.direction == Direction.ENTER
    }
    assert {"sh", "cat", "sleep"} <= names
    trace.close()


def test_printing_live(binary: RunscBinary, tmp_path: Path) -> None:
    """`gvtui print` shows a real sandbox from its first message to its end."""
    socket, out, said = tmp_path / "s", tmp_path / "out", tmp_path / "err"
    with out.open("wb") as stdout, said.open("wb") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "gvtui", "print", "--listen", str(socket), "--format", "json"],
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
        )
    try:
        assert wait_until(lambda: "listening on" in said.read_text())
        pod_init = write_pod_init(tmp_path / "init.json", everything(socket))
        run_do(binary, tmp_path, pod_init, "/bin/cat", "/etc/hostname")
        assert wait_until(lambda: '"event":"closed"' in out.read_text())
    finally:
        process.terminate()
        assert process.wait(WAIT_SECONDS) == 0
    shown = [json.loads(line) for line in out.read_text().splitlines()]
    # A mark about the sandbox's program may come behind its end.
    events = [each["event"] for each in shown if each.get("event") in ("opened", "closed")]
    assert (shown[0].get("event"), events) == ("opened", ["opened", "closed"])
    (start,) = (each for each in shown if each.get("point") == "container/start")
    assert start["fields"]["args"] == ["/bin/cat", "/etc/hostname"]
    opened = [each for each in shown if each.get("point") == "syscall/openat/exit"]
    assert "/etc/hostname" in {each["fields"]["pathname"] for each in opened}
