"""The viewer over its own monitor, with real sandboxes connecting."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from textual.pilot import Pilot

from gvtui.monitor.options import MonitorOptions
from gvtui.monitor.watch import Watch
from gvtui.points.bundled import bundled_catalogue
from gvtui.points.document import pod_init_document, save_document
from gvtui.points.presets import build_preset
from gvtui.points.session import Sink
from gvtui.trace.reader import Trace
from gvtui.trace.row import Kind
from gvtui.tui.app import GvtuiApp
from gvtui.tui.options import LiveOptions
from gvtui.wire.messagetype import MessageType
from tests.e2e.containers import WAIT_SECONDS, RunscBinary

pytestmark = pytest.mark.e2e

SCRIPT = "cat /etc/hostname > /dev/null; ls / > /dev/null; (exit 3); cat /nonexistent"


@pytest.fixture
def watch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watch]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    watching = Watch.start(MonitorOptions(listen=tmp_path / "s.sock"))
    yield watching
    watching.stop()


def run_sandbox(binary: RunscBinary, folder: Path, script: str = SCRIPT) -> None:
    """`runsc do` with all points on, sent to the viewer's socket without loss."""
    sink = Sink("remote", {"endpoint": str(folder / "s.sock"), "retries": 5, "backoff": "100us"})
    session = build_preset("everything", bundled_catalogue(gvisor="2024-07"), sinks=(sink,))
    save_document(folder / "init.json", pod_init_document(session))
    flags = [f"--platform={binary.platform}", "--network=none", "--ignore-cgroups"]
    pod_init = f"--pod-init-config={folder / 'init.json'}"
    subprocess.run(
        [binary.path, f"--root={folder}/root", *flags, pod_init, "do", "/bin/sh", "-c", script],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=WAIT_SECONDS,
        check=False,
    )


EXECVE = 59
"""The sysno of execve on x86_64."""


def of_exec(rows: npt.NDArray[np.void]) -> npt.NDArray[np.bool_]:
    """Which rows are an exec's own."""
    return np.array(
        [row["type"] == MessageType.SENTRY_EXEC or row["sysno"] == EXECVE for row in rows]
    )


def view(watch: Watch, script: Callable[[Pilot[int], GvtuiApp], Awaitable[None]]) -> None:
    """Use the app over the monitor's trace."""
    app = GvtuiApp(Trace.open(watch.trace_path), monitor=watch, live=LiveOptions(watch.options))

    async def run() -> None:
        try:
            async with app.run_test(size=(160, 40)) as pilot:
                await script(pilot, app)
        finally:
            app.model.trace.close()

    asyncio.run(run())


async def until(pilot: Pilot[int], condition: Callable[[], bool]) -> None:
    """Let the app work until the condition holds."""
    for _ in range(int(WAIT_SECONDS / 0.02)):
        if condition():
            return
        await pilot.pause(0.02)
    pytest.fail("it has not come in time")


def test_rows_come_and_filters_narrow_them_truly(
    binary: RunscBinary, watch: Watch, tmp_path: Path
) -> None:
    async def script(pilot: Pilot[int], app: GvtuiApp) -> None:
        await asyncio.to_thread(run_sandbox, binary, tmp_path)
        trace = app.model.trace
        await until(pilot, lambda: bool(trace.connections) and not trace.connections[1].connected)
        await until(pilot, lambda: app.model.view.complete)
        rows = trace.rows(0, trace.end_row)
        assert trace.connections.dropped == trace.connections.malformed == 0
        assert len(rows) > 500
        # Raw rows of calls that have decoded ones too are hidden until asked for.
        doubled = app.model.doubles.left_out
        assert 0 < doubled == len(rows) - app.model.view.count
        await pilot.press("Z")
        await until(pilot, lambda: app.model.view.count == len(rows))
        cats = {
            int(row["pid"])
            for row in rows[rows["kind"] == Kind.MESSAGE]
            if trace.string(int(row["process"])) == "cat"
        }
        assert len(cats) == 2
        pid = min(cats)

        app.stream.jump(int((rows["pid"] == pid).argmax()))
        await pilot.press("p")
        await until(pilot, lambda: app.model.filtered and app.model.view.complete)
        expected = (rows["pid"] == pid).nonzero()[0].tolist()
        assert app.model.view.slice(0, app.model.view.count).tolist() == expected

        await pilot.press("backspace")
        # A note of the sandbox's program may have come since.
        await until(pilot, lambda: app.model.view.count == trace.end_row)
        rows = trace.rows(0, trace.end_row)
        is_cat = [trace.string(int(number)) == "cat" for number in rows["process"]]
        app.stream.jump(is_cat.index(True))
        await pilot.press("n")
        await until(pilot, lambda: app.model.filtered and app.model.view.complete)
        shown = app.model.view.slice(0, app.model.view.count).tolist()
        assert {place for place, cat in enumerate(is_cat) if cat} < set(shown)
        # The rows of an exec that was done have the new program's name too.
        others = rows[[place for place in shown if not is_cat[place]]]
        assert set(others["pid"].tolist()) == cats
        assert of_exec(others).all()

    view(watch, script)


def test_what_comes_later_is_filtered_too(
    binary: RunscBinary, watch: Watch, tmp_path: Path
) -> None:
    async def script(pilot: Pilot[int], app: GvtuiApp) -> None:
        app.model.chips.put("proc.name = ls")
        app.model.apply_chips()
        await asyncio.to_thread(run_sandbox, binary, tmp_path)
        await asyncio.to_thread(run_sandbox, binary, tmp_path, "ls /usr")
        trace = app.model.trace
        await until(
            pilot,
            lambda: (
                len(trace.connections) == 2
                and not any(c.connected for c in trace.connections.values())
                and app.model.view.complete
            ),
        )
        shown = app.model.view.slice(0, app.model.view.count)
        rows = np.concatenate([trace.rows(int(row), int(row) + 1) for row in shown])
        others = rows[[trace.string(int(number)) != "ls" for number in rows["process"]]]
        assert 0 < len(others) < len(rows)
        assert of_exec(others).all()
        assert {trace.row(int(row)).conn for row in shown} == {1, 2}
        assert len(app.model.sandboxes) == 2

    view(watch, script)
