from __future__ import annotations

import json
from pathlib import Path

import pytest

from gvtui.agent.agent import Agent
from gvtui.agent.memory import Memory
from gvtui.agent.pod_init import SessionFile
from gvtui.agent.target import SessionOwner
from gvtui.agent.targets import Keeper
from gvtui.errors import GvtuiError, ReadOnlyError
from gvtui.points.document import pod_init_document, save_document
from gvtui.points.session import Point, Session
from gvtui.points.tuning import remote_sink
from gvtui.trace.connection import Connection
from tests.agent.fake import FakeRunsc

SESSION = Session((Point("sentry/clone"),), (remote_sink("/tmp/s"),))
FOREIGN = {"name": "Default", "points": [{"name": "sentry/clone"}], "sinks": [{"name": "remote"}]}


@pytest.fixture
def runsc(tmp_path: Path) -> FakeRunsc:
    return FakeRunsc(tmp_path)


def keeper_of(runsc: FakeRunsc, memory: Memory | None = None, file: Path | None = None) -> Keeper:
    return Keeper(
        Agent([runsc.path], [runsc.root], memory=memory),
        memory=memory,
        file=SessionFile.open(file) if file else None,
    )


def owner(keeper: Keeper) -> SessionOwner:
    (target,) = keeper.survey().targets
    return target.owner


def test_whose_session_runs(runsc: FakeRunsc, tmp_path: Path) -> None:
    keeper = keeper_of(runsc, Memory(tmp_path / "memory"))
    (target,) = keeper.survey().targets
    assert (target.owner, target.applied, target.error) == (SessionOwner.NONE, None, "")
    assert target.catalogue is not None
    assert target.container is not None
    assert not keeper.has_made
    assert keeper.apply(target.container, SESSION, replace=False).applied
    (target,) = keeper.survey().targets
    assert (target.owner, target.applied) == (SessionOwner.OURS, SESSION)
    assert keeper.has_made
    # Another gvtui remembers it, but a session with other sinks is somebody else's.
    later = keeper_of(runsc, Memory(tmp_path / "memory"))
    assert owner(later) is SessionOwner.EARLIER
    runsc.run_session({**FOREIGN, "sinks": [{"name": "null"}]})
    assert owner(later) is SessionOwner.OTHER
    assert owner(keeper_of(runsc)) is SessionOwner.OTHER


