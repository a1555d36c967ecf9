from __future__ import annotations

import pytest

from gvtui.query.filter.batch import NumberColumn
from gvtui.query.filter.field import Field
from gvtui.query.filter.fields import FIELDS, FIELDS_BY_NAME, find_field, similar_fields
from gvtui.query.filter.operators import ValueKind
from gvtui.query.filter.texts import TextColumn
from gvtui.trace.row import ROW_DTYPE
from gvtui.wire.pb.common_pb2 import ContextData

_OF_TEXTS = (ValueKind.TEXT, ValueKind.EVENT)


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_a_field_says_in_one_way_where_its_values_are(field: Field) -> None:
    ways = [way for way in (field.column, field.condition, field.forms) if way is not None]
    has_own = field.of_context and field.column is None
    assert len(ways) + has_own == 1
    assert (field.kind is ValueKind.ANY) == field.takes_argument == (field.arguments is not None)
    if isinstance(field.column, TextColumn):
        assert field.kind in _OF_TEXTS
        assert field.column.name in (ROW_DTYPE.names or ())
    elif isinstance(field.column, NumberColumn):
        assert field.kind not in _OF_TEXTS
        assert field.column.derive or field.column.name in (ROW_DTYPE.names or ())
    assert (field.kind is ValueKind.CHOICE) == bool(field.choices)
    assert set(field.aliases.values()) <= set(field.choices)


@pytest.mark.parametrize("path", [field.path for field in FIELDS if field.path])
def test_places_in_messages_exist(path: str) -> None:
    message = ContextData.DESCRIPTOR
    *outer, last = path.split(".")[1:]
    for name in outer:
        inner = message.fields_by_name[name].message_type
        assert inner is not None
        message = inner
    assert last in message.fields_by_name


def test_a_name_leads_to_its_field() -> None:
    assert find_field("proc.pid") == (FIELDS_BY_NAME["proc.pid"], "")
    assert find_field("evt.arg.flags") == (FIELDS_BY_NAME["evt.arg"], "flags")
    assert find_field("evt.arg") is None
    assert find_field("evt.arg.") is None
    assert find_field("pid") is None
    assert similar_fields("pid")[0] == "proc.pid"
