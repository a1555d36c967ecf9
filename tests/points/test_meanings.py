from __future__ import annotations

import pytest

from gvtui.points.bundled import bundled_catalogue
from gvtui.points.costs import FIELD_COSTS
from gvtui.points.meanings import FIELD_MEANINGS, field_words

CATALOGUE = bundled_catalogue()


def test_every_field_that_a_release_has_is_explained() -> None:
    known = {*CATALOGUE.optional_fields, *CATALOGUE.context_fields}
    assert known <= FIELD_MEANINGS.keys()
    assert FIELD_COSTS.keys() <= FIELD_MEANINGS.keys()


@pytest.mark.parametrize(
    ("field", "meaning", "cost"),
    [
        ("fd_info", "both addresses", "three look-ups"),
        ("pipe_proc_info", "other end of a pipe", "same parent"),
        ("binary_sha256", "SHA-256", "512"),
    ],
)
def test_a_field_is_told_with_its_cost(field: str, meaning: str, cost: str) -> None:
    words, _, costs = field_words(field).partition("; costs: ")
    assert meaning in words
    assert cost in costs


def test_a_field_that_is_not_known_has_no_words() -> None:
    assert field_words("future") == ""
    assert field_words("time") == FIELD_MEANINGS["time"]
