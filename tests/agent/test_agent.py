from __future__ import annotations

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from gvtui.agent.agent import Agent, ContainerMatch
from gvtui.agent.memory import Memory
from gvtui.agent.outcome import State
from gvtui.files import folder_locked
from gvtui.points.session import Point, Session, Sink
from tests.agent.fake import FakeRunsc

SINK = Sink("remote", {"endpoint": "/tmp/s"})
FIRST = Session((Point("sentry/clone", (), ("time",)),), (SINK,))
SECOND = Session((Point("syscall/open/enter"),), (SINK,))
OTHERS = Session((Point("sentry/clone"),), (SINK,))


@pytest.fixture
def fake(tmp_path: Path) -> FakeRunsc:
    return FakeRunsc(tmp_path)


@pytest.fixture
def agent(fake: FakeRunsc) -> Agent:
    return Agent([fake.path], [fake.root])


def test_a_session_of_gvtui_s_is_replaced_without_asking(agent: Agent, fake: FakeRunsc) -> None:
    container = fake.container()
    assert agent.apply(container, FIRST).applied
    outcome = agent.apply(container, SECOND)
    assert outcome.applied
    assert outcome.former == FIRST
    assert fake.session() == SECOND.as_dict()
    applied = agent.registry.get(container)
    assert applied is not None
    assert (applied.session, applied.pid) == (SECOND, outcome.runsc_pid)


def test_a_failed_change_keeps_gvtui_s_session(agent: Agent, fake: FakeRunsc) -> None:
    container = fake.container()
    agent.apply(container, FIRST)
    fake.behave("refuse")
    outcome = agent.apply(container, SECOND)
    assert outcome.state is State.RESTORED
    applied = agent.registry.get(container)
    assert applied is not None
    assert (applied.session, applied.pid) == (FIRST, outcome.runsc_pid)


def test_after_the_connection_closed_the_session_is_not_gvtui_s(
    agent: Agent, fake: FakeRunsc
) -> None:
    container = fake.container()
    pid = agent.apply(container, FIRST).runsc_pid
    assert pid is not None
    assert agent.connection_closed(pid + 1) is None
    lost = agent.connection_closed(pid)
    assert lost is not None
    assert lost.session == FIRST
    fake.run_session(OTHERS.as_dict())
    assert agent.apply(container, SECOND).needs_confirmation
    assert agent.leave("delete") == []
    assert fake.session() == OTHERS.as_dict()


def test_what_another_monitor_has_replaced_is_forgotten(fake: FakeRunsc, tmp_path: Path) -> None:
    memory = Memory(tmp_path / "memory")
    agent = Agent([fake.path], [fake.root], memory=memory)
    container = fake.container()
    pid = agent.apply(container, FIRST).runsc_pid
    assert pid is not None
    assert memory.recall(container) == FIRST
    fake.run_session(OTHERS.as_dict())
    agent.connection_closed(pid)
    assert memory.recall(container) is None
    assert agent.apply(container, SECOND, replace_unknown=True).applied
    [outcome] = agent.leave("restore")
    assert fake.session() is None
    assert "cannot be put back" in outcome.notes[0]


def test_a_connection_that_a_change_itself_closes_is_no_loss(agent: Agent, fake: FakeRunsc) -> None:
    container = fake.container()
    pid = agent.apply(container, FIRST).runsc_pid
    assert pid is not None

    def closed(_: int) -> None:
        assert agent.connection_closed(pid) is None

    outcome = agent.apply(container, SECOND, on_start=closed)
    assert outcome.applied
    applied = agent.registry.get(container)
    assert applied is not None
    assert not applied.found_session


def test_catalogues_are_read_once(agent: Agent, fake: FakeRunsc) -> None:
    container = fake.container()
    first = agent.catalogue(container)
    assert agent.catalogue(container) is first
    assert fake.calls().count(["trace", "metadata"]) == 1
    assert agent.any_catalogue().source == "runsc 20990101.0"
    assert Agent(["/no/such"]).any_catalogue().is_bundled


def test_the_runsc_here_is_asked_again_when_it_has_changed(agent: Agent, fake: FakeRunsc) -> None:
    first = agent.any_catalogue()
    assert agent.any_catalogue() is first
    assert fake.calls().count(["trace", "metadata"]) == 1
    os.utime(fake.path, ns=(1, 1))
    assert agent.any_catalogue() is not first
    assert fake.calls().count(["trace", "metadata"]) == 2


