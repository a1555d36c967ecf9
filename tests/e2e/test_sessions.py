"""Sessions changed in real sandboxes, with every runsc here."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gvtui.agent.agent import Agent
from gvtui.agent.containers import Container as Listed
from gvtui.agent.outcome import State
from gvtui.agent.pod_init import SessionFile
from gvtui.agent.running import own_runsc
from gvtui.agent.scratch import scratch_folder
from gvtui.agent.transaction import Transaction
from gvtui.points.catalogue import Catalogue
from gvtui.points.check import check_session
from gvtui.points.edit import set_field, switch_on
from gvtui.points.presets import PRESETS, build_preset
from gvtui.points.problems import errors
from gvtui.points.session import Point, Session
from gvtui.points.tuning import TUNINGS, remote_sink
from tests.e2e.containers import (
    Container,
    Listener,
    Received,
    RunscBinary,
    running_container,
    wait_until,
)

pytestmark = pytest.mark.e2e

OPENAT = "syscall/openat/enter"
CLOSE = "syscall/close/enter"


@pytest.fixture
def agent(shared: Container) -> Iterator[Agent]:
    agent = Agent([shared.binary.path], [shared.root])
    yield agent
    agent.delete(only(agent), delete_unknown=True)


def only(agent: Agent) -> Listed:
    [container] = agent.inventory().containers
    return container


def session_of(agent: Agent, listener: Listener, *names: str) -> Session:
    session = Session(sinks=(remote_sink(str(listener.path)),))
    return switch_on(session, names, agent.catalogue(only(agent)))


def comes(connection: Received, point: str) -> bool:
    before = connection.points()[point]
    return wait_until(lambda: connection.points()[point] > before)


def test_a_point_switched_on_begins_to_come_and_off_ends(agent: Agent, listener: Listener) -> None:
    container = only(agent)
    outcome = agent.apply(container, session_of(agent, listener, OPENAT))
    assert outcome.applied, outcome.detail
    first = listener.connections[-1]
    assert first.pid == outcome.runsc_pid
    assert comes(first, OPENAT)

    outcome = agent.apply(container, session_of(agent, listener, OPENAT, CLOSE))
    assert outcome.applied, outcome.detail
    second = listener.connections[-1]
    assert second.pid == outcome.runsc_pid != first.pid
    assert comes(second, CLOSE)
    assert comes(second, OPENAT)
    assert wait_until(lambda: first.closed)

    outcome = agent.apply(container, session_of(agent, listener, CLOSE))
    assert outcome.applied, outcome.detail
    third = listener.connections[-1]
    assert comes(third, CLOSE)
    assert set(third.points()) == {CLOSE}


def test_a_raw_point_comes_with_context_on_both_sides(agent: Agent, listener: Listener) -> None:
    catalogue = agent.catalogue(only(agent))
    sysno = next(
        spec.sysno for spec in catalogue if spec.is_raw and spec.event == "clock_nanosleep"
    )
    names = [f"syscall/sysno/{sysno}/{side}" for side in ("enter", "exit")]
    session = session_of(agent, listener, *names)
    bare = session.with_points([Point(names[1])])
    outcome = agent.apply(only(agent), bare)
    assert outcome.applied, outcome.detail
    assert "given the context fields of the other side" in outcome.notes[0]
    [connection] = listener.connections
    assert comes(connection, names[0])
    assert comes(connection, names[1])
    assert all(message.message.context_data.time_ns for message in connection.messages)  # type: ignore[union-attr]


def test_an_optional_field_switched_on_shows_paths(agent: Agent, listener: Listener) -> None:
    container = only(agent)
    session = session_of(agent, listener, CLOSE)
    assert agent.apply(container, session).applied
    assert comes(listener.connections[-1], CLOSE)
    assert not paths(listener.connections[-1])
    session = set_field(session, [CLOSE], "optional", "fd_path", True, agent.catalogue(container))
    assert agent.apply(container, session).applied
    assert wait_until(lambda: "/etc/hostname" in paths(listener.connections[-1]))


def containers_in(connection: Received) -> set[str]:
    return {message.message.context_data.container_id for message in list(connection.messages)}  # type: ignore[union-attr]


def paths(connection: Received) -> set[str]:
    return {message.message.fd_path for message in list(connection.messages)} - {""}  # type: ignore[union-attr]


def test_an_invalid_change_leaves_the_former_session_delivering(
    agent: Agent, listener: Listener
) -> None:
    container = only(agent)
    session = session_of(agent, listener, OPENAT)
    assert agent.apply(container, session).applied
    outcome = agent.apply(container, session.with_points([Point("syscall/opnat/enter")]))
    assert outcome.state is State.REFUSED
    assert "did you mean 'syscall/openat/enter'?" in outcome.error
    assert len(listener.connections) == 1
    assert comes(listener.connections[0], OPENAT)


def test_a_refusal_by_the_runtime_puts_the_former_session_back(
    agent: Agent, listener: Listener
) -> None:
    container = only(agent)
    session = session_of(agent, listener, OPENAT)
    assert agent.apply(container, session).applied
    bad = session.with_points([Point("no/such")])
    unchecked = Transaction(container, former=session, former_is_own=True, catalogue=None)
    outcome = unchecked.apply(bad)
    assert outcome.state is State.RESTORED, outcome.detail
    assert outcome.error == "the runtime has no point no/such"
    assert listener.connections[-1].pid == outcome.runsc_pid
    assert comes(listener.connections[-1], OPENAT)


def test_a_monitor_that_is_not_there_changes_nothing(agent: Agent, listener: Listener) -> None:
    container = only(agent)
    session = session_of(agent, listener, OPENAT)
    assert agent.apply(container, session).applied
    outcome = agent.apply(container, session.with_sinks(remote_sink("/tmp/no/such.sock")))
    assert outcome.state is State.REFUSED
    assert "nobody listens at /tmp/no/such.sock" in outcome.error
    assert comes(listener.connections[0], OPENAT)


def test_a_monitor_that_does_not_answer_is_given_up(agent: Agent, listener: Listener) -> None:
    container = only(agent)
    session = session_of(agent, listener, OPENAT)
    assert agent.apply(container, session).applied
    with scratch_folder("gv") as folder, Listener(folder / "s") as mute:
        mute.answering.clear()
        change = Transaction(
            container,
            former=session,
            former_is_own=True,
            catalogue=agent.catalogue(container),
            timeout=1.0,
        )
        outcome = change.apply(session.with_sinks(remote_sink(str(mute.path))))
        mute.answering.set()
    assert outcome.state is State.RESTORED
    assert "did not answer within 1 s" in outcome.error
    assert comes(listener.connections[-1], OPENAT)


def test_another_monitor_s_session_is_not_evicted(
    agent: Agent, shared: Container, listener: Listener
) -> None:
    session = session_of(agent, listener, OPENAT)
    assert agent.apply(only(agent), session).applied
    other = Agent([shared.binary.path], [shared.root])
    assert other.apply(only(other), session).needs_confirmation
    assert comes(listener.connections[0], OPENAT)
    assert other.leave("delete") == []
    assert agent.leave("delete")[0].state is State.DELETED
    assert shared.binary
    assert only(agent).runsc.list_sessions(shared.root, shared.id) == []


def test_keys_that_this_runsc_refuses_are_left_out(
    agent: Agent, binary: RunscBinary, listener: Listener
) -> None:
    session = replace(session_of(agent, listener, OPENAT), options={}, ignore_missing=True)
    session = session.with_points([Point("future/point"), Point(OPENAT, (), ("time", "future"))])
    outcome = agent.apply(only(agent), session)
    assert outcome.applied, outcome.detail
    assert comes(listener.connections[-1], OPENAT)
    if binary.date < 20250101:
        assert "does not know 'options'" in outcome.notes[0]
    assert outcome.skipped_points == ("future/point",)
    assert outcome.skipped_fields == (f"{OPENAT} future",)


@pytest.mark.parametrize(("preset", "tuning"), list(zip(PRESETS, itertools.cycle(TUNINGS))))
def test_presets_are_taken(agent: Agent, listener: Listener, preset: str, tuning: str) -> None:
    container = only(agent)
    sink = remote_sink(str(listener.path), TUNINGS[tuning])
    session = build_preset(preset, agent.catalogue(container), sinks=(sink,))
    outcome = agent.apply(container, session)
    assert outcome.applied, outcome.detail
    assert outcome.notes == ()
    assert wait_until(lambda: bool(listener.connections[-1].messages))


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_what_the_model_writes_the_runtime_takes(
    data: st.DataObject, agent: Agent, listener: Listener
) -> None:
    container = only(agent)
    session = data.draw(sessions(agent.catalogue(container), listener.path))
    assert errors(check_session(session, agent.catalogue(container))) == []
    outcome = agent.apply(container, session)
    assert outcome.applied, outcome.detail


def sessions(catalogue: Catalogue, endpoint: Path) -> st.SearchStrategy[Session]:
    def point(name: str) -> st.SearchStrategy[Point]:
        spec = catalogue.points[name]
        return st.builds(
            Point, st.just(name), subsets(spec.optional_fields), subsets(spec.context_fields)
        )

    names = st.lists(st.sampled_from(list(catalogue.points)), max_size=30, unique=True)
    points = names.flatmap(lambda chosen: st.tuples(*map(point, chosen)))
    sink = st.builds(
        remote_sink,
        st.just(str(endpoint)),
        st.sampled_from(list(TUNINGS.values())),
        ignore_setup_error=st.booleans(),
    )
    return st.builds(
        Session, points, st.lists(sink, max_size=2).map(tuple), ignore_missing=st.booleans()
    )


def subsets(names: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    if not names:
        return st.just(())
    return st.lists(st.sampled_from(names), unique=True).map(tuple)


def test_the_sandbox_s_own_binary_is_asked_for_its_points(
    agent: Agent, binary: RunscBinary
) -> None:
    own = own_runsc(only(agent))
    assert own is not None
    assert str(binary.date) in own.version()
    assert str(binary.date) in agent.catalogue(only(agent)).source


def test_two_containers_one_changed(binary: RunscBinary, listener: Listener) -> None:
    with scratch_folder("gv") as place:
        folder = Path(place)
        with (
            running_container(binary, folder, container_id="one") as one,
            running_container(binary, folder, container_id="two"),
        ):
            agent = Agent([binary.path], [one.root])
            found = {container.id: container for container in agent.inventory().containers}
            session = Session(sinks=(remote_sink(str(listener.path)),))
            session = switch_on(session, [OPENAT], agent.catalogue(found["one"]))
            pids = {name: agent.apply(found[name], session).runsc_pid for name in found}
            by_pid = {connection.pid: connection for connection in listener.connections}
            assert agent.apply(
                found["one"], switch_on(session, [CLOSE], agent.catalogue(found["one"]))
            ).applied
            changed = listener.connections[-1]
            assert comes(changed, CLOSE)
            other = by_pid[pids["two"] or 0]
            assert comes(other, OPENAT)
            assert not other.closed
            assert set(other.points()) == {OPENAT}
            now = 2**62
            assert agent.match(other.pid, now, [], "", []).container_id == "two"
            assert agent.match(changed.pid, now, [], "", []).container_id == "one"


def test_containers_of_a_pod_share_one_session(binary: RunscBinary, listener: Listener) -> None:
    kind = "io.kubernetes.cri.container-type"
    with scratch_folder("gv") as place:
        folder = Path(place)
        inside = {kind: "container", "io.kubernetes.cri.sandbox-id": "pod"}
        with (
            running_container(
                binary, folder, container_id="pod", annotations={kind: "sandbox"}
            ) as pod,
            running_container(binary, folder, container_id="inner", annotations=inside),
        ):
            agent = Agent([binary.path], [pod.root])
            found = {container.id: container for container in agent.inventory().containers}
            assert found["inner"].sandbox_id == "pod"
            session = Session(sinks=(remote_sink(str(listener.path)),))
            session = switch_on(session, [OPENAT], agent.catalogue(found["inner"]))
            outcome = agent.apply(found["inner"], session)
            assert outcome.applied, outcome.detail
            [connection] = listener.connections
            assert wait_until(lambda: containers_in(connection) == {"pod", "inner"})
            assert agent.apply(found["pod"], session).applied


def test_a_pod_init_file_is_used_by_a_new_sandbox(binary: RunscBinary, listener: Listener) -> None:
    with scratch_folder("gv") as place:
        folder = Path(place)
        file = SessionFile.open(folder / "pod.json")
        agent = Agent([binary.path], [folder / "root"])
        sink = remote_sink(str(listener.path), ignore_setup_error=True)
        file.staged = build_preset("processes", agent.any_catalogue(), sinks=(sink,))
        file.write()
        file.staged = switch_on(file.staged, [OPENAT], agent.any_catalogue())
        file.write()
        flags = [f"--pod-init-config={file.path}"]
        with running_container(binary, folder, flags=flags) as container:
            assert wait_until(lambda: bool(listener.connections))
            [connection] = listener.connections
            assert comes(connection, OPENAT)
            assert connection.points()["container/start"] == 1
            outcome = agent.apply(only(agent), file.staged)
            assert outcome.needs_confirmation
            assert container.id == outcome.container.id


def test_changes_from_several_threads(agent: Agent, listener: Listener) -> None:
    container = only(agent)
    choices = [session_of(agent, listener, name) for name in (OPENAT, CLOSE)] * 2
    outcomes = []
    threads = [
        threading.Thread(target=lambda each=each: outcomes.append(agent.apply(container, each)))
        for each in choices
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [outcome.state for outcome in outcomes] == [State.APPLIED] * 4
