from __future__ import annotations

import pytest

from gvtui.points.groups import SETS
from gvtui.query.filter.compile import compile_filter
from gvtui.query.filter.fields import FIELDS
from gvtui.query.filter.help import EXAMPLES, reference
from gvtui.query.filter.operators import OPERATORS


def test_everything_is_in_the_reference() -> None:
    text = reference()
    for field in FIELDS:
        assert f"\n  {field.label} " in text
        assert field.example in text
    for operator in OPERATORS:
        assert f"\n  {operator.name} " in text
    for name in SETS:
        assert f"\n  {name} " in text


def test_the_reference_fits_a_terminal() -> None:
    text = reference()
    assert max(map(len, text.splitlines())) <= 100
    assert text.replace("\n", "").isprintable()


@pytest.mark.parametrize("text", [example for example, _ in EXAMPLES])
def test_examples_work(text: str) -> None:
    assert compile_filter(text).fields


def test_examples_of_fields_are_about_them() -> None:
    for field in FIELDS:
        (used,) = compile_filter(field.example).fields
        assert used.startswith(field.name)
        assert field.operators()
        assert field.description
