"""Processes that ran before the session: asked of a real sandbox, live and in the recording."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from gvtui.agent.scratch import scratch_folder
from gvtui.decode.ids import short_id
from gvtui.points.session import REMOTE, Point, Session, Sink
from gvtui.query.processes.process import Evidence, Process
from gvtui.query.processes.tree import ProcessTree
from gvtui.trace.marks import read_mark
from gvtui.trace.procfs import ProcessesMark
from gvtui.trace.reader import Trace
from gvtui.trace.row import Kind
from gvtui.tui.processes.commands import Earlier
from tests.e2e.containers import (
    WAIT_SECONDS,
    Container,
    RunscBinary,
    binaries_as_params,
    run_runsc,
    running_container,
    wait_until,
)
from tests.e2e.recorded import recording, write_pod_init
from tests.e2e.replays import replay_processes
from tests.e2e.test_points_pane import Viewer, use
from tests.tui.helpers import until

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.parametrize("binary", binaries_as_params(), indirect=True, scope="module"),
]

SCRIPT = (
    "sleep 1000 | cat & sleep 2000 & s=$!; (while :; do sleep 0.2; done) & "
    "while [ ! -e /tmp/stop ]; do sleep 0.2; done; kill $s; sleep 3000"
)
SLEEPER = '"args":["sleep","2000"]'
EARLIER = ('"args":["sleep","1000"]', '"args":["cat"]', SLEEPER)
"""What runs before the session, as `runsc trace procfs` tells it."""
POINTS = ("sentry/clone", "sentry/execve", "sentry/task_exit")


def shape(tree: Any) -> set[tuple[int, int, str, str, bool]]:
    """What is compared of a tree: id, parent's id, command line, how known, whether it ended."""
    return {
        (
            process.pid,
            process.parent.pid if process.parent else 0,
            process.command_line,
            process.source.name,
            process.has_ended,
        )
        for process in tree
    }


def find(tree: Any, command: str) -> Process:
    found = [process for process in tree if process.command_line == command]
    assert len(found) == 1, shape(tree)
    process: Process = found[0]
    return process


def listed(container: Container) -> str:
    return run_runsc(container.binary, container.root, "trace", "procfs", container.id).stdout


def has_begun(container: Container) -> bool:
    """Whether all that is to run before the session does."""
    text = listed(container)
    return all(each in text for each in EARLIER)


async def attach(pilot: Pilot[int], viewer: Viewer) -> None:
    """Make a session by the keys that a user presses."""
    for name in POINTS:
        await viewer.stage(pilot, name)
    await viewer.apply(pilot)


def test_processes_from_before_the_session_are_in_the_tree(
    binary: RunscBinary, tmp_path: Path
) -> None:
    kept = tmp_path / "kept.gvtrace"
    shapes: list[set[tuple[int, int, str, str, bool]]] = []

    async def script(pilot: Pilot[int], viewer: Viewer) -> None:
        app = viewer.app
        await attach(pilot, viewer)
        await pilot.press("2")
        tree = app.model.analysis.processes.tree
        await until(pilot, lambda: any(process.source is Evidence.PROCFS for process in tree))
        # Those that came since are told by events, and none of them stands there twice.
        await until(pilot, lambda: sum(p.source is Evidence.EVENT for p in tree) > 4)
        (shell,) = (process for process in tree if process.pid == 1)
        assert shell.args == ["/bin/sh", "-c", SCRIPT]
        assert shell.parent is None
        assert shell.source is Evidence.PROCFS
        sleeper = find(tree, "sleep 2000")
        writer, reader = find(tree, "sleep 1000"), find(tree, "cat")
        for process in (sleeper, writer, reader):
            assert process.parent is shell
            assert process.source is Evidence.PROCFS
            assert process.start_ns > shell.start_ns > 1_600_000_000_000_000_000
            assert not process.has_ended
        assert writer.pipe_to == reader.id
        assert reader.pipe_from == writer.id
        keys = [(process.container, process.pid, process.start_ns) for process in tree]
        assert len(set(keys)) == len(keys)
        assert {process.container for process in tree} == {one.id}

        run_runsc(binary, one.root, "exec", one.id, "/usr/bin/touch", "/tmp/stop")
        await until(pilot, lambda: sleeper.has_ended)
        assert sleeper.exit_status == 15
        marks = [mark for mark in viewer.marks() if mark["kind"] == "processes"]
        assert len(marks) == 1
        # The session ends, so that the recording and the tree stand still.
        viewer.keeper.agent.leave("delete")
        await until(pilot, lambda: not app.model.sandboxes[0].connected)
        await until(pilot, lambda: app.model.analysis.processes.is_done)
        shapes.append(shape(tree))
        kept.write_bytes((viewer.folder / "a.gvtrace").read_bytes())

    with (
        scratch_folder("gv") as folder,
        running_container(binary, folder, ["/bin/sh", "-c", SCRIPT]) as one,
    ):
        assert wait_until(lambda: has_begun(one))
        use(script, one)

    def look(tree: ProcessTree) -> None:
        assert shape(tree) == shapes[0]

    replay_processes(kept, look)


