from __future__ import annotations

import json
from pathlib import Path

import pytest

from gvtui.agent.pod_init import SessionFile, start_problems, start_words
from gvtui.points.bundled import bundled_catalogue
from gvtui.points.document import SessionError, load_document, pod_init_document
from gvtui.points.session import Point, Session, Sink
from gvtui.points.tuning import remote_sink

SINK = Sink("remote", {"endpoint": "/tmp/s"})
SESSION = Session((Point("sentry/clone"),), (SINK,))


def test_a_new_file_becomes_a_pod_init_file(tmp_path: Path) -> None:
    path = tmp_path / "pod.json"
    file = SessionFile.open(path)
    assert not file.exists
    assert not file.changed_outside()
    file.staged = SESSION
    assert str(file.diff) == "+1 sink"
    file.write()
    assert json.loads(path.read_text()) == {"trace_session": SESSION.as_dict()}
    assert not file.diff
    assert file.is_wrapped
    assert SessionFile.open(path).written == SESSION


def test_staging_and_undo(tmp_path: Path) -> None:
    path = tmp_path / "pod.json"
    path.write_text('{"other": 1, "trace_session": {"name": "Default", "points": []}}')
    file = SessionFile.open(path)
    file.staged = SESSION
    assert '"other": 1' in file.text()
    assert "sentry/clone" not in path.read_text()
    file.undo()
    assert not file.diff


def test_changes_by_others_are_seen(tmp_path: Path) -> None:
    path = tmp_path / "pod.json"
    file = SessionFile.open(path)
    file.staged = SESSION
    file.write()
    assert not file.changed_outside()
    path.write_text('{"trace_session": {"name": "Default"}}')
    assert file.changed_outside()
    path.write_text("no")
    assert file.changed_outside()
    other = SessionFile.open(tmp_path / "new.json")
    (tmp_path / "new.json").write_text('{"name": "Default"}')
    assert other.changed_outside()


def test_raw_calls_are_written_in_step(tmp_path: Path) -> None:
    path = tmp_path / "pod.json"
    file = SessionFile.open(path)
    enter = Point("syscall/sysno/3/enter", (), ("time",))
    file.staged = Session((enter, Point("syscall/sysno/3/exit")))
    file.write()
    points = load_document(path).session.points
    assert [point.context_fields for point in points] == [("time",), ("time",)]


def test_a_file_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "pod.json"
    path.write_text("no")
    with pytest.raises(SessionError):
        SessionFile.open(path)


def test_a_sink_that_stops_containers_from_starting_is_warned_of() -> None:
    [problem] = start_problems(SESSION)
    assert problem.place == "sinks[0].ignore_setup_error"
    assert "no container can start" in problem.message
    forgiving = SESSION.with_sinks(remote_sink("/tmp/s", ignore_setup_error=True))
    assert start_problems(forgiving) == []


def words_of(path: Path, text: str) -> tuple[str, bool]:
    path.write_text(text)
    return start_words(SessionFile.open(path), bundled_catalogue())


def test_how_containers_start_is_told_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "pod.json"
    forgiving = SESSION.with_sinks(remote_sink("/tmp/s", ignore_setup_error=True))
    good = pod_init_document(forgiving).text()
    assert words_of(path, good) == ("containers that start from now on get it", True)
    words, traced = words_of(path, pod_init_document(SESSION).text())
    assert traced
    assert "no container can start" in words
    words, traced = words_of(path, good.replace("sentry/clone", "sentry/clon"))
    assert not traced
    assert words.startswith("containers that start from now on run untraced: points[0].name: ")
    words, traced = words_of(path, good.replace('"trace_session"', '"other": 1, "trace_session"'))
    assert not traced
    assert words.startswith("no container starts with it: other: a pod init file has no key")


def test_changes_around_the_session_are_seen(tmp_path: Path) -> None:
    path = tmp_path / "pod.json"
    path.write_text('{"mine": 1, "trace_session": {"name": "Default"}}')
    file = SessionFile.open(path)
    path.write_text('{"mine": 1, "trace_session": {"points": [],   "name": "Default"}}')
    assert not file.changed_outside()
    path.write_text('{"mine": 2, "trace_session": {"name": "Default"}}')
    assert file.changed_outside()
