"""Exports rows as JSON, one object a line.

A message has

- `row`: its row in the trace, as `evt.num` of a filter has it, and the viewer shows it,
- `conn`: which connection it came on, counted from 1,
- `point`: the trace point's name, such as `syscall/openat/enter`,
- `message`: the protobuf message's name, such as `Open`,
- `dir`: `E` for a system call entering, `X` for one exiting, else null,
- `time_ns`, `recv_ns`: when it happened by the sandbox's clock, and when the monitor received it,
  in nanoseconds since 1970,
- `container_id`, `pid`, `tid`, `process`: who did it; the container comes from what is known of the
  connection where the message does not tell,
- `names`: what the container's operator calls it, as far as that is known: an object with `manager`,
  `name`, `image`, `pod`, `namespace` and `labels`; live, the first rows of a container may lack it,
- `dropped`: the header's count of points dropped since the connection began,
- `outcome`: on the exit of execve and execveat alone, what became of it: `done`, `failed`, or `asked`
  where that is not known; `result` and `errorno` of its `exit` are null where they are not known,
- `from`: on `sentry/execve` and `sentry/mmap` alone, where the file of the program or the mapped code
  came from: `image`, `modified`, `new`, `elsewhere` or `memory`, null where that is not told,
- `notice`: on `sentry/execve` alone, words for a shell whose standard input and output are one socket,
  or that is fed by a program that reads from one, as far as the rows read by then tell; else null,
- `fields`: the message's fields by their protobuf names. Fields of `context_data` are there only if
  they were sent; all other plain fields are always there, with 0, false, "" or [] for an absent one.

The ports of `stdin`, `stdout` and `stderr` of `sentry/execve` are right; `port_raw` beside is what
gVisor sent, whose two bytes may be swapped.

With `gvtui print --calls`, a call that raw and decoded points report is written once: the rows of
its raw points are left out. The rows of calls then have besides

- `call`: what the call did, as far as the trace tells: `name`; `outcome`, which is `running`,
  `returned`, `failed`, `restarted`, `begun`, `asked` or `exit not seen`; the rows `enter` and `exit`;
  `duration_ns`; `path`, absolute and normal where its folder is known, and `given`, as the program
  gave it; `address`; `bytes_in` and `bytes_out`, which this call read and wrote; `fd` with `num`,
  `type` and `path` of the descriptor, on an open of the new one; `proc` with `pid`, `name`, `args`
  and `parents`, each with `pid` and `name`, the nearest first, and `has_more_parents`, with
  `is_exec_session`, whether it came in from outside, as by docker exec, or descends from such a
  process, and with `exec_session`: `id` as `proc.exec_session` of a filter has it, `pid`, `name` and
  `args` of its first process, `tty`, true where it is known to have a terminal, and `audit_id`, which
  is from the environment of its programs, so that a program can forge it.

What is not known is null. Bytes are hex. Numbers are whole, and may be larger than 2**53. A type that
is not known has `message` `Unknown` and `fields` `type` and `payload`. A message that cannot be read
has `malformed` with the reason, and one of which only the beginning was received `truncated` with
its full size in bytes; both have `fields` `bytes`.

Other rows have the same keys with null for what they are not, and `event` besides: `opened`, `closed`
and `mark` with their details in `fields`, and `drop`, whose `fields` `points` is the number of points
dropped before the next message of that connection. Where the sandbox's side has closed a connection,
`fields` has besides: `ending`, how the sandbox ended as far as is known, in words, and `exit_status`,
the wait status of its first process, null if none was told.
"""

from __future__ import annotations

import json
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from gvtui.decode.endings import closing_words
from gvtui.decode.origin import mapping_origin, program_origin
from gvtui.decode.outcome import ExecOutcome
from gvtui.decode.stdio import is_piped_shell, shell_on_a_socket, stdio_of
from gvtui.export.repeats import RepeatedTexts
from gvtui.export.resolved import resolved_document
from gvtui.points.names import point_name
from gvtui.query.calls.doubles import Twins
from gvtui.trace.connections import CLOSED_BY_SANDBOX
from gvtui.trace.row import Direction, Flag, Kind
from gvtui.wire.header import WireError
from gvtui.wire.messages import KINDS, RAW_SYSCALL, Unknown
from gvtui.wire.messagetype import MessageType
from gvtui.wire.pb import sentry_pb2
from gvtui.wire.ports import ends_of, right_ports

