"""The fields of the filter language that ask for an event: its kind, its result, its arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gvtui.points.names import event_type, point_name
from gvtui.query.filter.batch import (
    AGE,
    DROPPED,
    ERRNO,
    FAILED,
    LATENCY,
    NUMBER,
    RESTARTED,
    RESULT,
    RUNNING,
    TIME,
    NumberColumn,
)
from gvtui.query.filter.field import DIRECTION, ROW, TRUTH, Field
from gvtui.query.filter.forms import (
    argument_forms,
    argument_names,
    context_forms,
    context_names,
)
from gvtui.query.filter.messages import ArgumentsCondition
from gvtui.query.filter.opens import CREATES, READS, WRITES
from gvtui.query.filter.operators import ValueKind
from gvtui.query.filter.origins import ORIGIN, ORIGIN_NUMBERS
from gvtui.query.filter.texts import TextColumn
from gvtui.trace.row import Direction, Kind
from gvtui.wire.messages import direction

if TYPE_CHECKING:
    from gvtui.query.source import RowSource
    from gvtui.wire.messages import Decoded


def _lost_point(decoded: Decoded, trace: RowSource) -> str:
    message: Any = decoded.message
    side = direction(decoded.kind, message) if decoded.kind is not None else None
    number = getattr(message, "sysno", 0)
    return point_name(decoded.header.message_type, number, side, trace.architecture)


POINT = TextColumn("point", _lost_point)


def _open_field(name: str, column: NumberColumn, description: str) -> Field:
    return Field(
        f"evt.is_open_{name}",
        ValueKind.CHOICE,
        f"whether a call that opens a file {description}",
        f"evt.is_open_{name} = true",
        column,
        choices=TRUTH,
    )


EVENT_FIELDS: tuple[Field, ...] = (
    Field(ROW, ValueKind.NUMBER, "number of the row in the trace", "evt.num > 1000", NUMBER),
    Field(
        "evt.time",
        ValueKind.TIME,
        "when it happened: by the sandbox's clock, else when it was received; a time of day, a "
        "date and time, or nanoseconds since 1970",
        "evt.time >= 14:05",
        TIME,
        needs=("time",),
        path="context_data.time_ns",
    ),
    Field(
        "evt.type",
        ValueKind.EVENT,
        "system call or event, whether its point is raw or decoded",
        "evt.type in (openat, execve)",
        POINT._replace(meaning=lambda point, trace: event_type(point, trace.architecture)),
    ),
    Field(
        DIRECTION,
        ValueKind.CHOICE,
        "E (or >) if a system call enters, X (or <) if it exits",
        "evt.dir = X",
        NumberColumn("direction", Direction.NONE),
        choices={"E": Direction.ENTER, "X": Direction.EXIT},
        aliases={">": "E", "<": "X"},
    ),
    Field(
        "evt.res",
        ValueKind.RESULT,
        "result of a call, on exits only; for a failed call, its negative error number",
        "evt.res = ENOENT",
        RESULT,
    ),
    Field(
        "evt.failed",
        ValueKind.CHOICE,
        "whether the call failed, if that is known; on exits only; a call that a signal "
        "interrupted (see evt.restarted) and a connect that goes on (EINPROGRESS) have not failed",
        "evt.failed = true",
        FAILED,
        choices=TRUTH,
    ),
    Field(
        "evt.restarted",
        ValueKind.CHOICE,
        "whether a signal interrupted the call, which is begun anew or fails with EINTR after all "
        "(ERESTARTSYS and its kin); on exits only",
        "evt.restarted = true",
        RESTARTED,
        choices=TRUTH,
    ),
    Field(
        "evt.rawres",
        ValueKind.NUMBER,
        "the same as evt.res, as a number",
        "evt.rawres >= 0",
        RESULT,
    ),
    _open_field("read", READS, "does so to read it"),
    _open_field("write", WRITES, "does so to write it"),
    _open_field("create", CREATES, "creates it unless it exists (O_CREAT)"),
    Field(
        "evt.errno",
        ValueKind.RESULT,
        "error number of a call, on exits only; 0 if it did not fail; missing if not sent",
        "evt.errno in (EACCES, EPERM)",
        ERRNO,
    ),
    Field(
        "evt.latency",
        ValueKind.DURATION,
        "how long the call took, on exits only, if its enter is in the trace too",
        "evt.latency > 10ms",
        LATENCY,
        needs=("time", "thread_id"),
    ),
    Field(
        "evt.running",
        ValueKind.CHOICE,
        "whether the call has not returned; on its enter only. In a recording at its end, also "
        "where the sandbox ended first; live the list follows, print and record ask once, when the "
        "row comes. A call counts, too, where no exit of its kind has come yet: the session may "
        "send none",
        "evt.running = true",
        RUNNING,
        choices=TRUTH,
        needs=("thread_id",),
    ),
    Field(
        "evt.age",
        ValueKind.DURATION,
        "how long a call that has not returned has been running",
        "evt.age > 5s",
        AGE,
        needs=("thread_id",),
    ),
    Field(
        "evt.args",
        ValueKind.TEXT,
        "the arguments as the list shows them, but whole",
        "evt.args contains CREAT",
        condition=ArgumentsCondition,
    ),
    Field(
        "evt.arg",
        ValueKind.ANY,
        "one argument, by its name in the message: pathname, flags, argv, stdin.socket.remote, "
        "...; compared as a number, as a text, and as the list shows it; a message inside the "
        "message exists if it came: evt.arg.stdin.socket exists",
        "evt.arg.flags contains O_CREAT",
        forms=argument_forms,
        arguments=argument_names,
        argument_note="an argument",
    ),
    Field(
        "evt.origin",
        ValueKind.CHOICE,
        "on sentry/execve and sentry/mmap, where the program's file or the mapped code came from, as "
        "proc.exe_origin; executable memory without a file is memory",
        "evt.origin in (new, modified, memory)",
        ORIGIN,
        choices=ORIGIN_NUMBERS,
    ),
    Field(
        "context",
        ValueKind.ANY,
        "any other field of the context, by its name in the message: cwd, is_exec_session, "
        "credentials.effective_uid, ...; one without a dot that is 0 or empty counts as missing, "
        "but is_exec_session is false where its point is known to be asked for it",
        "context.cwd startswith /home",
        forms=context_forms,
        arguments=context_names,
        argument_note="of the context",
    ),
    Field(
        "evt.kind",
        ValueKind.CHOICE,
        "kind of row",
        "evt.kind = drop",
        NumberColumn("kind"),
        choices={kind.name.lower(): kind for kind in Kind},
    ),
    Field(
        "evt.dropped",
        ValueKind.NUMBER,
        "on a drop row, how many points the sandbox dropped",
        "evt.dropped > 100",
        DROPPED,
    ),
)
