"""One JSON object a line.

A message has

- `conn`: which connection it came on, counted from 1,
- `point`: the trace point's name, such as `syscall/openat/enter`,
- `message`: the protobuf message's name, such as `Open`,
- `dir`: `E` for a system call entering, `X` for one exiting, else null,
- `time_ns`, `recv_ns`: when it happened by the sandbox's clock, and when the monitor received it,
  in nanoseconds since 1970,
- `container_id`, `pid`, `tid`, `process`: who did it; the container comes from what is known of the
  connection where the message does not tell,
- `dropped`: the header's count of points dropped since the connection began,
- `fields`: the message's fields by their protobuf names. Fields of `context_data` are there only if
  they were sent; all other plain fields are always there, with 0, false, "" or [] for an absent one.

What is not known is null. Bytes are hex. Numbers are whole, and may be larger than 2**53. A type that
is not known has `message` `Unknown` and `fields` `type` and `payload`. A message that cannot be read
has `malformed` with the reason, and one of which only the beginning was received `truncated` with
its full size in bytes; both have `fields` `bytes`.

Other rows have the same keys with null for what they are not, and `event` besides: `opened`, `closed`
and `mark` with their details in `fields`, and `drop`, whose `fields` `points` is the number of points
dropped before the next message of that connection.
"""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from gvtui.points.names import point_name
from gvtui.trace.row import Direction, Flag, Kind
from gvtui.wire.header import WireError
from gvtui.wire.messages import KINDS, Unknown, decode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from google.protobuf.descriptor import Descriptor, FieldDescriptor
    from google.protobuf.message import Message

    from gvtui.export.selection import Selection
    from gvtui.trace.row import Row

_DIRECTIONS = {Direction.ENTER: "E", Direction.EXIT: "X"}


class JsonExport:
    """Writes the chosen rows of a trace as JSON lines."""

    def __init__(self, selection: Selection) -> None:
        self._selection = selection

    def lines(self, start: int, stop: int) -> Iterator[str]:
        """Lines, without their ends, of the rows from `start` to before `stop`."""
        for row_id in self._selection.row_ids(start, stop):
            yield json.dumps(self._object(row_id), separators=(",", ":"), default=_plain)

    def _object(self, row_id: int) -> dict[str, Any]:
        trace = self._selection.trace
        row = trace.row(row_id)
        if row.kind != Kind.MESSAGE:
            return self._event(row_id, row)
        side = _DIRECTIONS.get(Direction(row.direction))
        shown: dict[str, Any] = {
            "conn": row.conn,
            "point": point_name(row.type, row.sysno, side, trace.architecture),
            "message": KINDS[row.type].name if row.type in KINDS else "Unknown",
            "dir": side,
            "time_ns": row.time_ns or None,
            "recv_ns": row.recv_ns or None,
            "container_id": None,
            "pid": row.pid or None,
            "tid": row.tid or None,
            "process": None,
            "dropped": row.dropped,
        }
        connection = trace.connections.get(row.conn)
        if connection is not None:
            shown["container_id"] = connection.container_id or None
        payload = trace.payload(row_id)
        if row.flags & Flag.TRUNCATED:
            return {**shown, "truncated": row.result, "fields": {"bytes": payload}}
        try:
            message: Any = decode(payload).message
        except WireError as error:
            return {**shown, "malformed": str(error), "fields": {"bytes": payload}}
        if isinstance(message, Unknown):
            fields = {"type": message.message_type, "payload": message.payload}
            return {**shown, "fields": fields}
        context = message.context_data
        shown["container_id"] = context.container_id or shown["container_id"]
        shown["process"] = context.process_name or None
        return {**shown, "fields": fields_of(message)}

    def _event(self, row_id: int, row: Row) -> dict[str, Any]:
        trace = self._selection.trace
        is_drop = row.kind == Kind.DROP
        details = {} if is_drop else trace.details(row_id)
        container = trace.connections.container_of(row, trace)
        if row.kind == Kind.MARK:
            # A mark belongs to no connection; of a session, it says itself whose it was.
            container = str(details.get("container_id") or "")
        return {
            "event": Kind(row.kind).name.lower(),
            "conn": row.conn or None,
            "point": None,
            "message": None,
            "dir": None,
            "time_ns": None,
            "recv_ns": row.recv_ns or None,
            "container_id": container or None,
            "pid": None,
            "tid": None,
            "process": None,
            "dropped": row.dropped if is_drop else None,
            "fields": {"points": row.result} if is_drop else details,
        }


def fields_of(message: Message) -> dict[str, Any]:
    """A message's fields by name; bytes stay bytes.

    An exit without an error is `{"result": 0, "errorno": 0}`; one that is absent is not there.
    """
    fields = {}
    for field in _fields(message.DESCRIPTOR):
        value = getattr(message, field.name)
        if field.message_type is None:
            fields[field.name] = list(value) if field.is_repeated else value
        elif field.is_repeated:
            fields[field.name] = [fields_of(item) for item in value]
        elif message.HasField(field.name):
            fields[field.name] = _sent(value) if field.name == "context_data" else fields_of(value)
    return fields


def _sent(message: Message) -> dict[str, Any]:
    """Only the fields that differ from their defaults."""
    return {
        field.name: fields_of(value) if field.message_type else value
        for field, value in message.ListFields()
    }


@cache
def _fields(descriptor: Descriptor) -> tuple[FieldDescriptor, ...]:
    return tuple(descriptor.fields)


def _plain(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)
