from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.__main__ import HERE
from tests.fuzz.targets import TARGETS

if TYPE_CHECKING:
    from tests.fuzz.target import Target


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_seeds_and_what_failed_before_hold(target: Target) -> None:
    seeds = list(target.seeds())
    assert seeds
    for data in seeds:
        target.feed(data)
    for path in sorted((HERE / "corpus" / target.name).glob("*")):
        target.feed(path.read_bytes())


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
@given(data=st.data())
@settings(max_examples=15)
def test_seeds_that_are_cut_and_changed_hold(target: Target, data: st.DataObject) -> None:
    seeds = list(target.seeds())
    changed = bytearray(data.draw(st.sampled_from(seeds)))
    for place in data.draw(st.lists(st.integers(0, max(0, len(changed) - 1)), max_size=4)):
        if changed:
            changed[place] = data.draw(st.integers(0, 255))
    target.feed(bytes(changed[: data.draw(st.integers(0, len(changed)))]))
