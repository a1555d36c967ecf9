from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gvtui.agent.outcome import ChangeOutcome, State
from gvtui.agent.runsc import Runsc
from gvtui.agent.transaction import Transaction
from gvtui.points.catalogue import parse_metadata
from gvtui.points.session import Point, Session, Sink
from tests.agent.fake import METADATA, FakeRunsc

CATALOGUE = parse_metadata(METADATA, "runsc 2099", "x86_64")
SINK = Sink("remote", {"endpoint": "/tmp/s"})
NEW = Session((Point("sentry/clone", (), ("time",)),), (SINK,))
FORMER = Session((Point("syscall/open/enter"),), (SINK,))


@pytest.fixture
def fake(tmp_path: Path) -> FakeRunsc:
    return FakeRunsc(tmp_path)


def change(fake: FakeRunsc, session: Session = NEW, **more: Any) -> ChangeOutcome:
    return Transaction(fake.container(), catalogue=CATALOGUE, **more).apply(session)


def change_own(fake: FakeRunsc, session: Session = NEW, **more: Any) -> ChangeOutcome:
    fake.run_session(FORMER.as_dict())
    return change(fake, session, former=FORMER, former_is_own=True, **more)


def creates(fake: FakeRunsc) -> list[list[str]]:
    return [call for call in fake.calls() if "create" in call]


def test_a_first_session_is_made_without_force(fake: FakeRunsc) -> None:
    started: list[int] = []
    outcome = change(fake, on_start=started.append)
    assert outcome.state is State.APPLIED
    assert outcome.applied
    assert outcome.kept == "the new session runs, with 1 point"
    assert outcome.session == NEW
    assert fake.session() == NEW.as_dict()
    assert started == [outcome.runsc_pid]
    assert outcome.gap is None
    assert "--force" not in creates(fake)[0]


def test_gvtui_s_own_session_is_replaced(fake: FakeRunsc) -> None:
    outcome = change_own(fake)
    assert outcome.state is State.APPLIED
    assert "--force" in creates(fake)[0]
    assert outcome.gap is not None
    assert outcome.gap.start_ns < outcome.gap.end_ns
    assert fake.session() == NEW.as_dict()


def test_another_monitor_s_session_is_left_until_the_user_agrees(fake: FakeRunsc) -> None:
    fake.run_session(FORMER.as_dict())
    outcome = change(fake)
    assert outcome.needs_confirmation
    assert not outcome.applied
    assert fake.session() == FORMER.as_dict()
    assert creates(fake) == []
    assert outcome.marks() == []
    assert change(fake, replace_unknown=True).applied
    assert fake.session() == NEW.as_dict()


def test_errors_found_by_the_checks_never_reach_runsc(fake: FakeRunsc) -> None:
    outcome = change_own(fake, replace(NEW, points=(Point("sentry/clonee"),)))
    assert outcome.state is State.REFUSED
    assert "did you mean 'sentry/clone'?" in outcome.error
    assert outcome.problems[0].place == "points[0].name"
    assert fake.calls() == []


@pytest.mark.parametrize(
    "session",
    [
        replace(NEW, name="Mine"),
        NEW.with_sinks(Sink("remote", {"endpoint": "/tmp/s", "retries": "5"})),
        NEW.with_sinks(Sink("remote", {"endpoint": "/tmp/s", "backoff": "1h"})),
        NEW.with_sinks(Sink("remote", {}, ignore_setup_error=True)),
        NEW.with_sinks(SINK, Sink("null")),
    ],
)
def test_what_runsc_would_refuse_costs_no_session(fake: FakeRunsc, session: Session) -> None:
    assert change_own(fake, session).state is State.REFUSED
    assert fake.session() == FORMER.as_dict()
    assert fake.calls() == []


def test_what_runsc_takes_is_applied(fake: FakeRunsc) -> None:
    for session in (replace(NEW, points=()), replace(NEW, points=NEW.points * 2)):
        outcome = change_own(fake, session)
        assert outcome.applied
        assert [problem.severity for problem in outcome.problems] == ["warning"]
    assert outcome.kept == "the new session runs, with 1 point"