def test_the_session_of_a_pod_init_file_is_what_the_file_says_now(
    runsc: FakeRunsc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "pod.json"
    monkeypatch.setattr("gvtui.agent.targets.pod_init_of", lambda pid: str(path) if pid else "")
    runsc.have({"id": "c1", "status": "running", "pid": 1})
    runsc.run_session(FOREIGN)
    keeper = keeper_of(runsc)
    assert owner(keeper) is SessionOwner.OTHER
    save_document(path, pod_init_document(SESSION))
    (target,) = keeper.survey().targets
    assert (target.owner, target.applied, target.is_guess) == (SessionOwner.POD_INIT, SESSION, True)
    runsc.run_session({**FOREIGN, "sinks": [{"name": "null"}]})
    assert owner(keeper) is SessionOwner.OTHER
    path.write_text("{")
    assert owner(keeper) is SessionOwner.OTHER


def test_a_session_without_points_ends_it(runsc: FakeRunsc) -> None:
    keeper = keeper_of(runsc)
    runsc.run_session(FOREIGN)
    assert keeper.apply(runsc.container(), Session(), replace=False).needs_confirmation
    assert keeper.apply(runsc.container(), Session(), replace=True).applied
    assert runsc.session() is None


def test_gvtuis_own_sessions_end_and_no_others(runsc: FakeRunsc) -> None:
    runsc.have({"id": "c1", "status": "running"}, {"id": "c2", "status": "running"})
    runsc.run_session(FOREIGN, "c2")
    keeper = keeper_of(runsc)
    assert keeper.apply(runsc.container("c1"), SESSION, replace=False).applied
    assert [outcome.applied for outcome in keeper.leave("delete")] == [True]
    assert runsc.session("c1") is None
    assert runsc.session("c2") == FOREIGN


def test_a_sandbox_that_does_not_answer_is_told(runsc: FakeRunsc) -> None:
    runsc.sandbox_gone()
    (target,) = keeper_of(runsc).survey().targets
    assert target.owner is SessionOwner.UNKNOWN
    assert "does not answer" in target.error


def test_a_root_that_cannot_be_read_is_told(runsc: FakeRunsc) -> None:
    (runsc.root / "broken").touch()
    survey = keeper_of(runsc).survey()
    assert survey.targets == ()
    assert "reading state" in survey.problem


def test_names_from_outside_cannot_reach_the_terminal(runsc: FakeRunsc, tmp_path: Path) -> None:
    runsc.have({"id": "c1\x1b[2J", "status": "running"})
    (target,) = keeper_of(runsc).survey().targets
    assert target.title == "c1\\x1b[2J"
    file = tmp_path / "a\x1b[2J.json"
    save_document(file, pod_init_document(SESSION))
    assert keeper_of(runsc, file=file).file_target().title == "a\\x1b[2J.json"


def test_containers_of_a_connection(runsc: FakeRunsc) -> None:
    keeper = keeper_of(runsc)
    connection = Connection(1, 5)
    connection.container_id, connection.container_source = "c1", "message"
    assert keeper.key_of(connection) is None
    keeper.survey()
    assert keeper.key_of(connection) == (str(runsc.root), "c1")
    assert keeper.container_of(Connection(2, 5)) is None
    imposter = Connection(3, 6, command=["runsc", "run", "c1"], container_id="¬3:c1")
    assert keeper.container_of(imposter) is None


def test_a_session_file_is_written_and_read_again(runsc: FakeRunsc, tmp_path: Path) -> None:
    file = tmp_path / "pod-init.json"
    keeper = keeper_of(runsc, file=file)
    target = keeper.file_target()
    assert (target.owner, target.applied, target.exists) == (SessionOwner.FILE, None, False)
    keeper.write(SESSION)
    assert json.loads(file.read_text())["trace_session"]["points"] == [{"name": "sentry/clone"}]
    assert keeper.file_target().applied == SESSION
    assert (keeper.survey().file, keeper.survey().file_error) == (None, "")
    other = Session((Point("sentry/execve"),), SESSION.sinks)
    save_document(file, pod_init_document(other))
    survey = keeper.survey()
    assert survey.file is not None
    assert survey.file.written == other
    keeper.read_file_again()
    assert keeper.file_target().applied == other
    file.write_text("no session")
    assert keeper.survey().file_error
    with pytest.raises(GvtuiError):
        keeper.read_file_again()


def test_what_the_user_has_saved(
    runsc: FakeRunsc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    keeper = Keeper.start([runsc.path], [runsc.root], policy="keep")
    assert (keeper.policy, keeper.file) == ("keep", None)
    (container,) = keeper.survey().containers
    assert keeper.apply(container, SESSION, replace=False).applied
    assert owner(Keeper.start([runsc.path], [runsc.root])) is SessionOwner.EARLIER
    assert keeper.library is not None
    keeper.library.save("mine", SESSION)
    assert (tmp_path / "config" / "gvtui" / "sessions" / "mine.json").exists()
    (tmp_path / "bad.json").write_text("[]")
    with pytest.raises(GvtuiError):
        Keeper.start([runsc.path], [runsc.root], file=tmp_path / "bad.json")


def test_one_that_only_reads_writes_no_session_file(runsc: FakeRunsc, tmp_path: Path) -> None:
    path = tmp_path / "session.json"
    save_document(path, pod_init_document(SESSION))
    before = path.read_bytes()
    keeper = Keeper.start([runsc.path], [runsc.root], file=path, readonly=True)
    with pytest.raises(ReadOnlyError, match="--readonly"):
        keeper.write(Session())
    assert path.read_bytes() == before
    assert keeper.library is not None
    with pytest.raises(ReadOnlyError):
        keeper.library.save("mine", SESSION)
    (target,) = keeper.survey().targets
    assert target.container is not None
    assert not keeper.apply(target.container, SESSION, replace=True).applied
    assert owner(keeper) is SessionOwner.NONE


def test_the_runsc_here_is_asked_where_there_is_no_sandbox(
    runsc: FakeRunsc, tmp_path: Path
) -> None:
    assert keeper_of(runsc).survey().catalogue is None
    (tmp_path / "empty").mkdir()
    survey = Keeper(Agent([runsc.path], [tmp_path / "empty"])).survey()
    assert survey.targets == ()
    assert survey.catalogue is not None
    assert survey.catalogue.source == "runsc 20990101.0"
