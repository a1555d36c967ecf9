"""Finds the filter and the column that a field of the details can be used for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from gvtui.decode.errno_names import errno_name
from gvtui.decode.fields import arguments
from gvtui.decode.outcome import ExecOutcome, untold
from gvtui.points.names import event_type
from gvtui.points.syscalls import sysnos_by_name
from gvtui.query.filter.field import CONTAINER, NAME, PID
from gvtui.query.filter.fields import FIELDS
from gvtui.query.filter.forms import argument_forms
from gvtui.query.filter.write import literal, negation
from gvtui.query.processes.rows import row_filter
from gvtui.wire.messages import Unknown
from gvtui.wire.messagetype import MessageType
from gvtui.wire.ports import right_ports

if TYPE_CHECKING:
    from gvtui.decode.fields import FieldView
    from gvtui.query.processes.processes import Processes
    from gvtui.trace.reader import Trace
    from gvtui.wire.messages import Decoded

_CONTEXT = "context_data."

_OWN_NAMES = {field.path: field.name for field in FIELDS if field.path}
"""Message fields with their own filter field, by path."""

_ELEMENT = re.compile(r"\[(\d+)\]")
_MAX_VALUE = 2000
"""How many characters a value to filter by may have; a whole filter may have twice as many."""


class FieldUse(NamedTuple):
    """The names and filters that a field can be used with."""

    column: str
    """Its name as a column; "" if it cannot be a column."""
    field: str
    """Its name in filters; "" if it cannot be filtered by."""
    only: str = ""
    """The filter for rows with this value."""

    @property
    def without(self) -> str:
        """The filter for all other rows, those without the field too."""
        return negation(self.only)

    @property
    def slot(self) -> str:
        """The slot of the filter's chip, where it replaces another chip; "" for none."""
        return self.field if self.field in (PID, NAME, CONTAINER) else ""


def _use(column: str, field: str, value: str) -> FieldUse:
    return FieldUse(column, field, f"{field} {value}")


_NOTHING = FieldUse("", "")


def field_use(trace: Trace, processes: Processes, row_id: int, view: FieldView) -> FieldUse:
    """The uses of a message's field; a thread group id is used for its process.

    Raises:
        IndexError: the row has been removed from the trace.
        WireError: the message cannot be read.
    """
    decoded = trace.decoded(row_id)
    message: Any = right_ports(decoded)
    path = view.path
    name = _ELEMENT.sub("", path)
    if isinstance(message, Unknown) or "#" in name or "…" in name:
        return _NOTHING
    value = _value(message, path)
    if path.startswith(_CONTEXT):
        inner = path.removeprefix(_CONTEXT)
        if value is None or isinstance(value, bytes):
            return _NOTHING
        if _OWN_NAMES.get(path) == PID:
            return FieldUse(f"context.{inner}", PID, row_filter(trace, processes, row_id))
        field = _OWN_NAMES.get(path, f"context.{inner}")
        if field == NAME and _is_exec(trace, row_id):
            # Its message has the name of before, the filter's field that of the new program.
            field = f"context.{inner}"
        return _use(f"context.{inner}", field, _compared(value))
    column = f"evt.arg.{name}"
    if name == "sysno":
        kind = event_type(trace.string(trace.row(row_id).point), trace.architecture)
        return _use(column, "evt.type", _compared(kind))
    if name == "exit.result":
        if view.decoded == untold(ExecOutcome.FAILED):
            return _use(column, "evt.failed", "= true")
        if view.decoded == untold(ExecOutcome.ASKED):
            return FieldUse(column, "")
        failed = bool(message.exit.errorno)
        return _use(column, column if failed else "evt.res", f"= {message.exit.result}")
    if name == "exit.errorno" and isinstance(value, int):
        return _use(column, "evt.errno", f"= {_errno(value)}")
    named = view.decoded.partition("=")[0]
    words = arguments(decoded, architecture=trace.architecture)
    if name.startswith("arg") and named != view.decoded and named in words:
        return _use(f"evt.arg.{named}", f"evt.arg.{named}", _compared(words[named]))
    if "." in name:
        return _inner_use(decoded, name, view, trace.architecture)
    if isinstance(value, int) and words.get(name):
        return _use(column, column, _compared(words[name]))
    if isinstance(value, (int, str)):
        return _use(column, column, _compared(value))
    if name in words:
        return _use(column, column, _compared(words[name]))
    if argument_forms(decoded, name, trace.architecture) or message.HasField(name):
        return FieldUse(column, column, f"{column} exists")
    return _NOTHING


def _inner_use(decoded: Decoded, name: str, view: FieldView, architecture: str) -> FieldUse:
    """The uses of a field of a message inside the message: as the details show it, if filters
    compare that too."""
    column, forms = f"evt.arg.{name}", argument_forms(decoded, name, architecture)
    if not forms:
        return _NOTHING
    return _use(column, column, _compared(view.decoded if view.decoded in forms else forms[0]))


def _is_exec(trace: Trace, row_id: int) -> bool:
    """Whether a row tells of an exec."""
    row = trace.row(row_id)
    numbers = sysnos_by_name(trace.architecture)
    execs = (numbers.get("execve"), numbers.get("execveat"))
    return row.type == MessageType.SENTRY_EXEC or row.sysno in execs


def _compared(value: int | str) -> str:
    if isinstance(value, bool):
        return f"= {str(value).lower()}"
    if isinstance(value, int):
        return f"= {value}"
    operator = "=" if len(value) <= _MAX_VALUE else "startswith"
    return f"{operator} {literal(value[:_MAX_VALUE])}"


def _errno(code: int) -> str:
    name = errno_name(code)
    return name if name.isidentifier() else str(code)


def _value(message: Any, path: str) -> int | str | bytes | None:  # noqa: ANN401
    """The plain value at a path; None if there is none, or it lies within a list of messages."""
    value: Any = message
    for part in path.split("."):
        index = _ELEMENT.search(part)
        name = part[: index.start()] if index else part
        if not hasattr(value, "DESCRIPTOR") or name not in value.DESCRIPTOR.fields_by_name:
            return None
        value = getattr(value, name)
        if index:
            if int(index[1]) >= len(value):
                return None
            value = value[int(index[1])]
            if hasattr(value, "DESCRIPTOR"):
                return None
    return value if isinstance(value, (int, str, bytes)) else None
