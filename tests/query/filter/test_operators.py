from __future__ import annotations

import contextlib

import pytest

from gvtui.query.filter.compile import compile_filter
from gvtui.query.filter.error import FilterError
from gvtui.query.filter.field import Field
from gvtui.query.filter.fields import FIELDS
from gvtui.query.filter.operators import (
    BYTE_OPERATORS,
    OPERATORS,
    OPERATORS_BY_NAME,
    ValueKind,
)

EXAMPLES = {
    ValueKind.NUMBER: "7",
    ValueKind.RESULT: "ENOENT",
    ValueKind.DURATION: "10ms",
    ValueKind.TIME: "14:05",
    ValueKind.TEXT: "bash",
    ValueKind.PROCESS: "web/110",
    ValueKind.EVENT: "openat",
    ValueKind.ANY: "7",
}


def test_each_has_its_name() -> None:
    assert len(OPERATORS_BY_NAME) == len(OPERATORS)
    for operator in OPERATORS:
        meant = OPERATORS_BY_NAME[operator.alias_of or operator.name]
        assert not meant.alias_of
        assert meant.kinds == operator.kinds


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_a_filter_takes_the_operators_of_a_field_and_no_others(field: Field) -> None:
    name = f"{field.name}.{(field.arguments or list)()[0]}" if field.takes_argument else field.name
    value = next(iter(field.choices), "") or EXAMPLES[field.kind]
    value = "10.0.0.0/8" if field.is_net else value
    value = "cafe0123" if field.is_digest else value
    taken = []
    for operator in OPERATORS:
        values = f"({value})" if operator.takes_list else value
        values = "" if operator.name == "exists" else values
        values = "cafe" if operator.name in BYTE_OPERATORS else values
        with contextlib.suppress(FilterError):
            compile_filter(f"{name} {operator.name} {values}")
            taken.append(operator.name)
    assert taken == field.operators()
    assert {"=", "==", "!=", "in", "exists"} <= set(taken)


@pytest.mark.parametrize("kind", list(ValueKind))
def test_what_has_an_order_has_all_four_and_only_texts_have_parts(kind: ValueKind) -> None:
    names = {operator.name for operator in OPERATORS if kind in operator.kinds}
    order = {"<", "<=", ">", ">="}
    parts = (
        {"contains", "icontains", "startswith", "endswith", "glob", "regex"}
        | BYTE_OPERATORS
        | {"pmatch"}
    )
    assert names & order in (set(), order)
    assert names & parts in (set(), parts)
    assert bool(names & parts) == (kind in (ValueKind.TEXT, ValueKind.EVENT, ValueKind.ANY))