if TYPE_CHECKING:
    from collections.abc import Iterator

    from google.protobuf.descriptor import Descriptor, FieldDescriptor
    from google.protobuf.message import Message

    from gvtui.export.selection import Selection
    from gvtui.query.resolved.lookup import Resolved
    from gvtui.trace.row import Row
    from gvtui.wire.messages import Decoded

_MAX_KEPT = 1 << 12
"""How many encoded pieces of lines are cached."""
_MAX_NAMES = 512
"""Characters of names in them: longer ones seldom repeat."""

_DIRECTIONS = {Direction.ENTER: "E", Direction.EXIT: "X"}


class JsonExport:
    """Writes the chosen rows of a trace as JSON lines."""

    def __init__(self, selection: Selection) -> None:
        self._selection = selection
        self._twins = Twins(selection.trace)
        self._names: dict[tuple[int, str], str] = {}
        self._named = 0
        self._fields = RepeatedTexts(_fields_text, '{"context_data":{"time_ns":')

    def lines(self, start: int, stop: int) -> Iterator[str]:
        """Lines, without their ends, of the rows from `start` to before `stop`."""
        self._selection.look_ahead_at_execs()
        resolved = self._selection.resolve() if self._selection.joins_points else None
        for row_id in self._selection.row_ids(start, stop):
            row = self._selection.trace.row(row_id)
            if self._selection.joins_points and self._is_double(row_id, row):
                continue
            if row.kind == Kind.MESSAGE and resolved is not None:
                yield self._with_call(resolved, row_id, row)
            elif row.kind == Kind.MESSAGE:
                yield self._message(row_id, row)
            else:
                yield _json(self._event(row_id, row))

    def _with_call(self, resolved: Resolved, row_id: int, row: Row) -> str:
        text = self._message(row_id, row)
        call = resolved.call(row_id)
        if call is None:
            return text
        return (
            f'{text[:-1]},"call":{_json(resolved_document(call, row_id, self._selection.facts))}}}'
        )

    def _is_double(self, row_id: int, row: Row) -> bool:
        """Whether a raw row has a decoded one of the same call that is written too."""
        if row.type != RAW_SYSCALL:
            return False
        twin = self._twins.decoded(row_id)
        return twin is not None and self._selection.includes(twin)

    def _message(self, row_id: int, row: Row) -> str:
        trace = self._selection.trace
        payload, problem = b"", ""
        try:
            payload = trace.payload(row_id)
            if row.flags & Flag.TRUNCATED:
                shown = self._selection.shown(payload, row)
                problem, fields = f',"truncated":{row.result}', _json({"bytes": shown})
            else:
                # Whether an exec's ports are swapped is known from other rows only.
                if row.type == MessageType.SENTRY_EXEC:
                    fields = _fields_text(self._selection.decoded(row_id))
                else:
                    fields = self._fields.text(self._selection.shown(payload, row), row.time_ns)
                if row.type in (MessageType.SENTRY_EXEC, MessageType.SENTRY_MMAP):
                    problem = self._origin_text(row_id, row)
                outcome = self._selection.pairs.execs.outcome(row_id)
                if outcome is not None:
                    problem, fields = f',"outcome":"{outcome.value}"', self._told(fields, outcome)
        except WireError as error:
            trace.note_unreadable(row_id)
            shown = self._selection.shown_raw(payload)
            problem, fields = f',"malformed":{_json(str(error))}', _json({"bytes": shown})
        container = trace.container_of(row_id)
        process = trace.process_name(row_id)
        what = _what(row.type, row.sysno, row.direction, trace.architecture)
        is_short = len(container) + len(process) <= _MAX_NAMES
        who = (_who if is_short else _who.__wrapped__)(container, row.pid, row.tid, process)
        when = f'"time_ns":{row.time_ns or "null"},"recv_ns":{row.recv_ns or "null"}'
        who = f'{who},"names":{self._names_text(row.conn, container)}'
        head = (
            f'"row":{row_id},"conn":{row.conn},{what},{when},{who},"dropped":{row.dropped}{problem}'
        )
        return f'{{{head},"fields":{fields}}}'

    def _names_text(self, conn: int, container: str) -> str:
        connections = self._selection.trace.connections
        if self._named != connections.naming.version or len(self._names) >= _MAX_KEPT:
            self._named = connections.naming.version
            self._names.clear()
        text = self._names.get((conn, container))
        if text is None:
            text = _json(connections.names(conn, container).details() or None)
            self._names[conn, container] = text
        return text

    def _origin_text(self, row_id: int, row: Row) -> str:
        """Where a program or mapped code came from, and what is to be noticed about it."""
        message = right_ports(self._selection.trace.decoded(row_id))
        if isinstance(message, sentry_pb2.MmapInfo):
            return f',"from":{_json(mapping_origin(message).value or None)}'
        assert isinstance(message, sentry_pb2.ExecveInfo)
        notice = shell_on_a_socket(message)
        if not notice and message.HasField("stdin"):
            stdin = stdio_of(message.stdin)
            if is_piped_shell(message.argv[:2], message.binary_path, stdin):
                notice = self._selection.notice(row_id, row)
        origin = program_origin(message).value
        return f',"from":{_json(origin or None)},"notice":{_json(notice or None)}'

    @staticmethod
    def _told(fields: str, outcome: ExecOutcome) -> str:
        """The fields of an exec's exit, with null for a result that does not tell the outcome."""
        content = json.loads(fields)
        if outcome is not ExecOutcome.DONE and not content["exit"]["errorno"]:
            content["exit"] = {"result": None, "errorno": None}
        return _json(content)

    def _ending(self, conn: int) -> dict[str, Any]:
        """How the sandbox of a connection that its side has closed has ended, as far as is known."""
        life = self._selection.trace.connections.lives.of(conn)
        exit_status = life.exit_status if life is not None and life.last_conn == conn else None
        return {"ending": closing_words(life, conn), "exit_status": exit_status}

    def _event(self, row_id: int, row: Row) -> dict[str, Any]:
        trace = self._selection.trace
        is_drop = row.kind == Kind.DROP
        details = {} if is_drop else trace.details(row_id)
        if row.kind == Kind.CLOSED and details.get("reason") == CLOSED_BY_SANDBOX:
            details = details | self._ending(row.conn)
        container = trace.container_of(row_id)
        if row.kind == Kind.MARK:
            # A mark belongs to no connection; of a session, it says itself whose it was.
            container = str(details.get("container_id") or "")
        return {
            "event": Kind(row.kind).name.lower(),
            "row": row_id,
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
            "names": trace.connections.names(row.conn, container).details() or None,
            "dropped": row.dropped if is_drop else None,
            "fields": {"points": row.result} if is_drop else details,
        }


