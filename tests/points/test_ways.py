from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.points.bundled import bundled_catalogue
from gvtui.points.problems import Verdict
from gvtui.points.ways import judge

NEWEST = replace(bundled_catalogue(), is_bundled=False, source="runsc 2")
OLD = replace(NEWEST, source="runsc 1", lacking_keys=frozenset(["options"]))
TRACED, UNTRACED, REFUSED = Verdict.TRACED, Verdict.UNTRACED, Verdict.REFUSED

REMOTE: dict[str, Any] = {"name": "remote", "config": {"endpoint": "/tmp/s"}}
GOOD: dict[str, Any] = {
    "name": "Default",
    "points": [{"name": "sentry/clone"}],
    "sinks": [REMOTE],
}


def wrapped(session: object, **beside: Any) -> bytes:
    return json.dumps({"trace_session": session, **beside}).encode()


def ends(raw: bytes, catalogue: Any = NEWEST) -> tuple[Verdict, Verdict]:
    endings = judge(raw, catalogue).endings
    return endings["trace-create"].verdict, endings["pod-init"].verdict


def changed(**keys: Any) -> bytes:
    return wrapped({**GOOD, **keys})


def sink(**config: Any) -> list[dict[str, Any]]:
    return [{"name": "remote", "config": {"endpoint": "/tmp/s", **config}}]


def test_a_good_file() -> None:
    judgement = judge(wrapped(GOOD), NEWEST)
    assert ends(wrapped(GOOD)) == (TRACED, TRACED)
    assert judgement.problems == ()
    assert judgement.meant == ("trace-create", "pod-init")
    assert judgement.session is not None


def test_a_bare_session_is_for_trace_create_alone() -> None:
    judgement = judge(json.dumps(GOOD).encode(), NEWEST)
    assert judgement.meant == ("trace-create",)
    assert judgement.problems == ()
    assert judgement.endings["trace-create"].verdict is TRACED
    assert judgement.endings["pod-init"].verdict is REFUSED
    assert "bare" in judgement.endings["pod-init"].reason


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (wrapped(GOOD, other=1), (REFUSED, REFUSED)),
        (changed(other=1), (REFUSED, REFUSED)),
        (changed(points=[{"name": "sentry/clone", "x": 1}]), (REFUSED, REFUSED)),
        (changed(name="Mine"), (REFUSED, UNTRACED)),
        (changed(name=None), (REFUSED, UNTRACED)),
        (changed(points=[]), (UNTRACED, UNTRACED)),
        (changed(points=[{"name": "no/such"}]), (REFUSED, UNTRACED)),
        (changed(points=[{"name": "no/such"}], ignore_missing=True), (UNTRACED, UNTRACED)),
        (changed(points=[{}, *GOOD["points"]], ignore_missing=True), (TRACED, TRACED)),
        (changed(points=GOOD["points"] * 2), (TRACED, TRACED)),
        (changed(sinks=[]), (UNTRACED, UNTRACED)),
        (changed(sinks=[{"name": "null"}]), (REFUSED, UNTRACED)),
        (changed(sinks=[{"name": "null"}, REMOTE]), (REFUSED, TRACED)),
        (changed(sinks=[{"name": "no"}]), (REFUSED, REFUSED)),
        (changed(sinks=[{"name": "no", "ignore_setup_error": True}]), (REFUSED, UNTRACED)),
        (changed(sinks=[REMOTE, {"name": "no", "ignore_setup_error": True}]), (REFUSED, TRACED)),
        (changed(sinks=[{"name": "no", "ignore_setup_error": True}, REMOTE]), (REFUSED, UNTRACED)),
        (changed(sinks=[{"name": "remote"}]), (REFUSED, REFUSED)),
        (changed(sinks=[{"name": "remote", "ignore_setup_error": True}]), (REFUSED, UNTRACED)),
        (changed(sinks=sink(retries="5")), (REFUSED, UNTRACED)),
        (changed(sinks=[REMOTE, *sink(retries="5")]), (REFUSED, TRACED)),
        (changed(sinks=[*sink(retries="5"), REMOTE, *sink(retries="6")]), (REFUSED, UNTRACED)),
        (changed(sinks=sink(retries=2**62)), (TRACED, TRACED)),
        (changed(sinks=sink(retries=2**63)), (REFUSED, UNTRACED)),
        (changed(sinks=sink(backoff="20ms")), (REFUSED, UNTRACED)),
        (changed(sinks=sink(deep=1)).replace(b"1", b"[" * 9_995 + b"]" * 9_995), (REFUSED, TRACED)),
        (changed(sinks=sink(deep=1)).replace(b"1", b"[" * 9_994 + b"]" * 9_994), (TRACED, TRACED)),
        (changed(options=5), (REFUSED, REFUSED)),
        (wrapped(None), (REFUSED, UNTRACED)),
        (b"null", (REFUSED, UNTRACED)),
        (b"{}", (REFUSED, UNTRACED)),
        (b"", (REFUSED, REFUSED)),
        (b"[]", (REFUSED, REFUSED)),
        (b"\xef\xbb\xbf" + wrapped(GOOD), (REFUSED, REFUSED)),
    ],
)  # fmt: skip
def test_each_way_ends_as_runsc_has_it(raw: bytes, expected: tuple[Verdict, Verdict]) -> None:
    judgement = judge(raw, NEWEST)
    assert ends(raw) == expected
    for ending in judgement.endings.values():
        assert bool(ending.reason) == (ending.verdict is not TRACED)
    if expected != (TRACED, TRACED):
        assert judgement.problems