def test_catalogues_do_not_pile_up_with_containers(
    agent: Agent, fake: FakeRunsc, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gvtui.agent.agent.MOST_CATALOGUES", 3)
    container = fake.container()
    found = [agent.catalogue(replace(container, root=Path(f"/run/{n}"))) for n in range(9)]
    assert all(each is found[0] for each in found)
    assert len(agent._catalogues) == 3


def test_an_unreadable_catalogue_is_no_obstacle(agent: Agent, fake: FakeRunsc) -> None:
    (fake.folder / "metadata").write_text("all changed")
    outcome = agent.apply(fake.container(), FIRST)
    assert outcome.applied
    assert "nothing was checked" in outcome.notes[0]


def test_leaving_deletes_or_keeps(agent: Agent, fake: FakeRunsc) -> None:
    container = fake.container()
    agent.apply(container, FIRST)
    assert agent.leave("keep") == []
    assert fake.session() == FIRST.as_dict()
    [outcome] = agent.leave("delete")
    assert outcome.state is State.DELETED
    assert fake.session() is None
    assert agent.leave("delete") == []


def test_leaving_puts_back_that_there_was_nothing(agent: Agent, fake: FakeRunsc) -> None:
    agent.apply(fake.container(), FIRST)
    [outcome] = agent.leave("restore")
    assert outcome.state is State.DELETED
    assert outcome.notes == ()


def test_leaving_cannot_put_back_what_it_does_not_know(agent: Agent, fake: FakeRunsc) -> None:
    fake.run_session(OTHERS.as_dict())
    agent.apply(fake.container(), FIRST, replace_unknown=True)
    [outcome] = agent.leave("restore")
    assert outcome.state is State.DELETED
    assert "cannot be put back" in outcome.notes[0]


def test_what_an_earlier_run_made_can_be_put_back(fake: FakeRunsc, tmp_path: Path) -> None:
    memory = Memory(tmp_path / "notes")
    container = fake.container()
    earlier = Agent([fake.path], [fake.root], memory=memory)
    earlier.apply(container, FIRST)
    later = Agent([fake.path], [fake.root], memory=memory)
    assert later.apply(container, SECOND).needs_confirmation
    fake.behave("refuse")
    outcome = later.apply(container, SECOND, replace_unknown=True)
    assert outcome.state is State.RESTORED
    assert fake.session() == FIRST.as_dict()
    later.apply(container, SECOND, replace_unknown=True)
    [outcome] = later.leave("restore")
    assert outcome.state is State.APPLIED
    assert fake.session() == FIRST.as_dict()
    assert later.delete(container, delete_unknown=True).applied
    assert memory.recall(container) is None


def test_deleting_another_monitor_s_session_needs_a_word(agent: Agent, fake: FakeRunsc) -> None:
    fake.run_session(OTHERS.as_dict())
    assert agent.delete(fake.container()).needs_confirmation
    assert agent.delete(fake.container(), delete_unknown=True).applied


def test_containers_of_one_pod_share_the_session(agent: Agent, fake: FakeRunsc) -> None:
    container = fake.container()
    inner = replace(container, id="inner")
    assert agent.apply(inner, FIRST).applied
    assert fake.session("c1") == FIRST.as_dict()
    assert agent.apply(container, SECOND).applied


def test_two_changes_of_one_sandbox_take_turns(agent: Agent, fake: FakeRunsc) -> None:
    container = fake.container()
    with ThreadPoolExecutor(4) as pool:
        changes = [FIRST, SECOND, FIRST, SECOND]
        outcomes = list(pool.map(lambda session: agent.apply(container, session), changes))
    assert all(outcome.applied for outcome in outcomes)
    applied = agent.registry.get(container)
    assert applied is not None
    assert fake.session() == applied.session.as_dict()


def test_flags_of_a_later_runsc_are_known_from_it(agent: Agent, fake: FakeRunsc) -> None:
    # A flag's value that reads like a subcommand: only the binary tells that `--root` is runsc's.
    command = ["runsc", "--tomorrow", "run", f"--root={fake.root}", "create", "c1"]
    now = time.time_ns()
    known = [fake.container(), replace(fake.container(), root=Path("/other"))]
    (fake.folder / "flags").write_text("  -tomorrow string\n    \ta flag of a later release\n")
    assert agent.match(5, now, command, "", known).container is None
    agent.inventory()
    assert agent.match(5, now, command, "", known) == ContainerMatch(known[0], "c1", "command")


def test_a_connection_is_matched_by_pid_then_command_then_message(
    agent: Agent, fake: FakeRunsc
) -> None:
    container = fake.container()
    pid = agent.apply(container, FIRST).runsc_pid
    now = time.time_ns()
    other = replace(container, root=Path("/other"))
    known = [container, other]
    command = ["runsc", "--root=/other", "trace", "create", "--config=x", "c1"]
    assert agent.match(pid, now, command, "said", known) == ContainerMatch(container, "c1", "pid")
    before = now - 3_600_000_000_000
    assert agent.match(pid, before, command, "", known) == ContainerMatch(other, "c1", "command")
    assert agent.match(None, now, command, "", []) == ContainerMatch(None, "c1", "command")
    assert agent.match(5, now, ["runsc", "run", "c1"], "", known) == ContainerMatch(
        None, "c1", "command"
    )
    assert agent.match(5, now, ["runsc", "do", "x"], "c1", [other]) == ContainerMatch(
        other, "c1", "message"
    )
    assert agent.match(5, now, [], "", known) == ContainerMatch(None, "", "")


def test_one_that_only_reads_refuses_every_change(fake: FakeRunsc, tmp_path: Path) -> None:
    memory = Memory(tmp_path / "memory")
    agent = Agent([fake.path], [fake.root], memory=memory, readonly=True)
    container = fake.container()
    fake.run_session(OTHERS.as_dict())
    before = fake.session()
    for outcome in (
        agent.apply(container, FIRST, replace_unknown=True),
        agent.delete(container, delete_unknown=True),
    ):
        assert outcome.state is State.REFUSED
        assert "--readonly" in outcome.sentence
    assert agent.leave("delete") == []
    assert fake.session() == before
    assert not (tmp_path / "memory").exists()
    assert [each.id for each in agent.inventory().containers] == [container.id]


def test_the_end_waits_for_no_answer_and_still_puts_sessions_right(
    agent: Agent, fake: FakeRunsc
) -> None:
    [container] = agent.inventory().containers
    assert agent.apply(container, FIRST).applied
    (fake.root / "stuck").touch()
    with ThreadPoolExecutor(1) as pool:
        looking = pool.submit(agent.inventory)
        while ["list", "-format=json"] not in [call[1:] for call in fake.calls()[-1:]]:
            assert not looking.done()
        agent.stop_looking()
        assert looking.result(120).containers == ()
    assert [each.state for each in agent.leave("delete")] == [State.DELETED]
    assert fake.session() is None


def _runs(fake: FakeRunsc, *processes: tuple[int, int]) -> None:
    """Have the sandbox `c1` run processes: id, parent's id."""
    objects = [{"status": {"pid": pid, "ppid": parent}} for pid, parent in processes]
    (fake.root / "c1.procfs").write_text("PROCFS DUMP\n\n" + "\n".join(map(json.dumps, objects)))


def test_processes_of_a_pod_come_with_their_containers(agent: Agent, fake: FakeRunsc) -> None:
    _runs(fake, (1, 0), (2, 0), (3, 2), (4, 3), (5, 0), (6, 0))
    for name, pids in (("c1", "[1]"), ("web", "[2]"), ("gone", ""), ("db", "[5, 7]")):
        (fake.root / f"{name}_sandbox:c1.state").touch()
        if pids:
            (fake.root / f"{name}.pids").write_text(pids)
    (fake.root / "alone_sandbox:alone.state").touch()
    dump = agent.processes(fake.container())
    # 3 and 4 began after web was asked, or nobody knows of them: they have their ancestor's.
    assert {entry.pid: entry.container_id for entry in dump.entries} == {
        1: "c1",
        2: "web",
        3: "web",
        4: "web",
        5: "db",
        6: "",
    }
    assert sorted(call[-1] for call in fake.calls() if "ps" in call) == ["c1", "db", "gone", "web"]


def test_a_sandbox_of_one_container_is_not_asked_whose_its_processes_are(
    agent: Agent, fake: FakeRunsc
) -> None:
    _runs(fake, (1, 0))
    (fake.root / "c1_sandbox:c1.state").touch()
    (entry,) = agent.processes(fake.container()).entries
    assert entry.container_id == "c1"
    assert not any("ps" in call for call in fake.calls())


def test_a_pod_that_does_not_answer_is_asked_once(agent: Agent, fake: FakeRunsc) -> None:
    _runs(fake, (1, 0))
    for name in ("c1", "web", "db"):
        (fake.root / f"{name}_sandbox:c1.state").touch()
        (fake.root / f"{name}.pids").mkdir()
    container = fake.container()
    dead = replace(container, runsc=replace(container.runsc, path=f"{fake.path}.dying"))
    Path(dead.runsc.path).write_text(
        f'#!/bin/sh\ncase "$*" in *ps*json*) kill -9 $$;; esac\nexec {fake.path} "$@"\n'
    )
    Path(dead.runsc.path).chmod(0o755)
    (entry,) = agent.processes(dead).entries
    assert entry.container_id == ""
    assert not any("ps" in call for call in fake.calls())


def test_one_change_at_a_time_over_all_viewers(
    agent: Agent, fake: FakeRunsc, monkeypatch: pytest.MonkeyPatch
) -> None:
    container = fake.container()
    with ExitStack() as other:
        other.enter_context(folder_locked(container.root))
        monkeypatch.setattr("gvtui.agent.agent.BUSY_SECONDS", 0.0)
        for outcome in (agent.apply(container, FIRST), agent.delete(container)):
            assert outcome.state is State.REFUSED
            assert outcome.sentence == (
                "another viewer or command of gvtui is changing a session in "
                f"{container.root}; nothing has changed here; try again later"
            )
        # Who waits gets its turn.
        monkeypatch.setattr("gvtui.agent.agent.BUSY_SECONDS", 120.0)
        with ThreadPoolExecutor() as pool:
            waiting = pool.submit(agent.apply, container, FIRST)
            assert not waiting.done()
            assert fake.session() is None
            other.close()
            assert waiting.result().applied
