from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gvtui.trace.reader import Trace
from gvtui.trace.writer import TraceWriter
from gvtui.tui.model.model import Model
from gvtui.tui.search.match import CallWords, pattern_of
from gvtui.tui.search.search import Search
from gvtui.tui.stream.columns import (
    RowLook,
    TimeMode,
    call_text,
    duration_text,
    field_column,
    field_text,
    result_text,
    time_text,
)
from gvtui.wire.header import build_message
from tests.trace.recorder import START_NS, TRACES, Recorder, open_message

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WORDS: dict[Model, CallWords] = {}


def model_of(path: Path) -> Model:
    model = Model(Trace.open(path))
    catch_up(model)
    return model


def catch_up(model: Model) -> None:
    while model.refresh(0.1):
        pass


@pytest.fixture(scope="module", params=["shell-2024", "network-2024", "upstream-echo"])
def model(request: pytest.FixtureRequest) -> Iterator[Model]:
    model = model_of(TRACES / f"{request.param}.trace")
    yield model
    model.trace.close()


def plainly(model: Model, text: str, look: RowLook | None = None) -> list[int]:
    """What a search has to find, by putting every row into words."""
    look = look or RowLook()
    pattern = pattern_of(text)
    found, previous = [], None
    for row_id in model.view:
        shown = model.texts.text(row_id, whole=model.whole_calls)
        row = shown.row
        cells = [
            shown.rule,
            "" if shown.rule else time_text(model, look, row.when_ns, previous),
            shown.container,
            shown.process,
            str(row.pid or ""),
            str(row.tid or ""),
            "" if shown.rule else call_text(shown),
            result_text(shown),
            duration_text(shown),
            *(field_text(model, column.key, row_id) for column in look.added),
        ]
        if shown.rule:
            cells = [shown.rule]
        if any(pattern.search(cell) for cell in cells):
            found.append(row_id)
        previous = row_id
    return found


def found_by(search: Search) -> list[int]:
    while search.advance(1.0):
        pass
    assert search.complete
    assert search.progress == 1.0
    row_ids, here = [], -1
    for _ in range(search.count):
        step = search.step(here, 1)
        assert step is not None
        row_ids.append(step)
        here = step
    return row_ids


TEXTS = [
    "passwd",
    "O_CLOEXEC",
    "bash",
    "Bash",
    "ENOENT",
    "1",
    "µs",
    "17:36",
    "exited",
    "→",
    "(3",
    ", ",
]