def test_an_old_runsc_refuses_a_newer_key_whatever_its_value() -> None:
    for value in ({"execve_hash_cache_capacity": 5}, {}, None):
        assert ends(changed(options=value)) == (TRACED, TRACED)
        assert ends(changed(options=value), OLD) == (REFUSED, REFUSED)
    [problem] = judge(changed(options=None), OLD).problems
    assert problem.message == "runsc 1 has no key 'options' and refuses the whole file"


def test_trace_create_reads_on_where_the_pod_init_file_has_ended() -> None:
    good = wrapped(GOOD)
    assert ends(good + b"\n\n") == (TRACED, TRACED)
    assert ends(good + b" x") == (REFUSED, TRACED)
    assert ends(good + b" {}") == (REFUSED, TRACED)
    assert ends(good + b" " * 4096 + b"x") == (TRACED, TRACED)
    assert ends(good + changed(points=[])) == (UNTRACED, TRACED)
    assert ends(json.dumps(GOOD).encode() + b" x") == (TRACED, REFUSED)
    told = judge(good + b" x", NEWEST).problems
    assert [problem.severity for problem in told] == ["warning", "error"]


def test_keys_are_taken_as_go_takes_them() -> None:
    assert ends(wrapped(GOOD).replace(b'"points"', b'"Points"')) == (TRACED, TRACED)
    assert ends(wrapped(GOOD).replace(b'"endpoint"', b'"Endpoint"')) == (REFUSED, REFUSED)
    twice = wrapped(GOOD)[:-2] + b', "points": [{"context_fields": ["time"]}]}}'
    judgement = judge(twice, NEWEST)
    assert judgement.session is not None
    [point] = judgement.session.points
    assert (point.name, point.context_fields) == ("sentry/clone", ("time",))
    assert "stands twice" in judgement.problems[0].message


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (-1, "below 0: gVisor takes 0"),
        (-0.5, "below 0: gVisor takes 0"),
        (2.75, "cuts it to 2"),
        ("64", "no number: gVisor takes 512"),
        (True, "no number: gVisor takes 512"),
        (None, "no number: gVisor takes 512"),
        ([64], "no number: gVisor takes 512"),
        (1e300, "out of range"),
        (5_000_000, "sets some 500 MB of memory aside"),
    ],
)
def test_what_becomes_of_an_odd_capacity(value: object, words: str) -> None:
    raw = changed(options={"execve_hash_cache_capacity": value})
    assert ends(raw) == (TRACED, TRACED)
    [problem] = judge(raw, NEWEST).problems
    assert (problem.severity, problem.place) == ("warning", "options.execve_hash_cache_capacity")
    assert words in problem.message


def test_other_options_are_told() -> None:
    [problem] = judge(changed(options={"execve_hash_cache": 1}), NEWEST).problems
    assert (problem.severity, problem.place) == ("warning", "options.execve_hash_cache")
    assert "did you mean" in problem.hint
    assert judge(changed(options={"execve_hash_cache_capacity": 64.0}), NEWEST).problems == ()


_KEYS = st.sampled_from(
    ["trace_session", "name", "points", "sinks", "config", "options", "optional_fields", "status",
     "context_fields", "ignore_missing", "endpoint", "retries", "backoff", "DroppedCount", "other"]
)  # fmt: skip
_LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["", "Default", "remote", "null", "sentry/clone", "time", "1ms", "/tmp/s"])
)
_VALUES: st.SearchStrategy[Any] = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=6),
    max_leaves=30,
)


@given(_VALUES, st.binary(max_size=4))
def test_whatever_a_file_holds_each_way_has_an_end(value: object, after: bytes) -> None:
    judgement = judge(json.dumps(value).encode() + after, OLD)
    for way, ending in judgement.endings.items():
        assert bool(ending.reason) == (ending.verdict is not TRACED), way