def test_a_refusal_after_the_deletion_puts_the_former_session_back(fake: FakeRunsc) -> None:
    fake.behave("refuse")
    outcome = change_own(fake)
    assert outcome.state is State.RESTORED
    assert outcome.error == "the runtime has no point no/such"
    assert "has been put back" in outcome.kept
    assert outcome.session == FORMER
    assert fake.session() == FORMER.as_dict()
    assert len(outcome.pids) == 2
    assert 'point "no/such" not found' in outcome.detail


def test_a_refusal_before_the_deletion_changes_nothing(fake: FakeRunsc) -> None:
    fake.behave("unreachable")
    outcome = change_own(fake)
    assert outcome.state is State.REFUSED
    assert outcome.error.startswith("nobody listens at /tmp/s")
    assert outcome.kept == "the former session goes on"
    assert outcome.session == FORMER
    assert len(creates(fake)) == 1
    assert outcome.gap is None


def test_a_refusal_where_nothing_ran(fake: FakeRunsc) -> None:
    fake.behave("refuse")
    outcome = change(fake)
    assert outcome.state is State.REFUSED
    assert outcome.kept == "there is no session, as before"


def test_an_unknown_former_session_that_is_gone_is_said_to_be_gone(fake: FakeRunsc) -> None:
    fake.run_session(FORMER.as_dict())
    fake.behave("refuse")
    outcome = change(fake, replace_unknown=True)
    assert outcome.state is State.LOST
    assert "nothing is traced" in outcome.kept
    assert fake.session() is None


def test_putting_back_can_fail_too(fake: FakeRunsc) -> None:
    fake.behave("refuse", "unreachable")
    outcome = change_own(fake)
    assert outcome.state is State.LOST
    assert "putting it back failed: nobody listens" in outcome.kept
    assert outcome.marks()


def test_runsc_killed_between_delete_and_create(fake: FakeRunsc) -> None:
    fake.behave("die")
    outcome = change_own(fake)
    assert outcome.state is State.RESTORED
    assert outcome.error == "runsc was ended by SIGKILL"
    assert fake.session() == FORMER.as_dict()


def test_runsc_killed_with_the_sandbox(fake: FakeRunsc) -> None:
    fake.behave("die")
    fake.run_session(FORMER.as_dict())
    container = fake.container()
    transaction = Transaction(
        container,
        former=FORMER,
        former_is_own=True,
        catalogue=CATALOGUE,
        on_start=lambda _: None,
    )
    real = fake.session

    def gone_after_start(pid: int) -> None:
        while real() is not None:
            pass
        fake.sandbox_gone()

    transaction.on_start = gone_after_start
    outcome = transaction.apply(NEW)
    assert outcome.state is State.UNCERTAIN
    assert "cannot be told" in outcome.kept
    assert "does not answer" in outcome.kept


def test_runsc_killed_after_the_new_session_was_made(fake: FakeRunsc) -> None:
    fake.behave("late")
    outcome = change_own(fake)
    assert outcome.state is State.RESTORED
    assert fake.session() == FORMER.as_dict()
    fake.behave("late")
    outcome = change(fake, replace_unknown=True)
    assert outcome.state is State.UNCERTAIN
    assert "whether the former or the new one cannot be told" in outcome.kept


def test_runsc_killed_after_a_first_session_was_made(fake: FakeRunsc) -> None:
    fake.behave("late")
    outcome = change(fake)
    assert outcome.state is State.UNCERTAIN
    assert "most likely the new one" in outcome.kept


def test_a_monitor_that_never_answers(fake: FakeRunsc, monkeypatch: pytest.MonkeyPatch) -> None:
    fake.hurry(monkeypatch)
    fake.behave("hang")
    outcome = change_own(fake, timeout=600)
    assert "did not answer within" in outcome.error
    assert outcome.state is State.RESTORED
    fake.behave("hang", "hang")
    outcome = change_own(fake, timeout=600)
    assert outcome.state is State.UNCERTAIN
    assert "the former one, unless" in outcome.kept
    assert fake.session() == FORMER.as_dict()