@pytest.mark.parametrize("text", TEXTS)
def test_finds_what_the_rows_say(model: Model, text: str) -> None:
    for start in (model.trace.first_row, model.view.count // 2, model.trace.end_row):
        assert found_by(Search(model, RowLook(), text, start, CallWords())) == plainly(model, text)


@pytest.mark.parametrize("mode", list(TimeMode))
def test_times_are_searched_as_they_are_shown(model: Model, mode: TimeMode) -> None:
    look = RowLook(time_mode=mode)
    for text in ("+1", "7:36:4"):
        assert found_by(Search(model, look, text, 5, CallWords())) == plainly(model, text, look)


def test_whole_calls_and_added_columns_are_searched(model: Model) -> None:
    model.whole_calls = True
    look = RowLook(added=(field_column("context.cwd"), field_column("evt.arg.flags")))
    model.apply_chips()
    try:
        while model.refresh(0.1):
            pass
        for text in ("exit not seen", "O_RDONLY", "/root", "ms", "0x"):
            search = Search(model, look, text, 100, CallWords())
            assert found_by(search) == plainly(model, text, look)
    finally:
        model.whole_calls = False
        model.apply_chips()
        catch_up(model)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_part_of_a_row_leads_to_it(model: Model, data: st.DataObject) -> None:
    row_id = model.view[data.draw(st.integers(0, model.view.count - 1))]
    shown = model.texts[row_id]
    full = shown.rule or data.draw(
        st.sampled_from([call_text(shown), result_text(shown) or shown.name, shown.container])
    )
    if not full:
        return
    start = data.draw(st.integers(0, len(full) - 1))
    text = full[start : data.draw(st.integers(start + 1, len(full)))]
    start_row = data.draw(st.integers(0, model.trace.end_row))
    words = WORDS.setdefault(model, CallWords())
    search = Search(model, RowLook(), text, start_row, words)
    assert row_id in found_by(search)


def test_only_rows_of_the_view_are_found(model: Model) -> None:
    model.chips.put("evt.dir = X")
    model.apply_chips()
    try:
        while model.refresh(0.1):
            pass
        search = Search(model, RowLook(), "a", model.trace.end_row // 2, CallWords())
        assert found_by(search) == plainly(model, "a")
        assert not search.is_stale
    finally:
        model.chips.remove(0)
        model.apply_chips()
        catch_up(model)
    assert search.is_stale


def test_steps_go_round_and_say_where_they_are(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    for name in ("/a", "/b", "/a", "/c", "/a"):
        recorder.add(path=name)
    model = model_of(recorder.path)
    search = Search(model, RowLook(), '"/a"', 4, CallWords())
    assert search.number_of(3) is None
    assert found_by(search) == [1, 3, 5]
    assert [search.number_of(row) for row in (1, 2, 3, 5)] == [1, None, 2, 3]
    assert [search.step(row, 1) for row in (0, 1, 2, 5)] == [1, 3, 3, 1]
    assert [search.step(row, -1) for row in (0, 1, 4, 5)] == [5, 5, 3, 3]
    assert search.has(3)
    assert not search.has(4)
    model.trace.close()


def test_a_step_waits_until_the_nearest_match_is_known() -> None:
    model = model_of(TRACES / "shell-2024.trace")
    everything = plainly(model, "passwd")
    search = Search(model, RowLook(), "passwd", 1000, CallWords())
    assert search.step(1000, 1) is None
    assert search.step(1000, -1) is None
    while search.step(1000, -1) is None:
        # Its time may be over before it has tested any row.
        assert search.advance(0.001, -1) or not search.complete
    assert search.step(1000, -1) == max(row for row in everything if row < 1000)
    assert search.step(0, 1) is None or search.reaches_start
    model.trace.close()


def test_rows_that_come_later_are_found(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(2, path="/a")
    model = model_of(recorder.path)
    search = Search(model, RowLook(), "/a", 0, CallWords())
    assert found_by(search) == [1, 2]
    recorder.add(3, path="/a")
    while model.refresh(0.1):
        pass
    assert found_by(search) == [1, 2, 3, 4, 5]
    model.trace.close()


def test_a_call_is_found_by_its_result_once_it_has_returned(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    enter = open_message("/a", time_ns=START_NS)
    recorder.writer.message(1, START_NS, enter)
    recorder.writer.flush()
    model = model_of(recorder.path)
    model.whole_calls = True
    model.apply_chips()
    while model.refresh(0.1):
        pass
    search = Search(model, RowLook(), "EACCES", 0, CallWords())
    assert found_by(search) == []
    recorder.writer.message(1, START_NS, open_message("/a", errno=13, time_ns=START_NS))
    recorder.writer.flush()
    while model.refresh(0.1):
        pass
    assert found_by(search) == [1]
    model.trace.close()


def test_hostile_messages_are_searched_as_they_are_shown(tmp_path: Path) -> None:
    path = tmp_path / "a.gvtrace"
    writer = TraceWriter(path)
    writer.opened(1, START_NS, {})
    payloads = [b"", b"\x0a", b"\x0a\xff\xff\xff\xff\xff\x01", b"\x0a\x02\x42\x05x", b"\xff" * 9]
    for payload in payloads:
        for kind in (7, 99):
            writer.message(1, START_NS, build_message(kind, payload))
    writer.message(1, START_NS, b"short")
    writer.message(1, START_NS, open_message("/a\x1b[31m\u202egpj", process="b\x07d"))
    writer.close()
    model = model_of(path)
    for text in ("malformed", "bytes", "\\x1b", "\x1b", "b\\x07d", "\\u202e", "ff"):
        assert found_by(Search(model, RowLook(), text, 3, CallWords())) == plainly(model, text)
    assert found_by(Search(model, RowLook(), "\x1b", 3, CallWords())) == []
    model.trace.close()


def test_rows_that_go_are_forgotten(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "a.gvtrace")
    recorder.add(10, path="/a")
    model = model_of(recorder.path)
    search = Search(model, RowLook(), "/a", 0, CallWords())
    assert len(found_by(search)) == 10
    model.trace.first_row = 6
    model.view.advance(1.0)
    search.advance()
    assert search.count == 5
    assert search.number_of(6) == 1
    model.trace.close()
