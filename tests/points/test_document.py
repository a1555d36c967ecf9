from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.points.document import (
    SessionDocument,
    SessionError,
    load_document,
    parse_document,
    pod_init_document,
    save_document,
)
from gvtui.points.session import Point, Session, Sink

BARE = """\
{
  "name": "Default",
  "points": [
    {"name": "container/start", "optional_fields": ["env"]},
    {"name": "syscall/openat/enter", "optional_fields": ["fd_path"], "context_fields": ["time", "group_id"]}
  ],
  "sinks": [
    {"name": "remote", "config": {"endpoint": "/tmp/gvisor_events.sock", "retries": 5}, "ignore_setup_error": true}
  ]
}
"""

SESSION = Session(
    points=(
        Point("container/start", ("env",)),
        Point("syscall/openat/enter", ("fd_path",), ("time", "group_id")),
    ),
    sinks=(Sink("remote", {"endpoint": "/tmp/gvisor_events.sock", "retries": 5}, True),),
)

POD_INIT = """{
    "first":   [1.50, 1E400, "kept as it is"],
    "trace_session": {"name": "Default",
        "points": []},
    "last": {"nested": {"trace_session": 1}}
}

"""


def problems_of(text: str) -> list[str]:
    with pytest.raises(SessionError) as caught:
        parse_document(text)
    return [str(problem) for problem in caught.value.problems]


def test_a_bare_session_is_read_and_written_the_same() -> None:
    document = parse_document(BARE)
    assert document.session == SESSION
    assert not document.is_wrapped
    assert document.text() == BARE


def test_a_pod_init_file_keeps_all_around_the_session() -> None:
    document = parse_document(POD_INIT)
    assert document.is_wrapped
    changed = document.with_session(SESSION).text()
    before, _, rest = POD_INIT.partition('{"name"')
    after = rest.partition("[]}")[2]
    assert changed.startswith(before)
    assert changed.endswith(after)
    assert parse_document(changed).session == SESSION
    assert '\n      "points": [' in changed


def test_a_new_pod_init_file() -> None:
    text = pod_init_document(SESSION).text()
    assert list(json.loads(text)) == ["trace_session"]
    assert parse_document(text).session == SESSION


def test_nulls_are_as_good_as_absent() -> None:
    text = '{"name": "Default", "points": null, "sinks": null, "options": null}'
    assert parse_document(text).session == Session()


def test_options_and_ignore_missing_come_through() -> None:
    text = '{"name": "Default", "ignore_missing": true, "options": {"cache": 7}}'
    session = parse_document(text).session
    assert session.ignore_missing
    assert session.options == {"cache": 7}
    assert parse_document(SessionDocument(session).text()).session == session


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"nam": "Default"}', ["nam: a session has no key 'nam'; did you mean 'name'?"]),
        (
            '{"points": [{"name": "a"}, {"optional_feilds": []}]}',
            ["points[1].optional_feilds: a point has no key 'optional_feilds'; did you mean 'optional_fields'?"],
        ),
        (
            '{"trace_session": {"sinks": [{"zzz": 1}]}}',
            ["trace_session.sinks[0].zzz: a sink has no key 'zzz'; a sink has name, config, ignore_setup_error"],
        ),
        ('{"points": {}}', ["points: an object where a list was expected"]),
        ('{"points": [1]}', ["points[0]: a number where an object with a name was expected"]),
        ('{"points": [{"name": 5}]}', ["points[0].name: a number where a string was expected"]),
        ('{"points": [{"context_fields": ["a", 1]}]}', ["points[0].context_fields[1]: a number where a field's name was expected"]),
        ('{"ignore_missing": "yes"}', ["ignore_missing: a string where true or false was expected"]),
        ('{"sinks": [{"config": []}]}', ["sinks[0].config: a list where an object was expected"]),
        ('{"trace_session": 5}', ["trace_session: a number where an object was expected"]),
        ('[{"name": "Default"}]', ["more than one session; a file holds one session, no list"]),
        (
            '{"trace_session": {}, "trace_session": {}}',
            ["trace_session: more than one session; keep one of them"],
        ),
        (
            '{"trace_session": {}, "points": []}',
            ["points: a pod init file has no key 'points'; move it under 'trace_session'; nothing may stand beside 'trace_session'"],
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_place(text: str, expected: list[str]) -> None:
    assert problems_of(text) == expected


def test_keys_are_read_as_go_reads_them() -> None:
    text = '{"NAME": "Default", "point\u017f": [{"Name": "a"}], "points": [{"context_fields": ["time"]}]}'
    assert parse_document(text).session == Session((Point("a", (), ("time",)),))
    wrapped = parse_document('{"Trace_Session" : {"name": "Default"}}')
    assert wrapped.is_wrapped
    assert wrapped.text().startswith('{"Trace_Session" : {\n')


def test_what_stands_around_a_session_is_told_and_kept() -> None:
    document = parse_document('{"mine": [1], "trace_session": {"name": "Default"}} more')
    assert document.session == Session()
    assert document.after == "} more"
    assert [problem.place for problem in document.problems] == ["mine"]
    assert parse_document('{"name": "Default"} more').text().endswith("}\n")


def test_every_problem_is_told() -> None:
    assert len(problems_of('{"a": 1, "points": [{"b": 1}, 2], "sinks": 3}')) == 4


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no JSON"),
        ("{", "line 1, column 2"),
        ("7", "a number, not an object"),
        ('{"options": NaN}', "a value was expected at line 1, column 13"),
        ("[" * 100_000, "more than 10,000 objects and lists in each other"),
        ('{"options": {"a": ' + "[" * 300 + "]" * 300 + "}}", "nested deeper than the 200 levels"),
        ("\ufeff{}", "byte order mark"),
    ],
)
def test_what_is_no_session_file(text: str, words: str) -> None:
    with pytest.raises(SessionError, match=words):
        parse_document(text)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(SessionError, match="No such file"):
        load_document(tmp_path / "none.json")
    with pytest.raises(SessionError, match="Is a directory"):
        load_document(tmp_path)
    bad = tmp_path / "latin.json"
    bad.write_bytes(b'{"name": "\xe4"}')
    with pytest.raises(SessionError, match=r"latin\.json is not UTF-8: byte 10"):
        load_document(bad)
    wrong = tmp_path / "wrong.json"
    wrong.write_text('{"nam": 1}')
    with pytest.raises(SessionError, match=r"wrong\.json: nam") as caught:
        load_document(wrong)
    assert caught.value.problems[0].place == "nam"


