from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from gvtui.points import problems
from gvtui.points.bundled import bundled_catalogue
from gvtui.points.check import check_session, doubts_about
from gvtui.points.document import SessionError, parse_document
from gvtui.points.problems import errors, nearest
from gvtui.points.session import Point, Session, Sink

if TYPE_CHECKING:
    from collections.abc import Iterable

BUNDLED = bundled_catalogue("x86_64")
CATALOGUE = replace(BUNDLED, is_bundled=False, source="runsc 1")
SINK = Sink("remote", {"endpoint": "/tmp/s.sock"})
GOOD = Session((Point("syscall/openat/enter", ("fd_path",), ("time",)),), (SINK,))


def found(session: Session, catalogue: Any = CATALOGUE) -> list[tuple[str, str, str]]:
    return [
        (problem.severity, problem.place, f"{problem.message}; {problem.hint}")
        for problem in check_session(session, catalogue)
    ]


def only(session: Session, catalogue: Any = CATALOGUE) -> tuple[str, str, str]:
    problems = found(session, catalogue)
    assert len(problems) == 1
    return problems[0]


def with_config(**config: Any) -> Session:
    return replace(GOOD, sinks=(Sink("remote", {"endpoint": "/tmp/s", **config}),))


def test_a_good_session() -> None:
    assert found(GOOD) == []


def test_the_name_is_fixed() -> None:
    severity, place, text = only(replace(GOOD, name="Mine"))
    assert (severity, place) == ("error", "name")
    assert "no session name but 'Default', not 'Mine'" in text


def test_an_unknown_point_is_answered_with_the_nearest() -> None:
    severity, place, text = only(replace(GOOD, points=(Point("syscall/opnat/enter"),)))
    assert (severity, place) == ("error", "points[0].name")
    assert "runsc 1 has no point 'syscall/opnat/enter'" in text
    assert "did you mean 'syscall/openat/enter'?" in text


def test_an_unknown_point_that_is_skipped_is_a_warning() -> None:
    session = replace(GOOD, points=(*GOOD.points, Point("no/such")), ignore_missing=True)
    severity, _, text = only(session)
    assert severity == "warning"
    assert "ignore_missing skips it" in text


NEWER_POINT = replace(GOOD, points=(Point("sentry/mmap"),))
NEWER_FIELD = replace(GOOD, points=(Point("sentry/clone", (), ("is_exec_session",)),))


@pytest.mark.parametrize("session", [NEWER_POINT, NEWER_FIELD])
def test_what_cannot_be_told_of_a_version_is_a_warning(session: Session) -> None:
    assert found(session, bundled_catalogue("x86_64")) == []
    severity, _, text = only(session, bundled_catalogue("x86_64", "2025-03"))
    assert severity == "warning"
    assert "cannot be told" in text
    assert "the list of 2026-09 has it, that of 2024-07 has not" in text
    assert only(session, bundled_catalogue("x86_64", "2024-07"))[0] == "error"
    assert len(doubts_about(session, bundled_catalogue("x86_64", "2025-03"))) == 1
    assert doubts_about(session, bundled_catalogue("x86_64", "2024-07")) == []


def test_what_a_version_later_than_all_lists_has_besides_cannot_be_told() -> None:
    later = bundled_catalogue("arm64", "2027-01")
    session = replace(GOOD, points=(Point("sentry/new", (), ("newer",)),))
    assert only(session, later)[0] == "warning"
    session = replace(GOOD, points=(Point("sentry/clone", (), ("newer",)),))
    assert only(session, later)[0] == "warning"
    severity, _, text = only(replace(GOOD, points=(Point("syscall/fork/enter"),)), later)
    assert severity == "error"
    assert "arm64 has no such system call" in text


def test_what_a_version_earlier_than_all_lists_lacks_cannot_be_told() -> None:
    severity, _, text = only(GOOD, bundled_catalogue("x86_64", "2021-01"))
    assert severity == "warning"
    assert "what an earlier version lacks cannot be told" in text


@pytest.mark.parametrize(
    ("point", "place", "text"),
    [
        (
            Point("syscall/openat/enter", ("fdpath",)),
            "points[0].optional_fields[0]",
            "did you mean 'fd_path'?",
        ),
        (Point("sentry/clone", ("zzz",)), "points[0].optional_fields[0]", "no optional fields"),
        (
            Point("sentry/clone", (), ("time", "group_di")),
            "points[0].context_fields[1]",
            "did you mean 'group_id'?",
        ),
        (
            Point("sentry/exit_notify_parent", (), ("cwd",)),
            "points[0].context_fields[0]",
            "it has time,",
        ),
    ],
)
def test_unknown_fields(point: Point, place: str, text: str) -> None:
    problem = only(replace(GOOD, points=(point,)))
    assert problem[:2] == ("error", place)
    assert text in problem[2]


def test_duplicates() -> None:
    twice = replace(GOOD, points=GOOD.points * 2)
    assert only(twice)[:2] == ("warning", "points[1].name")
    assert "stands at points[0] already" in only(twice)[2]
    fields = replace(GOOD, points=(Point("sentry/clone", (), ("time", "time")),))
    assert only(fields)[:2] == ("warning", "points[0].context_fields[1]")


def test_points_need_a_name() -> None:
    assert only(replace(GOOD, points=(Point(""),)))[:2] == ("error", "points[0].name")


def test_nothing_traced_and_nothing_sent() -> None:
    assert only(replace(GOOD, points=()))[:2] == ("warning", "points")
    assert only(replace(GOOD, sinks=()))[:2] == ("warning", "sinks")