def _fields_text(decoded: Decoded) -> str:
    message = right_ports(decoded)
    if isinstance(message, Unknown):
        return _json({"type": message.message_type, "payload": message.payload})
    fields = fields_of(message)
    if isinstance(decoded.message, sentry_pb2.ExecveInfo):
        for path, end in ends_of(decoded.message).items():
            descriptor, socket, which = path.split(".")
            fields[descriptor][socket][which]["port_raw"] = end.port
    return _json(fields)


@lru_cache(_MAX_KEPT)
def _what(message_type: int, sysno: int, direction: int, architecture: str) -> str:
    side = _DIRECTIONS.get(Direction(direction))
    shown = {
        "point": point_name(message_type, sysno, side, architecture),
        "message": KINDS[message_type].name if message_type in KINDS else "Unknown",
        "dir": side,
    }
    return _json(shown)[1:-1]


@lru_cache(_MAX_KEPT)
def _who(container: str, pid: int, tid: int, process: str) -> str:
    shown = {
        "container_id": container or None,
        "pid": pid or None,
        "tid": tid or None,
        "process": process or None,
    }
    return _json(shown)[1:-1]


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
    """The fields that were sent: those that differ from their defaults."""
    return {
        field.name: fields_of(value) if field.message_type else value
        for field, value in message.ListFields()
    }


@cache
def _fields(descriptor: Descriptor) -> tuple[FieldDescriptor, ...]:
    return tuple(descriptor.fields)


def _plain(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)


_json = json.JSONEncoder(separators=(",", ":"), default=_plain).encode