def test_a_sandbox_is_asked_again_by_a_key(binary: RunscBinary) -> None:
    """Without points about processes, only asking tells what runs."""

    async def script(pilot: Pilot[int], viewer: Viewer) -> None:
        app = viewer.app
        tree = app.model.analysis.processes.tree
        await viewer.stage(pilot, "syscall/chroot/enter")
        await viewer.apply(pilot)
        await pilot.press("2")
        await until(pilot, lambda: len(tree) > 3)
        sleeper = find(tree, "sleep 2000")
        run_runsc(binary, one.root, "exec", one.id, "/usr/bin/touch", "/tmp/stop")
        assert await asyncio.to_thread(wait_until, lambda: SLEEPER not in listed(one))
        # Its clock and ours may differ by a little.
        await asyncio.sleep(1.1)
        assert not sleeper.has_ended
        await pilot.press("L")
        await until(pilot, lambda: sleeper.has_ended)
        assert sleeper.exit_status is None
        assert not find(tree, "cat").has_ended
        await until(pilot, lambda: app.feature(Earlier).note == "")

    with (
        scratch_folder("gv") as folder,
        running_container(binary, folder, ["/bin/sh", "-c", SCRIPT]) as one,
    ):
        assert wait_until(lambda: has_begun(one))
        use(script, one)


def test_what_keeps_a_sandbox_from_being_asked_is_said(binary: RunscBinary, tmp_path: Path) -> None:
    """A runsc that is slow to refuse holds up neither the screen nor the stream."""
    asked, let_go = tmp_path / "asked", tmp_path / "let-go"
    broken = tmp_path / "runsc"
    broken.write_text(
        f"""#!/bin/sh
case "$*" in
*procfs*)
    touch {asked}
    while [ ! -e {let_go} ]; do sleep 0.05; done
    echo 'no such thing here' >&2
    exit 128
esac
exec {binary.path} "$@"
"""
    )
    broken.chmod(0o755)

    async def script(pilot: Pilot[int], viewer: Viewer) -> None:
        app = viewer.app
        await attach(pilot, viewer)
        await until(pilot, asked.exists)
        await pilot.press("2")
        await viewer.comes(pilot, "sentry/clone")
        assert app.feature(Earlier).note == "asking 1 of the sandboxes what runs in them …"
        let_go.touch()
        await until(pilot, lambda: "asking" not in app.feature(Earlier).note)
        assert app.feature(Earlier).note == (
            f"! {short_id(one.id)}: earlier processes are not known: runsc says: no such thing here; "
            "L asks again"
        )
        assert all(
            process.source is not Evidence.PROCFS for process in app.model.analysis.processes.tree
        )

    with (
        scratch_folder("gv") as folder,
        running_container(binary, folder, ["/bin/sh", "-c", SCRIPT]) as one,
    ):
        use(script, replace(one, binary=replace(binary, path=str(broken))))


def noted(path: Path) -> list[ProcessesMark]:
    """What a recording has of the processes that sandboxes listed."""
    trace = Trace.open(path)
    try:
        rows = (
            row for row in range(trace.first_row, trace.end_row) if trace.row(row).kind == Kind.MARK
        )
        marks = [read_mark(trace.details(row)) for row in rows]
        return [mark for mark in marks if isinstance(mark, ProcessesMark)]
    finally:
        trace.close()


def commands_in(mark: ProcessesMark) -> set[str]:
    """The command lines of the processes that a sandbox listed."""
    return {" ".join(entry.args) for entry in mark.processes}


@pytest.mark.parametrize("options", [(), ("--filter", "evt.type in (clone, execve)")])
def test_what_ran_before_is_recorded_without_a_screen(
    binary: RunscBinary, options: tuple[str, ...]
) -> None:
    with scratch_folder("gv") as folder, recording(folder, *options) as one:
        session = Session(
            tuple(Point(name, (), ("container_id", "group_id")) for name in POINTS),
            (Sink(REMOTE, {"endpoint": str(one.socket)}),),
        )
        config = write_pod_init(folder / "session.json", session)
        with running_container(binary, folder, ["/bin/sh", "-c", SCRIPT]) as container:
            assert wait_until(lambda: has_begun(container))
            container.runsc("trace", "create", f"--config={config}", container.id)
            assert wait_until(lambda: bool(noted(one.path))), one.said
            (first,) = noted(one.path)
            assert {"sleep 1000", "cat", "sleep 2000"} <= commands_in(first)
            assert {entry.container_id for entry in first.processes} == {container.id}
            # Of an exec session's program gVisor tells no arguments.
            words = (binary.path, f"--root={container.root}", "exec", container.id)
            entered = subprocess.Popen([*words, "/bin/sleep", "3333"], stdin=subprocess.DEVNULL)
            assert wait_until(lambda: len(noted(one.path)) == 2), one.said
            assert "/bin/sleep 3333" in commands_in(noted(one.path)[1])
        entered.wait(WAIT_SECONDS)
        one.end().close()
        assert "not known" not in one.said


def test_printed_rows_have_the_parents_that_ran_before(binary: RunscBinary) -> None:
    with scratch_folder("gv") as folder:
        socket, out = folder / "s", folder / "out"
        words = ["print", "--listen", str(socket), "--format", "json"]
        with out.open("wb") as file:
            printing = subprocess.Popen(
                [sys.executable, "-m", "gvtui", *words, "--filter", "proc.aname[2] exists"],
                stdin=subprocess.DEVNULL,
                stdout=file,
            )
        try:
            assert wait_until(socket.exists)
            session = Session(
                tuple(Point(name, (), ("container_id", "group_id")) for name in POINTS),
                (Sink(REMOTE, {"endpoint": str(socket)}),),
            )
            config = write_pod_init(folder / "session.json", session)
            with running_container(binary, folder, ["/bin/sh", "-c", SCRIPT]) as container:
                assert wait_until(lambda: has_begun(container))
                container.runsc("trace", "create", f"--config={config}", container.id)
                # Its grandparent, the shell, ran before the session.
                assert wait_until(lambda: "execve" in out.read_text()), out.read_text()
        finally:
            printing.terminate()
            assert printing.wait(WAIT_SECONDS) == 0