def test_success_is_read_back(fake: FakeRunsc) -> None:
    fake.behave("void")
    outcome = change_own(fake)
    assert outcome.state is State.RESTORED
    assert "there is none" in outcome.error
    fake.behave("void", "void")
    assert change_own(fake).state is State.LOST


def test_a_sandbox_that_does_not_answer_is_not_touched(fake: FakeRunsc) -> None:
    fake.sandbox_gone()
    outcome = change(fake)
    assert outcome.state is State.REFUSED
    assert outcome.error == "the sandbox c1 does not answer; it has probably ended"
    assert creates(fake) == []


def test_a_stopped_container_is_not_asked(fake: FakeRunsc) -> None:
    outcome = Transaction(fake.container(status="stopped"), catalogue=CATALOGUE).apply(NEW)
    assert outcome.error == "c1 is stopped, not running"
    assert fake.calls() == []


def test_a_runsc_that_is_not_there(fake: FakeRunsc) -> None:
    container = replace(fake.container(), runsc=Runsc("/no/such/runsc"))
    outcome = Transaction(container, catalogue=CATALOGUE).apply(NEW)
    assert outcome.state is State.REFUSED
    assert "cannot run /no/such/runsc" in outcome.error


def test_keys_that_an_old_runsc_refuses_are_left_out_with_a_word(fake: FakeRunsc) -> None:
    fake.behave("old:options")
    outcome = change_own(fake, replace(NEW, options={"a": 1}))
    assert outcome.state is State.APPLIED
    assert outcome.notes == ("this runsc does not know 'options'; it was left out",)
    assert fake.session() == NEW.as_dict()


def test_without_ignore_missing_what_is_missing_is_left_out_too(fake: FakeRunsc) -> None:
    fake.behave("old:ignore_missing")
    points = (Point("sentry/clone", (), ("time", "future")), Point("future/point"))
    outcome = change(fake, Session(points, (SINK,), ignore_missing=True))
    assert outcome.state is State.APPLIED
    assert fake.session() == NEW.as_dict()


def test_skipped_points_and_fields_are_named(fake: FakeRunsc) -> None:
    points = (Point("sentry/clone", (), ("time", "future")), Point("future/point"))
    outcome = change(fake, Session(points, (SINK,), ignore_missing=True))
    assert outcome.skipped_points == ("future/point",)
    assert outcome.skipped_fields == ("sentry/clone future",)
    assert outcome.kept == "the new session runs, with 1 point"
    assert "skipped them" in outcome.notes[0]


def test_raw_sides_are_kept_in_step(fake: FakeRunsc) -> None:
    enter = Point("syscall/sysno/3/enter", (), ("time",))
    leave = Point("syscall/sysno/3/exit", (), ("cwd",))
    outcome = change(fake, Session((enter, leave), (SINK,)))
    assert outcome.applied
    assert "2 raw points given the context fields" in outcome.notes[0]
    session = fake.session()
    assert session is not None
    assert [each["context_fields"] for each in session["points"]] == [["time", "cwd"]] * 2


def test_without_a_catalogue_nothing_is_checked(fake: FakeRunsc) -> None:
    outcome = Transaction(fake.container()).apply(NEW)
    assert outcome.applied
    assert "nothing was checked" in outcome.notes[0]


def test_deleting(fake: FakeRunsc) -> None:
    assert Transaction(fake.container()).delete().kept == "there was no session"
    fake.run_session(FORMER.as_dict())
    assert Transaction(fake.container()).delete().needs_confirmation
    assert fake.session() is not None
    outcome = Transaction(fake.container(), former_is_own=True).delete()
    assert outcome.state is State.DELETED
    assert fake.session() is None
    fake.sandbox_gone()
    assert Transaction(fake.container()).delete().state is State.UNCERTAIN
