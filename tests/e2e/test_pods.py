"""A pod of two containers: its session is replaced, it is killed, and started again."""

from __future__ import annotations

import contextlib
import json
import os
import signal
from pathlib import Path

import pytest

from gvtui.agent.scratch import scratch_folder
from gvtui.points.bundled import bundled_catalogue
from gvtui.points.document import pod_init_document, save_document
from gvtui.points.presets import build_preset
from gvtui.points.session import REMOTE, Sink
from gvtui.query.processes.process import Process
from gvtui.trace.lives import LifeEnding
from gvtui.trace.reader import Trace
from tests.e2e.commands import gvtui
from tests.e2e.containers import (
    Container,
    RunscBinary,
    wait_until,
)
from tests.e2e.pods import running_pod
from tests.e2e.recorded import Recording, recording
from tests.query.processes.box import processes_of

pytestmark = pytest.mark.e2e

LOOP = ["/bin/sh", "-c", "while :; do sleep 0.2; done"]


def pod_of_two(
    binary: RunscBinary, folder: Path, pod_init: Path
) -> contextlib.AbstractContextManager[Container]:
    """A pod of a pause container and one that keeps starting processes."""
    folder.mkdir()
    # A folder above, so that both pods have one root, and the second is the first started again.
    root, flags = folder.parent / "root", [f"--pod-init-config={pod_init}"]
    return running_pod(
        binary, folder, {"inner": LOOP}, container_id="pod-of-two", root=root, flags=flags
    )


class Watched:
    """What is recorded, as it grows."""

    def __init__(self, one: Recording) -> None:
        self.trace = Trace.open(one.path)

    def hears(self, conn: int, count: int = 8) -> bool:
        """Whether a connection tells of more and more processes, in more than `count` messages."""
        self.trace.refresh()
        before = self._messages(conn)

        def has_more() -> bool:
            self.trace.refresh()
            return self._messages(conn) > before + count

        return wait_until(has_more)

    def _messages(self, conn: int) -> int:
        connection = self.trace.connections.get(conn)
        return connection.messages if connection is not None else 0

    def ends(self, conn: int) -> bool:
        """Whether it becomes known that a connection's sandbox has ended."""

        def has_ended() -> bool:
            self.trace.refresh()
            life = self.trace.connections.lives.of(conn)
            return life is not None and life.ending is not None

        return wait_until(has_ended)


def kill_sandbox(pod: Container) -> None:
    """Have the kernel end a sandbox, as for want of memory."""
    state = json.loads(pod.runsc("state", pod.id).stdout)
    os.kill(state["pid"], signal.SIGKILL)


def end_of(process: Process) -> str:
    if process.is_cut_off:
        return "cut off"
    return "ended" if process.has_ended else "runs"


def test_each_process_of_a_pod_is_one(binary: RunscBinary, tmp_path: Path) -> None:
    with scratch_folder("gv") as place, recording(tmp_path) as one:
        folder = Path(place)
        sinks = (Sink(REMOTE, {"endpoint": str(one.socket)}),)
        session = build_preset("processes", bundled_catalogue(gvisor="2022-12"), sinks=sinks)
        pod_init, config = folder / "init.json", folder / "session.json"
        save_document(pod_init, pod_init_document(session))
        config.write_text(json.dumps({"trace_session": session.as_dict()}))
        live = Watched(one)
        with pod_of_two(binary, folder / "1", pod_init) as pod:
            assert live.hears(1), one.said
            pod.runsc("trace", "create", "--force", "--config", str(config), pod.id)
            # Some seconds, in which the recording finds the sandbox's process: it looks once each.
            assert live.hears(2, 250), one.said
            kill_sandbox(pod)
            assert live.ends(2), one.said
        with pod_of_two(binary, folder / "2", pod_init):
            assert live.hears(3), one.said
            live.trace.close()
            trace = one.end()
    lives = trace.connections.lives
    first, second = lives.of(1), lives.of(3)
    assert first is not None
    assert second is not None
    assert lives.of(2) is first
    assert first is not second
    assert (first.ending, first.exit_status) == (LifeEnding.CUT_OFF, None)
    assert (second.ending, second.exit_status) == (None, None)

    processes = processes_of(trace)
    by_run = [processes.tree.of_life(life.number) for life in (first, second)]
    for run, end in zip(by_run, ("cut off", "runs"), strict=True):
        known = {(each.pid, each.start_ns) for each in run}
        assert len(known) == len({each.pid for each in run}) == len(run)
        pause, shell = (next(each for each in run if each.pid == pid) for pid in (1, 2))
        assert (pause.container, shell.container) == ("pod-of-two", "inner")
        assert (end_of(pause), end_of(shell)) == (end, end)
        sleeps = [each for each in run if each.parent is shell]
        assert len(sleeps) >= 2
        assert {each.container for each in sleeps} == {"inner"}
        assert sum(end_of(each) == "ended" for each in sleeps) >= len(sleeps) - 1
    assert len(by_run[0]) + len(by_run[1]) == len(processes.tree)
    trace.close()

    said, _ = gvtui("print", "--stats", one.path)
    shells = [line for line in said.splitlines() if " 2 sh in inner" in line]
    assert len(shells) == len(set(shells)) == 2, said
