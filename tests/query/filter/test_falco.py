"""Thirteen of Falco's rules on recordings of a real workload, one of each order of messages."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from gvtui.query.filter.compile import compile_filter
from gvtui.trace.reader import Trace
from tests.query.filter.falco import RULES, found

RECORDINGS = sorted((Path(__file__).parents[2] / "data" / "falco").glob("*.trace"))


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_a_rule_finds_what_it_looks_for_and_nothing_else(path: Path, rule: str) -> None:
    condition, expected = RULES[rule]
    with closing(Trace.open(path)) as trace:
        assert found(trace, condition) == expected


def test_there_are_recordings_and_rules() -> None:
    assert len(RECORDINGS) == 2
    assert len(RULES) == 13
    assert all(compile_filter(condition).text for condition, _ in RULES.values())
