from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gvtui.agent.containers import Container
from gvtui.agent.outcome import ChangeOutcome, Gap, State
from gvtui.agent.runsc import Runsc
from gvtui.points.document import parse_document
from gvtui.points.session import Point, Session
from gvtui.trace.marks import GapMark, SessionMark

NEW = Session((Point("sentry/clone", (), ("time",)),))
FORMER = Session((Point("syscall/open/enter"),))
INNER = Container("inner", Path("/r"), Runsc("runsc"), "running", 7, "pod")


def outcome(state: State = State.APPLIED, **more: Any) -> ChangeOutcome:
    values = {"session": NEW, "former": FORMER, "pids": (9, 8), **more}
    return ChangeOutcome(INNER, state, "it runs", **values)


def test_what_is_noted_in_the_recording() -> None:
    gap, mark = outcome(gap=Gap(1, 2)).marks()
    assert gap == GapMark(
        "gap of at most 1 ms: points of pod are missing while its session was replaced", "pod", 1, 2
    )
    assert isinstance(mark, SessionMark)
    assert mark.text == "session applied for pod, 1 point (+1 −1)"
    assert (mark.state, mark.pid, mark.container_id) == ("applied", 9, "pod")
    assert parse_document(mark.session).session == NEW
    assert (mark.gap_start_ns, mark.gap_end_ns) == (1, 2)


def test_the_end_of_a_session_is_noted_too() -> None:
    (mark,) = outcome(State.LOST, session=None).marks()
    assert isinstance(mark, SessionMark)
    assert mark.text == "session lost for pod"
    assert mark.session == ""


@pytest.mark.parametrize("state", [State.REFUSED, State.NEEDS_CONFIRMATION])
def test_what_changed_nothing_is_not_noted(state: State) -> None:
    assert outcome(state).marks() == []


@pytest.mark.parametrize("state", State)
def test_the_outcome_as_plain_values(state: State) -> None:
    values = json.loads(json.dumps(outcome(state).as_dict()))
    assert values["state"] == state.value
    assert values["applied"] is (state in (State.APPLIED, State.DELETED))
    assert values["session"] == NEW.as_dict()
    assert (values["container_id"], values["sandbox_id"]) == ("inner", "pod")


def test_error_and_result_make_one_sentence() -> None:
    assert outcome().sentence == "it runs"
    assert outcome(error="it broke").sentence == "it broke; it runs"
