"""(b) How many messages a second the monitor takes in, with log and index written."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from pathlib import Path

from gvtui.monitor.client import MonitorProcess
from gvtui.monitor.options import MonitorOptions
from gvtui.trace.reader import Trace
from gvtui.wire.header import build_message
from gvtui.wire.pb import syscall_pb2
from tests.benchmarks.table import print_table
from tests.monitor.sandbox import FakeSandbox

MESSAGES = 500_000
ROUNDS = 3


def typical_messages(count: int) -> list[bytes]:
    """Enters and exits of read and write as `dd` makes them, each with a time of its own."""
    messages = []
    for number in range(count):
        cls, kind, sysno, fd = (
            (syscall_pb2.Read, 9, 0, 0) if number & 2 else (syscall_pb2.Write, 34, 1, 1)
        )
        message = cls(sysno=sysno, fd=fd, fd_path="/dev/zero", count=1)
        if number & 1:
            message.exit.result = 1
        data = message.context_data
        data.time_ns = 1_795_455_436_533_277_469 + number * 5_000
        data.thread_id = data.thread_group_id = 1
        data.thread_start_time_ns = data.thread_group_start_time_ns = 1_795_455_436_000_000_000
        data.container_id, data.cwd, data.process_name = "runsc-668231", "/", "dd"
        data.credentials.SetInParent()
        messages.append(build_message(kind, message.SerializeToString()))
    return messages


def send_all(path: Path, messages: list[bytes]) -> None:
    """Send from a process of its own, as fast as the socket takes it."""
    pid = os.fork()
    if pid == 0:
        sandbox = FakeSandbox(path)
        # With a time limit Python polls before each send, and so fills a quarter of the buffer.
        sandbox.socket.settimeout(None)
        send = sandbox.socket.send
        for message in messages:
            send(message)
        os._exit(0)
    os.waitpid(pid, 0)


def measure(messages: list[bytes], folder: Path, *, realtime: bool) -> tuple[float, int]:
    """Messages a second, and bytes written for each."""
    monitor = MonitorProcess.start(MonitorOptions(listen=folder / "s.sock", realtime=realtime))
    try:
        trace = Trace.open(monitor.trace_path)
        started = time.perf_counter()
        send_all(folder / "s.sock", messages)
        while not trace.connections or any(c.connected for c in trace.connections.values()):
            trace.refresh()
            time.sleep(0.001)
        seconds = time.perf_counter() - started
        assert trace.connections.messages == len(messages)
        size = trace.size_bytes
        trace.close()
    finally:
        monitor.stop()
    return len(messages) / seconds, size // len(messages)


def main() -> None:
    """Measure at both priorities, best and median of several rounds."""
    messages = typical_messages(MESSAGES)
    rows = []
    with tempfile.TemporaryDirectory() as name:
        for label, realtime in (("real-time", True), ("ordinary", False)):
            rounds = [measure(messages, Path(name), realtime=realtime) for _ in range(ROUNDS)]
            rates = [rate for rate, _ in rounds]
            median, best = statistics.median(rates), max(rates)
            rows.append((label, f"{median:,.0f}", f"{best:,.0f}", rounds[0][1]))
    head = ("priority", "messages/s, median", "best", "bytes on disk each")
    print_table(f"(b) {MESSAGES:,} messages from a sender that never waits for long", head, rows)


if __name__ == "__main__":
    main()
