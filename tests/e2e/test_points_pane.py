"""The Points pane over real sandboxes: keys pressed, and what then comes from them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from gvtui.agent.agent import Agent
from gvtui.agent.memory import Memory
from gvtui.agent.pod_init import SessionFile
from gvtui.agent.scratch import scratch_folder
from gvtui.agent.target import SessionOwner
from gvtui.agent.targets import Keeper
from gvtui.monitor.options import MonitorOptions
from gvtui.monitor.watch import Watch
from gvtui.points.catalogue import PointSpec
from gvtui.points.session import Point
from gvtui.trace.reader import Trace
from gvtui.trace.row import Kind
from gvtui.tui.app import GvtuiApp
from gvtui.tui.options import LiveOptions
from gvtui.tui.points.survey import Targets
from gvtui.tui.run_live import settle
from tests.e2e.containers import (
    Container,
    RunscBinary,
    oldest,
    only_in_path,
    running_container,
)
from tests.tui.helpers import answer, until

pytestmark = pytest.mark.e2e

OPENAT, OPENAT_EXIT = "syscall/openat/enter", "syscall/openat/exit"
CLOSE = "syscall/close/enter"
FOREIGN = '{"trace_session": {"name": "Default", "points": [{"name": "sentry/clone"}]}}'


@dataclass
class Viewer:
    """The app over its own monitor, with a hold on real containers."""

    app: GvtuiApp
    watch: Watch
    keeper: Keeper
    folder: Path

    @property
    def state(self) -> Any:
        return self.app.feature(Targets).state

    def owner(self) -> SessionOwner:
        owner: SessionOwner = self.state.target.owner
        return owner

    def counts(self, since: int = 0) -> dict[str, int]:
        """Messages by point, of rows from `since` on."""
        trace = self.app.model.trace
        rows = trace.rows(since, trace.end_row)
        found: dict[str, int] = {}
        for number in rows[rows["kind"] == Kind.MESSAGE]["point"].tolist():
            name = trace.string(number)
            found[name] = found.get(name, 0) + 1
        return found

    def marks(self) -> list[dict[str, Any]]:
        trace = self.app.model.trace
        places = (trace.rows(0, trace.end_row)["kind"] == Kind.MARK).nonzero()[0]
        return [trace.details(int(place)) for place in places]

    def connected(self) -> list[bool]:
        """Of each connection, whether it is open."""
        return [each.connected for each in self.app.model.trace.connections.values()]

    def session_marks(self) -> list[dict[str, Any]]:
        """The marks of sessions and of the gaps between them."""
        return [mark for mark in self.marks() if mark["kind"] in ("session", "gap")]

    async def stage(self, pilot: Pilot[int], name: str, key: str = "space") -> None:
        """Switch a point by the keys that a user presses: find it, then toggle."""
        await pilot.press("o")
        await pilot.pause()
        if self.app.focused is self.app.stream:
            await pilot.press("o")
            await pilot.pause()
        self.state.reveal(name)
        await pilot.press(key)

    async def apply(self, pilot: Pilot[int], key: str = "a") -> None:
        await pilot.press(key)
        await until(pilot, lambda: not self.state.busy)

    async def comes(self, pilot: Pilot[int], name: str) -> None:
        """Wait for a message of a point that is sent from now on."""
        self.app.tick()
        since = self.app.model.trace.end_row
        await until(pilot, lambda: name in self.counts(since))


def use(
    script: Callable[[Pilot[int], Viewer], Awaitable[None]],
    *containers: Container,
    policy: Any = "ask",
    file: Path | None = None,
    runsc_is_named: bool = True,
) -> Viewer:
    """Run the viewer over these containers; at the end its sessions are put right."""
    with scratch_folder("gv") as folder:
        options = MonitorOptions(listen=folder / "s", record=folder / "a.gvtrace", realtime=False)
        watch = Watch.start(options)
        memory = Memory(folder / "memory")
        keeper = Keeper(
            Agent(
                sorted({each.binary.path for each in containers if runsc_is_named}),
                sorted({str(each.root) for each in containers}),
                memory=memory,
            ),
            memory=memory,
            file=SessionFile.open(file) if file else None,
            policy=policy,
        )
        app = GvtuiApp(Trace.open(watch.trace_path), monitor=watch, live=LiveOptions(options))
        app.keeper = keeper
        viewer = Viewer(app, watch, keeper, folder)

        async def run() -> None:
            async with app.run_test(size=(160, 46)) as pilot:
                wanted = len(containers) + bool(file)
                await until(pilot, lambda: len(viewer.state.targets) == wanted)
                await script(pilot, viewer)

        try:
            asyncio.run(run())
        finally:
            settle(keeper, watch)
            app.model.trace.close()
            watch.stop()
        return viewer


def sessions_of(container: Container) -> int:
    return container.runsc("trace", "list", container.id).stdout.count('"Default"')


def test_a_point_begins_to_come_and_ends(binary: RunscBinary, shared: Container) -> None:
    async def script(pilot: Pilot[int], viewer: Viewer) -> None:
        assert viewer.owner() is SessionOwner.NONE
        await viewer.stage(pilot, OPENAT)
        await viewer.apply(pilot)
        assert viewer.owner() is SessionOwner.OURS, viewer.state.detail
        await viewer.comes(pilot, OPENAT)
        await viewer.comes(pilot, OPENAT_EXIT)

        await viewer.stage(pilot, CLOSE, "e")
        await viewer.stage(pilot, OPENAT)
        await viewer.apply(pilot)
        await viewer.comes(pilot, CLOSE)
        # What the former session sent last may be read behind what the new one has sent first.
        await until(pilot, lambda: viewer.connected() == [False, True])
        since = viewer.app.model.trace.end_row
        await viewer.comes(pilot, CLOSE)
        assert set(viewer.counts(since)) == {CLOSE}
        await until(pilot, lambda: viewer.state.counts.get(CLOSE, 0) > 0)
        await until(pilot, lambda: viewer.state.rates.get(CLOSE, 0) > 0)

        kinds = [mark["kind"] for mark in viewer.session_marks()]
        assert kinds == ["session", "gap", "session"]
        last = json.loads(viewer.session_marks()[-1]["session"])
        assert [point["name"] for point in last["points"]] == [CLOSE]

    use(script, shared)
    assert sessions_of(shared) == 0


def test_a_field_switched_on_shows_paths(binary: RunscBinary, shared: Container) -> None:
    async def script(pilot: Pilot[int], viewer: Viewer) -> None:
        await viewer.stage(pilot, CLOSE, "e")
        await viewer.apply(pilot)
        await viewer.comes(pilot, CLOSE)
        await pilot.press("right", "down")
        line = viewer.state.at_cursor()
        assert line is not None
        assert line.field == "fd_path"
        await pilot.press("e")
        await viewer.apply(pilot)
        trace = viewer.app.model.trace
        since = trace.end_row
        await until(
            pilot,
            lambda: any(
                "/etc/hostname" in trace.string(int(number))
                for number in trace.rows(since, trace.end_row)["path"]
            ),
        )

    use(script, shared)


def test_an_invalid_change_is_refused_and_the_former_session_delivers(
    binary: RunscBinary, shared: Container
) -> None:
    async def script(pilot: Pilot[int], viewer: Viewer) -> None:
        await viewer.stage(pilot, OPENAT)
        await viewer.apply(pilot)
        await viewer.comes(pilot, OPENAT)
        staged = viewer.state.edit.staged
        viewer.state.stage(staged.with_points([Point("syscall/nonesuch/enter")]))
        await viewer.apply(pilot)
        assert "nonesuch" in viewer.state.note
        assert "nothing has changed" in viewer.state.note
        assert viewer.state.edit.is_staged
        await viewer.comes(pilot, OPENAT)
        assert viewer.owner() is SessionOwner.OURS
        await pilot.press("u")
        assert not viewer.state.edit.diff

    use(script, shared)
    assert sessions_of(shared) == 0


def test_what_runsc_itself_refuses_leaves_the_former_session_too(
    binary: RunscBinary, shared: Container
) -> None:
    async def script(pilot: Pilot[int], viewer: Viewer) -> None:
        await viewer.stage(pilot, OPENAT)
        await viewer.apply(pilot)
        await viewer.comes(pilot, OPENAT)
        # The check lets it pass, as if the sandbox were of another release than its list.
        known = viewer.state.catalogue
        spec = PointSpec("syscall/nonesuch/enter", (), (), "nonesuch")
        wrong = replace(known, points={**known.points, spec.name: spec})
        viewer.keeper.agent.catalogue = lambda _: wrong  # type: ignore[method-assign, assignment]
        viewer.state.stage(viewer.state.edit.staged.with_points([Point(spec.name)]))
        await viewer.apply(pilot)
        assert "he runtime has no point syscall/nonesuch/enter" in viewer.state.note
        assert "has been put back" in viewer.state.note
        assert "nonesuch" in viewer.state.detail
        await viewer.comes(pilot, OPENAT)
        assert viewer.session_marks()[-1]["state"] == "restored"

    use(script, shared)
    assert sessions_of(shared) == 0


def test_of_two_containers_one_is_changed(binary: RunscBinary, shared: Container) -> None:
    with (
        scratch_folder("gv") as folder,
        running_container(binary, folder) as other,
    ):

        async def script(pilot: Pilot[int], viewer: Viewer) -> None:
            await viewer.stage(pilot, OPENAT, "e")
            await viewer.apply(pilot, "A")
            connections = viewer.app.model.trace.connections
            await until(pilot, lambda: len(viewer.app.model.sandboxes) == 2)
            await viewer.comes(pilot, OPENAT)
            await viewer.stage(pilot, CLOSE, "e")
            changed = viewer.state.target.container.id
            await viewer.apply(pilot)
            await viewer.comes(pilot, CLOSE)
            trace = viewer.app.model.trace
            rows = trace.rows(0, trace.end_row)
            senders = {
                connections[int(row["conn"])].container_id
                for row in rows
                if trace.string(int(row["point"])) == CLOSE
            }
            assert senders == {changed}
            assert {other.id, shared.id} > senders
            await pilot.press("c")
            assert viewer.state.edit.applied.point_names == {OPENAT}

        use(script, shared, other)
        assert sessions_of(other) == sessions_of(shared) == 0


def test_a_session_of_another_monitor_is_asked_about_and_never_ended(
    binary: RunscBinary, shared: Container, tmp_path: Path
) -> None:
    file = tmp_path / "foreign.json"
    file.write_text(FOREIGN)
    shared.runsc("trace", "create", f"--config={file}", shared.id)

    async def script(pilot: Pilot[int], viewer: Viewer) -> None:
        assert viewer.owner() is SessionOwner.OTHER
        await viewer.stage(pilot, OPENAT)
        await viewer.apply(pilot)
        await answer(pilot, "leave")
        assert viewer.owner() is SessionOwner.OTHER

    try:
        use(script, shared)
        assert sessions_of(shared) == 1
    finally:
        shared.runsc("trace", "delete", "--name=Default", shared.id)


def test_leaving_may_keep_the_session(binary: RunscBinary, shared: Container) -> None:
    async def script(pilot: Pilot[int], viewer: Viewer) -> None:
        await viewer.stage(pilot, OPENAT)
        await viewer.apply(pilot)
        await pilot.press("q")
        await answer(pilot, "keep")
        # The sandbox is connected.
        await answer(pilot, "end")

    try:
        use(script, shared)
        assert sessions_of(shared) == 1
    finally:
        shared.runsc("trace", "delete", "--name=Default", shared.id)


def test_a_file_edited_here_is_used_by_a_new_sandbox(
    binary: RunscBinary, shared: Container, tmp_path: Path
) -> None:
    file = tmp_path / "init.json"

    async def script(pilot: Pilot[int], viewer: Viewer) -> None:
        assert viewer.owner() is SessionOwner.FILE
        await viewer.stage(pilot, OPENAT, "e")
        await viewer.apply(pilot)
        assert "Written" in viewer.state.note
        with scratch_folder("gv") as folder:
            flags = [f"--pod-init-config={file}"]
            with await asyncio.to_thread(lambda: running_container(binary, folder, flags=flags)):
                await viewer.comes(pilot, OPENAT)
        assert set(viewer.counts()) == {OPENAT}

    use(script, shared, file=file)


@pytest.mark.parametrize("in_path", ["no runsc", "the oldest runsc"])
def test_the_runsc_of_a_sandbox_need_not_be_named(
    binary: RunscBinary,
    shared: Container,
    in_path: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    only_in_path(monkeypatch, tmp_path, oldest() if in_path == "the oldest runsc" else None)

    async def script(pilot: Pilot[int], viewer: Viewer) -> None:
        assert viewer.owner() is SessionOwner.NONE
        # The points are those of the very runsc that runs the sandbox.
        assert str(binary.date) in viewer.state.catalogue.source
        await viewer.stage(pilot, OPENAT)
        await viewer.apply(pilot)
        assert viewer.owner() is SessionOwner.OURS, viewer.state.detail
        await viewer.comes(pilot, OPENAT)

    use(script, shared, runsc_is_named=False)
    assert sessions_of(shared) == 0
