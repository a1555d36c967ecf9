"""Columns that the user has added: a field of the message, or of its context."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.decode.escape import escape
from gvtui.decode.fields import arguments
from gvtui.query.filter.messages import argument_forms, context_forms
from gvtui.trace.row import Flag, Kind
from gvtui.tui.stream.columns import Column
from gvtui.wire.header import WireError

if TYPE_CHECKING:
    from gvtui.tui.model.model import Model
    from gvtui.wire.messages import Decoded

MAX_FIELD_COLUMNS = 4
"""Columns that may be added; the call would have no room beside more."""

_MAX_VALUE = 400
_NARROW, _WIDE = 12, 18
_ARGUMENT, _CONTEXT = "evt.arg.", "context."


def field_column(field: str) -> Column:
    """The column that shows a field, named as filters name it: `evt.arg.NAME`, `context.NAME`."""
    title = field.removeprefix(_ARGUMENT).removeprefix(_CONTEXT)
    return Column(field, escape(title, 60), f"The field {field}", _NARROW, _WIDE)


def field_text(model: Model, field: str, row_id: int) -> str:
    """The field's value in a row, harmless on a terminal; "" where the row lacks it."""
    trace = model.trace
    row = trace.row(row_id)
    if row.kind != Kind.MESSAGE or row.flags & Flag.MALFORMED:
        return ""
    try:
        decoded = trace.decoded(row_id)
    except WireError:
        return ""
    return escape(_value(decoded, field, trace.architecture), _MAX_VALUE)


def _value(decoded: Decoded, field: str, architecture: str) -> str:
    if field.startswith(_CONTEXT):
        return _shown(context_forms(decoded, field.removeprefix(_CONTEXT), architecture))
    name = field.removeprefix(_ARGUMENT)
    words = arguments(decoded, architecture=architecture).get(name)
    return words or _shown(argument_forms(decoded, name, architecture))


def _shown(forms: list[int | str]) -> str:
    """The forms that are texts; of a number that is the one form."""
    return " ".join(form for form in forms if isinstance(form, str) and form)
