"""Parts are filled section by section."""

from __future__ import annotations

import pytest

from gvtui.query.kept.framing import BrokenStateError
from gvtui.query.kept.series import StateSeries
from gvtui.query.kept.takenup import TakenUp
from gvtui.query.resolved.texts import Texts

NAMES = ("processes", "timeline", "numbers")


@pytest.fixture
def series() -> StateSeries:
    found = StateSeries({})
    found.write({name: {"texts": with_text(name)} for name in NAMES})
    return found


def with_text(text: str) -> Texts:
    texts = Texts()
    texts.number(text)
    return texts


def test_sections_are_filled_when_those_that_they_need_are(series: StateSeries) -> None:
    state = series.read_back()
    for name, restored in (("timeline", set()), ("processes", {"processes"}), ("timeline", None)):
        texts = Texts()
        state.offer(name, {"texts": texts})
        assert state.restored == ({"processes", "timeline"} if restored is None else restored)
        assert texts.text(len(texts) - 1) == (name if name in state.restored else "")


def test_a_section_is_filled_once(series: StateSeries) -> None:
    state = series.read_back()
    for text in ("processes", ""):
        texts = Texts()
        state.offer("processes", {"texts": texts})
        assert texts.text(len(texts) - 1) == text


def test_after_a_broken_section_none_is_believed(series: StateSeries) -> None:
    whole = series.read_back()

    def pieces(name: str) -> list[object]:
        if name == "timeline":
            raise BrokenStateError(name)
        return list(whole._pieces(name))

    state = TakenUp(whole._reader, pieces)  # type: ignore[arg-type]
    for name in NAMES:
        state.offer(name, {"texts": Texts()})
    assert state.restored == {"processes"}
