from __future__ import annotations

import json

import pytest
from hypothesis import given

from gvtui.points.document import SessionDocument
from gvtui.points.gojson import read_value
from gvtui.points.problems import Verdict
from gvtui.points.reading import Reading, read_pod_init, read_session
from gvtui.points.session import Point, Session, Sink
from tests.points.test_document import SESSIONS


def read(text: str) -> Reading:
    return read_session(read_value(text.encode()))


@given(SESSIONS)
def test_what_gvtui_writes_is_read_as_it_was(session: Session) -> None:
    reading = read(SessionDocument(session).text())
    assert reading.session == session
    assert not reading.is_refused


def test_a_file_without_a_session_has_an_empty_one() -> None:
    for text in ("{}", "null", '{"trace_session": null}', '{"trace_session": {}}'):
        assert read_pod_init(read_value(text.encode())) == Reading(Session(name=""), ())


@pytest.mark.parametrize(
    ("text", "session"),
    [
        ('{"name": "a", "name": null}', Session(name="a")),
        ('{"name": "a", "NAME": "b"}', Session(name="b")),
        ('{"name": null, "ignore_missing": null}', Session(name="")),
        ('{"points": [{"name": null}]}', Session((Point(""),), name="")),
        (
            '{"sinks": [{"name": null, "config": null, "ignore_setup_error": null}]}',
            Session((), (Sink(""),), name=""),
        ),
        ('{"points": [{"name": "a"}], "points": null}', Session(name="")),
        ('{"points": [{"name": "a"}], "points": []}', Session(name="")),
        (
            '{"points": [{"name": "a"}, {"name": "b"}], "points": [{"context_fields": ["c"]}]}',
            Session((Point("a", (), ("c",)),), name=""),
        ),
        (
            '{"points": [{"name": "a"}, {"name": "b"}], "points": [null], "points": [{}, {}]}',
            Session((Point("a"), Point("b")), name=""),
        ),
        (
            '{"sinks": [{"config": {"a": 1, "b": 1}, "config": {"b": 2}}]}',
            Session((), (Sink("", {"a": 1, "b": 2}),), name=""),
        ),
        (
            '{"sinks": [{"config": {"a": 1}, "config": null}], "options": {}}',
            Session((), (Sink(""),), name="", options={}),
        ),
        ('{"sinks": [{"status": {"droppedcount": 5}}]}', Session((), (Sink(""),), name="")),
        (
            '{"sinks": [{"status": {"DroppedCount": 18446744073709551615}}]}',
            Session((), (Sink(""),), name=""),
        ),
    ],
)
def test_null_and_keys_that_stand_twice(text: str, session: Session) -> None:
    reading = read(text)
    assert reading.session == session
    assert not reading.is_refused


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("5", ""),
        ('{"x": 1}', "x"),
        ('{"name": 1}', "name"),
        ('{"points": [[]]}', "points[0]"),
        ('{"points": [{"optional_fields": [null, 5]}]}', "points[0].optional_fields[1]"),
        ('{"sinks": [{"config": {"a": [1e999]}}]}', "sinks[0].config"),
        ('{"sinks": [{"status": {"dropped_count": 1}}]}', "sinks[0].status.dropped_count"),
        ('{"sinks": [{"status": {"DroppedCount": -1}}]}', "sinks[0].status.DroppedCount"),
        ('{"sinks": [{"status": {"DroppedCount": 18446744073709551616}}]}', "sinks[0].status.DroppedCount"),
        ('{"ignore_missing": 1}', "ignore_missing"),
    ],
)  # fmt: skip
def test_what_runsc_cannot_read(text: str, place: str) -> None:
    reading = read(text)
    [problem] = [each for each in reading.problems if each.severity == "error"]
    assert problem.place == place
    assert (problem.trace_create, problem.pod_init) == (Verdict.REFUSED, Verdict.REFUSED)
    assert reading.is_refused


def test_many_keys_are_read() -> None:
    config = json.dumps({str(number): number for number in range(50_000)})
    [sink] = read(f'{{"sinks": [{{"config": {config}}}]}}').session.sinks
    assert len(sink.config) == 50_000
