"""A pod of four containers, whose processes ran before the session: live and in the recording."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from gvtui.agent.runsc import Runsc
from gvtui.query.processes.process import Evidence, Process
from gvtui.query.processes.tree import ProcessTree
from gvtui.trace.row import Kind
from tests.e2e.containers import (
    Container,
    RunscBinary,
    binaries_as_params,
    wait_until,
)
from tests.e2e.pods import running_pod
from tests.e2e.replays import replay_processes
from tests.e2e.test_points_pane import Viewer, use
from tests.tui.helpers import until

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.parametrize("binary", binaries_as_params(), indirect=True, scope="module"),
]

INNER = ("api", "cache", "web")
SCRIPT = (
    "sleep 2000 & s=$!; while [ ! -e /tmp/stop ]; do sleep 0.5; done; kill $s; "
    "while :; do sleep 0.5; done"
)
POINTS = ("sentry/clone", "sentry/execve", "sentry/task_exit")


def told_by_runsc(pod: Container) -> dict[str, set[int]]:
    """Which processes each container has now, as `runsc ps` tells."""
    runsc = Runsc(pod.binary.path)
    return {name: set(runsc.pids(pod.root, name)) for name in (pod.id, *INNER)}


def shape(tree: Any) -> set[tuple[str, int, int, str, bool]]:
    """What is compared of a tree: container, ids of process and parent, command line, whether it
    ended."""
    return {
        (
            process.container,
            process.pid,
            process.parent.pid if process.parent else 0,
            process.command_line,
            process.has_ended,
        )
        for process in tree
    }


def dumps(viewer: Viewer) -> list[int]:
    """The connections with a note of what runs in their sandbox."""
    trace = viewer.app.model.trace
    places = (trace.rows(0, trace.end_row)["kind"] == Kind.MARK).nonzero()[0].tolist()
    told = (place for place in places if trace.details(place)["kind"] == "processes")
    return sorted({trace.row(place).conn for place in told})


def test_each_process_of_a_pod_is_once_in_its_own_container(
    binary: RunscBinary, folder: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "kept.gvtrace"
    shapes: list[set[tuple[str, int, int, str, bool]]] = []

    async def script(pilot: Pilot[int], viewer: Viewer) -> None:
        tree = viewer.app.model.analysis.processes.tree

        def sleepers() -> dict[str, Process]:
            found = [process for process in tree if process.command_line == "sleep 2000"]
            assert len(found) == len({process.container for process in found})
            return {process.container: process for process in found}

        for name in POINTS:
            await viewer.stage(pilot, name)
        await viewer.apply(pilot)
        await pilot.press("2")
        await until(pilot, lambda: any(each.source is Evidence.PROCFS for each in tree))
        await viewer.comes(pilot, "sentry/clone")
        assert set(sleepers()) == set(INNER)

        # Another session, on another connection, whose sandbox is asked anew.
        await pilot.press("1")
        await viewer.stage(pilot, "sentry/execve")
        await viewer.apply(pilot)
        await pilot.press("2")
        await until(pilot, lambda: dumps(viewer) == [1, 2])
        await viewer.comes(pilot, "sentry/clone")
        asked = told_by_runsc(pod)
        await until(pilot, lambda: {each.pid for each in tree} >= set().union(*asked.values()))
        for process in tree:
            there = [name for name, pids in asked.items() if process.pid in pids]
            assert there in ([], [process.container]), shape(tree)
        keys = [process.pid for process in tree]
        assert len(set(keys)) == len(keys), shape(tree)
        (pause,) = (process for process in tree if process.pid == 1)
        assert (pause.container, pause.has_ended) == (pod.id, False)

        pod.runsc("exec", "cache", "/usr/bin/touch", "/tmp/stop")
        await until(pilot, lambda: sleepers()["cache"].has_ended)
        assert sleepers()["cache"].exit_status == 15
        assert not sleepers()["api"].has_ended
        assert not sleepers()["web"].has_ended
        viewer.keeper.agent.leave("delete")
        await until(pilot, lambda: not viewer.app.model.sandboxes[0].connected)
        await until(pilot, lambda: viewer.app.model.analysis.processes.is_done)
        shapes.append(shape(tree))
        kept.write_bytes((viewer.folder / "a.gvtrace").read_bytes())

    inner = {name: ["/bin/sh", "-c", SCRIPT] for name in INNER}
    with running_pod(
        binary, folder, inner, container_id="pod-of-four", root=folder / "root"
    ) as pod:
        assert wait_until(lambda: all(len(told_by_runsc(pod)[name]) > 1 for name in INNER))
        use(script, pod)

    def look(tree: ProcessTree) -> None:
        assert shape(tree) == shapes[0]

    replay_processes(kept, look)