def test_writing_keeps_mode_and_link(tmp_path: Path) -> None:
    real = tmp_path / "real.json"
    real.write_text(BARE)
    real.chmod(0o640)
    link = tmp_path / "link.json"
    link.symlink_to("real.json")
    save_document(link, load_document(link).with_session(Session()))
    assert link.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert load_document(real).session == Session()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.json", "real.json"]


def test_a_new_file_can_be_read_by_the_runtime(tmp_path: Path) -> None:
    path = tmp_path / "new.json"
    save_document(path, SessionDocument(SESSION))
    assert path.read_text() == BARE
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_a_file_that_cannot_be_written_stays(tmp_path: Path) -> None:
    with pytest.raises(SessionError, match="cannot write"):
        save_document(tmp_path / "none" / "x.json", SessionDocument(SESSION))


_NAMES = st.text(max_size=20)
_FIELDS = st.lists(_NAMES, max_size=4).map(tuple)
_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
SESSIONS = st.builds(
    Session,
    points=st.lists(st.builds(Point, _NAMES, _FIELDS, _FIELDS), max_size=5).map(tuple),
    sinks=st.lists(
        st.builds(Sink, _NAMES, st.dictionaries(st.text(), _JSON, max_size=3), st.booleans()), max_size=3
    ).map(tuple),
    name=_NAMES,
    ignore_missing=st.booleans(),
    options=st.none() | st.dictionaries(st.text(), _JSON, max_size=3),
)  # fmt: skip


@given(SESSIONS)
def test_what_is_written_is_read_back(session: Session) -> None:
    text = SessionDocument(session).text()
    text.encode("utf-8")
    assert parse_document(text).session == session
    assert SessionDocument(parse_document(text).session).text() == text


_OTHERS = st.dictionaries(
    st.text().filter(
        lambda key: (
            key not in ("trace_session", "name", "points", "sinks", "ignore_missing", "options")
        )
    ),
    _JSON,
    max_size=4,
)


@given(_OTHERS, _OTHERS, SESSIONS, st.sampled_from([None, 1, 4]))
def test_other_keys_are_kept(
    first: dict[str, Any], last: dict[str, Any], session: Session, indent: int | None
) -> None:
    outer = {**first, "trace_session": {}, **{k: v for k, v in last.items() if k not in first}}
    changed = parse_document(json.dumps(outer, indent=indent)).with_session(session).text()
    assert json.loads(changed) == {**outer, "trace_session": session.as_dict()}
    assert list(json.loads(changed)) == list(outer)


@given(st.text() | _JSON.map(json.dumps))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        document = parse_document(text)
    except SessionError:
        return
    assert json.loads(document.text())