def test_raw_sides_out_of_step() -> None:
    enter = Point("syscall/sysno/3/enter", (), ("time",))
    leave = Point("syscall/sysno/3/exit", (), ("time", "cwd"))
    assert only(replace(GOOD, points=(enter, leave)))[:2] == (
        "warning",
        "points[1].context_fields",
    )
    assert "switch syscall/sysno/3/enter on" in only(replace(GOOD, points=(leave,)))[2]
    assert found(replace(GOOD, points=(enter, replace(leave, context_fields=("time",))))) == []
    assert found(replace(GOOD, points=(replace(leave, context_fields=()),))) == []


@pytest.mark.parametrize(
    ("config", "severity", "key", "text"),
    [
        ({"endpoint": 7}, "error", "endpoint", "7 is not a string"),
        ({"endpoint": None}, "error", "endpoint", "None is not a string"),
        ({"endpoint": ""}, "error", "endpoint", "no path"),
        ({"endpoint": "\0"}, "error", "endpoint", "no path"),
        ({"endpoint": "/a\0b"}, "warning", "endpoint", "ends at its NUL"),
        ({"endpoint": "@a"}, "warning", "endpoint", "abstract"),
        ({"endpoint": "/" + "x" * 107}, "error", "endpoint", "108 bytes are too long"),
        ({"endpoint": "/" + "ä" * 54}, "error", "endpoint", "109 bytes are too long"),
        ({"endpoint": "here.sock"}, "warning", "endpoint", "relative"),
        ({"retries": 1.5}, "error", "retries", "1.5 is not a whole number"),
        ({"retries": "5"}, "error", "retries", "'5' is not a whole number"),
        ({"retries": True}, "error", "retries", "True is not a whole number"),
        ({"retries": None}, "error", "retries", "None is not a whole number"),
        ({"retries": float("inf")}, "error", "retries", "not a whole number"),
        ({"retries": -1}, "warning", "retries", "none"),
        ({"retries": 101}, "warning", "retries", "hold the traced program up"),
        ({"backoff": 5}, "error", "backoff", "5 is not a string"),
        ({"backoff": "5"}, "error", "backoff", "no duration"),
        ({"backoff_max": "ten"}, "error", "backoff_max", "no duration"),
        ({"backoff": "20ms"}, "error", "backoff", "above backoff_max (10ms, the default)"),
        ({"backoff_max": "20us"}, "error", "backoff", "(25us, the default) is above"),
        ({"backoff": "-1us"}, "warning", "backoff", "below 0"),
        ({"retry": 5}, "warning", "retry", "did you mean 'retries'?"),
    ],
)
def test_settings_of_the_remote_sink(
    config: dict[str, Any], severity: str, key: str, text: str
) -> None:
    problem = only(with_config(**config))
    assert problem[:2] == (severity, f"sinks[0].config.{key}")
    assert text in problem[2]


@pytest.mark.parametrize(
    "config",
    [
        {"retries": 5, "backoff": "100us", "backoff_max": "5ms"},
        {"retries": 5.0},
        {"backoff": "10ms"},
        {"backoff": "0"},
        {"endpoint": "/" + "x" * 106},
    ],
)
def test_settings_that_the_remote_sink_takes(config: dict[str, Any]) -> None:
    assert found(with_config(**config)) == []


def test_a_remote_sink_needs_an_endpoint() -> None:
    problem = only(replace(GOOD, sinks=(Sink("remote"),)))
    assert problem[:2] == ("error", "sinks[0].config.endpoint")


def test_other_sinks() -> None:
    assert only(replace(GOOD, sinks=(Sink("remot"),)))[:2] == ("error", "sinks[0].name")
    null = found(replace(GOOD, sinks=(Sink("null"),)))
    assert [(severity, place) for severity, place, _ in null] == [
        ("warning", "sinks"),
        ("error", "sinks[0].name"),
    ]
    assert "bad file descriptor" in null[1][2]
    assert "all comes twice" in only(replace(GOOD, sinks=(SINK, SINK)))[2]


def test_errors_are_picked_out() -> None:
    problems = check_session(replace(GOOD, name="x", sinks=()), CATALOGUE)
    assert [problem.place for problem in errors(problems)] == ["name"]


def test_a_file_of_unknown_names_costs_few_comparisons(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def counting(word: str, known: Iterable[str]) -> str:
        asked.append(word)
        return nearest(word, known)

    monkeypatch.setattr(problems, "nearest", counting)
    unknown = [Point(f"syscall/opnat{number}/enter", (), ()) for number in range(200)]
    fields = tuple(f"f{number}" for number in range(200))
    points = (*unknown, Point("syscall/openat/enter", (), fields))
    bad = errors(check_session(replace(GOOD, points=points), CATALOGUE))
    assert len(bad) == 400
    assert "did you mean" in bad[0].hint
    assert len(asked) == problems.MAX_HINTS


def test_unknown_keys_cost_few_comparisons(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def counting(word: str, _: Iterable[str]) -> str:
        asked.append(word)
        return ""

    monkeypatch.setattr(problems, "nearest", counting)
    with pytest.raises(SessionError) as caught:
        parse_document("{" + ",".join(f'"nmae{n}": 1' for n in range(200)) + "}")
    assert len(caught.value.problems) == 200
    assert len(asked) == problems.MAX_HINTS


def test_doubled_objects_are_joined() -> None:
    text = '{"name": "Default", "options": {"a": 1}, "options": {"b": 2, "a": 3}, "sinks": []}'
    assert parse_document(text).session.options == {"a": 3, "b": 2}
