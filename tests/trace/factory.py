"""Messages and traces for tests, made with the real wire and trace rooms."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gvtui.trace import sidefiles
from gvtui.trace.details import pack_details
from gvtui.trace.reader import Trace
from gvtui.trace.records import LogKind, Record, pack_record
from gvtui.trace.row import Kind
from gvtui.trace.scanning import Begin, Messages, scan_log
from gvtui.trace.writer import TraceWriter
from gvtui.wire.header import build_message
from gvtui.wire.pb import common_pb2, container_pb2, sentry_pb2, syscall_pb2

DATA = Path(__file__).parent.parent / "data"
TRACES = DATA / "traces"
TIME_NS = 1_795_455_436_533_277_469
CONTAINER = "runsc-123456"


def context(
    *, pid: int = 7, tid: int | None = None, name: str = "bash", time_ns: int = TIME_NS
) -> common_pb2.ContextData:
    return common_pb2.ContextData(
        time_ns=time_ns,
        thread_id=pid if tid is None else tid,
        thread_group_id=pid,
        container_id=CONTAINER,
        process_name=name,
        credentials=common_pb2.Credentials(real_uid=1000),
    )


def read_message(
    *,
    fd: int = 3,
    count: int = 10,
    result: int | None = None,
    errno: int = 0,
    dropped: int = 0,
    sysno: int = 0,
    **about: Any,
) -> bytes:
    """A read(2): an exit if it has a result or an error number, else an enter."""
    message = syscall_pb2.Read(
        context_data=context(**about), sysno=sysno, fd=fd, fd_path="/etc/passwd", count=count
    )
    if result is not None or errno:
        message.exit.SetInParent()
        message.exit.result = result or 0
        message.exit.errorno = errno
    return build_message(9, message.SerializeToString(), dropped)


def start_message(
    container: str = CONTAINER, args: tuple[str, ...] = ("sh", "-c", "true")
) -> bytes:
    return build_message(1, container_pb2.Start(id=container, args=args).SerializeToString())


def exit_message(pid: int = 7, status: int = 0) -> bytes:
    message = sentry_pb2.TaskExit(context_data=context(pid=pid), exit_status=status)
    return build_message(5, message.SerializeToString())


def write_trace(path: Path, batches: list[tuple[int, list[bytes]]], **options: Any) -> Path:
    """A trace of one batch after the other, a millisecond apart; each connection opens and closes."""
    writer = TraceWriter(path, **options)
    seen: list[int] = []
    now = TIME_NS
    for conn, datagrams in batches:
        if conn not in seen:
            seen.append(conn)
            writer.opened(conn, now, {"peer_pid": 100 + conn, "peer_uid": 0, "command": ["runsc"]})
        writer.messages(conn, [(now + place, data) for place, data in enumerate(datagrams)])
        now += 1_000_000
    for conn in seen:
        writer.closed(conn, now, {"reason": "closed by the sandbox"})
    writer.close()
    return path


def recorded_datagrams(name: str) -> list[bytes]:
    """All messages of one of the recorded traces."""
    trace = Trace.open(TRACES / f"{name}.trace")
    try:
        return [trace.payload(row) for row in range(1, trace.end_row - 1)]
    finally:
        trace.close()


def to_format_1(path: Path) -> Path:
    """Write a recording anew as gvtui wrote it before there were checksums; without its index."""
    log = path.read_bytes()
    records = []
    for item in scan_log(log):
        if isinstance(item, Begin):
            head = {**item.head, "format": 1}
            for name in ("host", "segment", "before", "needs", "previous"):
                head.pop(name)
            records.append(pack_record(LogKind.HEADER, 0, TIME_NS, pack_details(head)))
        elif isinstance(item, Messages):
            for number, payload in enumerate(item.payloads()):
                when = item.batch.time(number)
                records.append(pack_record(LogKind.MESSAGE, item.batch.conn, when, payload))
        elif isinstance(item, Record) and item.kind != LogKind.SUMMARY:
            records.append(pack_record(item.kind, item.conn, item.recv_ns, item.payload))
    path.write_bytes(b"".join(records))
    for side in sidefiles.beside(path):
        side.unlink(missing_ok=True)
    return path


def everything(path: Path) -> tuple[list[tuple[object, ...]], list[str], list[bytes]]:
    """The rows, strings and payloads of a trace."""
    trace = Trace.open(path)
    try:
        rows = trace.rows(0, 1 << 40).tolist()
        return rows, list(trace.strings), [trace.payload(row) for row in range(len(rows))]
    finally:
        trace.close()


def fds(path: Path) -> list[int]:
    """The file descriptors in the messages of a trace."""
    trace = Trace.open(path)
    try:
        rows = trace.rows(0, 99)
        return rows["fd"][rows["kind"] == Kind.MESSAGE].tolist()  # type: ignore[no-any-return]
    finally:
        trace.close()
