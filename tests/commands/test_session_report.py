from __future__ import annotations

import json
from typing import Any

import pytest

from gvtui.agent.agent import Agent
from gvtui.agent.outcome import ChangeOutcome, State
from gvtui.commands.session_report import (
    print_json,
    print_problems,
    report,
    sandbox_lines,
    sandbox_row,
    session_words,
)
from gvtui.points.problems import Problem
from tests.agent.fake import FakeRunsc


@pytest.mark.parametrize(
    ("sinks", "words"),
    [
        ([], "Default (no sink)"),
        ([{"name": "remote", "dropped": 0}], "Default (remote, 0 dropped)"),
        (
            [{"name": "remote", "dropped": 1234}, {"name": "null", "dropped": 5}],
            "Default (remote, 1,234 dropped; null, 5 dropped)",
        ),
    ],
)
def test_a_session_in_words(sinks: list[dict[str, Any]], words: str) -> None:
    assert session_words({"name": "Default", "sinks": sinks}) == words


def test_problems_are_talk_and_values_are_data(capsys: pytest.CaptureFixture[str]) -> None:
    print_problems([Problem("error", "points[0]", "bad \x1b[2J"), Problem("warning", "", "odd")])
    print_json({"a": ["é"]})
    out, err = capsys.readouterr()
    assert json.loads(out) == {"a": ["é"]}
    assert "\x1b" not in err
    assert [line.split(":")[0] for line in err.splitlines()] == ["error", "warning"]
    assert "points[0]: bad" in err


def test_a_sandbox_with_its_sessions_or_why_they_are_not_known(fake: FakeRunsc) -> None:
    containers = Agent([fake.path], [fake.root]).inventory().containers
    (container,) = containers
    (fake.root / "c1.session").write_text('{"sinks": [{"name": "remote"}]}')
    row = sandbox_row(container, containers)
    assert (row["id"], row["status"], row["root"]) == ("c1", "running", str(fake.root))
    assert row["sessions"] == [{"name": "Default", "sinks": [{"name": "remote", "dropped": 3}]}]
    assert (row["containers"], row["error"]) == ([], "")
    (fake.root / "gone").touch()
    row = sandbox_row(container, containers)
    assert row["sessions"] == []
    assert row["error"] == "the sandbox c1 does not answer; it has probably ended"


def test_an_outcome_is_data_where_it_worked_and_talk_where_not(
    fake: FakeRunsc, capsys: pytest.CaptureFixture[str]
) -> None:
    (container,) = Agent([fake.path], [fake.root]).inventory().containers
    report(ChangeOutcome(container, State.APPLIED, "the new session runs"), False, "")
    out, err = capsys.readouterr()
    assert out.startswith("c1: ")
    assert err == ""
    refused = ChangeOutcome(
        container,
        State.NEEDS_CONFIRMATION,
        "the session of before runs",
        detail="one\ntwo\x1b[2J",
        notes=("a note",),
        skipped_fields=("sentry/clone cwd",),
    )
    report(refused, False, "--force replaces it")
    out, err = capsys.readouterr()
    assert out == ""
    lines = err.splitlines()
    assert lines[:2] == ["gvtui: a note", "gvtui: skipped: sentry/clone cwd"]
    assert lines[2].startswith("gvtui: c1: ")
    assert lines[2].endswith("; --force replaces it")
    assert lines[3] == "  one"
    assert "\x1b" not in err
    report(refused, True, "--force replaces it")
    out, err = capsys.readouterr()
    assert json.loads(out)["state"] == "needs confirmation"
    assert err == ""


def test_lines_of_sandboxes_begin_with_their_names() -> None:
    row = {
        "id": "4f5c",
        "root": "/r",
        "runsc": "runsc",
        "runsc_why": "why",
        "status": "running",
        "pid": 7,
        "names": {"name": "web", "image": "nginx:1", "labels": {"team": "pay"}},
        "containers": [],
        "sessions": [],
        "error": "",
    }
    other = row | {"id": "plain", "names": {}}
    assert list(sandbox_lines([row, other], verbose=False)) == [
        "web  4f5c   running   pid 7        no session  /r  nginx:1",
        "-    plain  running   pid 7        no session  /r",
    ]
    assert "  label team=pay" in list(sandbox_lines([row], verbose=True))
    assert next(sandbox_lines([other], verbose=False)).startswith("plain  running")
