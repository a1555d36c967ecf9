from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.agent.runsc import (
    Runsc,
    RunscError,
    SessionStatus,
    SinkStatus,
    StoppedError,
    checked_id,
    parse_json,
    parse_sessions,
)
from tests.agent.fake import FakeRunsc
from tests.held import most_taken


@pytest.fixture
def fake(tmp_path: Path) -> FakeRunsc:
    return FakeRunsc(tmp_path)


def program(folder: Path, text: str) -> Runsc:
    path = folder / "program"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return Runsc(str(path), timeout=120)


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("runsc version release-20260914.0", "20260914.0"),
        ("runsc version 0.0~20240729.0", "0.0~20240729.0"),
        ("runsc version release-20240729.0-12-gabcdef1", "20240729.0-12-gabcdef1"),
        ("runsc version 160fafc42237-dirty", "160fafc42237-dirty"),
        ("runsc version VERSION_MISSING", "VERSION_MISSING"),
        ("runsc version ", "VERSION_MISSING"),
        ("runsc version", "VERSION_MISSING"),
    ],
)
def test_every_form_of_a_version(tmp_path: Path, said: str, version: str) -> None:
    runsc = program(
        tmp_path,
        f"""case $1 in
--version) echo '{said}'; echo 'spec: 1.2.1' ;;
*) echo 'POINTS (1)'
   echo 'Name: sentry/clone, optional fields: [], context fields: [time]' ;;
esac""",
    )
    assert runsc.version() == version
    assert runsc.catalogue().source == f"runsc {version}"


def test_version_and_catalogue(fake: FakeRunsc) -> None:
    assert fake.runsc.version() == "20990101.0"
    catalogue = fake.runsc.catalogue()
    assert catalogue.source == "runsc 20990101.0"
    assert len(catalogue) == 4


def test_a_program_that_is_no_runsc(tmp_path: Path) -> None:
    with pytest.raises(RunscError, match="does not say that it is runsc"):
        program(tmp_path, "echo hello").version()


def test_sessions_are_listed_and_deleted(fake: FakeRunsc) -> None:
    assert fake.runsc.list_sessions(fake.root, "c1") == []
    fake.run_session({"sinks": [{"name": "remote"}]})
    expected = [SessionStatus("Default", (SinkStatus("remote", 3),))]
    assert fake.runsc.list_sessions(fake.root, "c1") == expected
    fake.runsc.delete_session(fake.root, "c1")
    with pytest.raises(RunscError, match="has no session to delete"):
        fake.runsc.delete_session(fake.root, "c1")


def test_the_session_file_is_gone_afterwards(fake: FakeRunsc) -> None:
    call = fake.runsc.create_session(
        fake.root, "c1", '{"trace_session": {"sinks": []}}', force=True
    )
    assert call.succeeded
    config = next(word for word in fake.calls()[-1] if word.startswith("--config="))
    assert not Path(config.partition("=")[2]).exists()
    assert fake.session() == {"sinks": []}


def test_a_call_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    runsc = program(tmp_path, "echo begun >&2; sleep 600 & wait")
    started: list[int] = []
    call = runsc.call("x", timeout=0.2, on_start=started.append)
    assert started == [call.pid]
    assert call.returncode is None
    assert not call.answered
    assert "did not answer within 0 s" in str(call.error())
    assert "[killed at its time limit]" in call.detail


def test_a_call_that_is_killed(tmp_path: Path) -> None:
    call = program(tmp_path, "kill -TERM $$").call("x")
    assert not call.answered
    assert str(call.error()) == "runsc was ended by SIGTERM"


def test_the_full_text_stays_at_hand(tmp_path: Path) -> None:
    runsc = program(tmp_path, "echo one >&2; echo two >&2; exit 3")
    with pytest.raises(RunscError, match=r"^runsc says: two$") as caught:
        runsc.checked("list")
    assert caught.value.detail == f"$ {runsc.path} list\none\ntwo\n[exit 3]"


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    assert program(tmp_path, r"printf '\377\n'").checked("x") == "\ufffd\n"


def test_a_program_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(RunscError, match="cannot run"):
        Runsc(str(tmp_path / "none")).call("list")


@pytest.mark.parametrize("container_id", ["", "-rm", "a b", "a/b", "a\n", "ä", "x" * 2000])
def test_what_is_no_id_never_reaches_runsc(fake: FakeRunsc, container_id: str) -> None:
    with pytest.raises(RunscError, match="is no container ID"):
        fake.runsc.list_sessions(fake.root, container_id)
    assert fake.calls() == []


def test_ids() -> None:
    assert checked_id("abc-1_2.3+4") == "abc-1_2.3+4"


def test_json_lists() -> None:
    assert parse_json("null") == []
    assert parse_json("[1]") == [1]
    for text in ("{}", "no", "", "[" * 100_000, "[" + "9" * 5000 + "]"):
        with pytest.raises(RunscError, match="runsc printed no"):
            parse_json(text)


def test_sessions_as_printed() -> None:
    text = 'SESSIONS (1)\n"Default"\n\tSink: "remote", dropped: 7\n\tSink: "null", dropped: 0\n'
    sinks = (SinkStatus("remote", 7), SinkStatus("null", 0))
    assert parse_sessions(text) == [SessionStatus("Default", sinks)]
    assert parse_sessions("SESSIONS (0)\n") == []
    huge = text.replace("7", "7" * 5000)
    assert parse_sessions(huge) == [SessionStatus("Default", sinks[1:])]


@given(st.text())
def test_any_text_is_a_list_of_sessions(text: str) -> None:
    assert all(session.name is not None for session in parse_sessions(text))


def test_a_program_that_prints_without_end_is_stopped(tmp_path: Path) -> None:
    call = program(tmp_path, "exec yes garbage").call("x", timeout=120)
    assert call.returncode is None
    assert str(call.error()) == "runsc printed more than 16 MiB and was stopped"
    assert call.detail.endswith("[killed at its size limit]")
    assert len(call.detail) < 100_000


def test_a_call_that_is_not_wanted_any_more_is_ended(tmp_path: Path) -> None:
    stop = threading.Event()
    asleep = replace(program(tmp_path, "exec sleep 600"), stop=stop, timeout=600)
    started: list[int] = []

    def stop_it(pid: int) -> None:
        started.append(pid)
        stop.set()

    with pytest.raises(StoppedError):
        asleep.call("x", on_start=stop_it)
    assert not Path(f"/proc/{started[0]}").exists()
    with pytest.raises(StoppedError):
        asleep.call("x", on_start=started.append)
    assert len(started) == 1


def test_an_answer_takes_memory_for_what_it_says(tmp_path: Path) -> None:
    runsc = program(tmp_path, "echo 'runsc version 7'")
    said = []
    assert most_taken(lambda: said.append(runsc.version())) < 1 << 20
    assert said == ["7"]
