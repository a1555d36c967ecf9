"""Draws the pictures of the README from the real app, over real recordings.

`python -m tests.tui.scenes [FOLDER]` writes one SVG for each scene. The scenes are fixed in
time and size, so that the same program draws the same pictures; the tests compare them too.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING

from gvtui.agent.target import TargetSurvey
from gvtui.agent.targets import Keeper
from gvtui.monitor.options import MonitorOptions
from gvtui.points.bundled import bundled_catalogue
from gvtui.points.document import pod_init_document, save_document
from gvtui.points.presets import build_preset
from gvtui.points.tuning import LOSSLESS, remote_sink
from gvtui.trace.names import Names, NamesMark
from gvtui.trace.reader import Trace
from gvtui.trace.row import Kind
from gvtui.trace.writer import TraceWriter
from gvtui.tui.app import GvtuiApp
from gvtui.tui.options import LiveOptions
from gvtui.tui.search.commands import Searching
from gvtui.wire.header import build_message
from gvtui.wire.messages import Unknown
from gvtui.wire.pb import container_pb2, sentry_pb2

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from textual.pilot import Pilot

TRACES = Path("tests/data/traces")
"""The recordings, from the repository's root."""

_SOCKET = Path("/tmp/gvisor_events.sock")
_SECOND = 1_000_000_000
_STEADY_SECONDS = 0.2
"""A picture is taken when it has been the same for so long: what goes on in steps, such as a search,
pauses for less between two of them."""
_LOOKS = 3
"""And after so many looks: on a busy machine all that time may pass between two of them."""
_LOOK_SECONDS, _DRAW_SECONDS = 0.05, 0.02
_PACES = ("_drawn_at", "_next_at")
"""Where panes note when they draw again what they have read: a few times a second."""
_START_NS = 1_795_455_407 * _SECOND
_NAMES = (
    Names("docker", "image-builder", "gcc:14"),
    Names("containerd", "cart", "shop/cart:2.4", "cart-7d9f6c5b84-x2x7k", "shop"),
    Names("containerd", "db", "postgres:17", "orders-0", "shop"),
)
_JOB_STATUSES = (0, 0, 0, 0x100, 0, 0, 9, 0, 0, 0, 0, 0x100)
"""Wait statuses of the first processes of jobs."""
_LASTS_NS = 6 * _SECOND
"""How long the recordings are spread over when they are shown as if they came live."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One picture."""

    name: str
    size: tuple[int, int]
    """Columns and rows."""
    make: Callable[[Path], Iterator[GvtuiApp]]
    """Yields the app, given a folder for its trace; cleans up when it goes on."""
    keys: tuple[str, ...] = ()
    """Keys pressed before the picture is taken."""


def recorded(name: str) -> Callable[[Path], Iterator[GvtuiApp]]:
    def make(_: Path) -> Iterator[GvtuiApp]:
        trace = Trace.open(TRACES / name)
        yield GvtuiApp(trace, zone=UTC)
        trace.close()

    return make


def watched_live(folder: Path) -> Iterator[GvtuiApp]:
    """Three recordings at once, as if their sandboxes were connected now."""
    path = folder / "live.gvtrace"
    _merge(path, ("shell-2024.trace", "compile-2024.trace", "network-2024.trace"))
    yield from _watched(path)


def named(folder: Path) -> Iterator[GvtuiApp]:
    """Three named sandboxes that are connected or were, and jobs that came and went before them."""
    path = folder / "named.gvtrace"
    _merge(path, ("compile-2024.trace", "shell-2024.trace", "network-2024.trace"), _NAMES)
    yield from _watched(path)


def choosing(folder: Path) -> Iterator[GvtuiApp]:
    """A session file whose points are being chosen."""
    sink = remote_sink(str(_SOCKET), LOSSLESS)
    session = build_preset("processes", bundled_catalogue(), sinks=(sink,))
    file = folder / "pod-init.json"
    save_document(file, pod_init_document(session))
    for app in watched_live(folder):
        keeper = Keeper.start(file=file)
        # The picture must not depend on the runsc and the sandboxes of the machine that draws it.
        keeper.survey = _no_sandbox  # type: ignore[method-assign]
        app.keeper = keeper
        yield app


def _no_sandbox() -> TargetSurvey:
    return TargetSurvey((), (), catalogue=bundled_catalogue())


def nothing(folder: Path) -> Iterator[GvtuiApp]:
    path = folder / "empty.gvtrace"
    TraceWriter(path).close()
    yield from _watched(path)


def _watched(path: Path) -> Iterator[GvtuiApp]:
    trace = Trace.open(path)
    yield GvtuiApp(
        trace,
        live=LiveOptions(MonitorOptions(listen=_SOCKET)),
        zone=UTC,
        clock=lambda: _START_NS + _LASTS_NS,
    )
    trace.close()


def _jobs(writer: TraceWriter) -> None:
    """Sandboxes of one kind, of two seconds each, one after the other."""
    for number, status in enumerate(_JOB_STATUSES):
        conn, container = 101 + number, hashlib.sha256(b"%d" % number).hexdigest()
        began = _START_NS - (len(_JOB_STATUSES) - number) * 3 * _SECOND
        writer.opened(conn, began, {"peer_pid": 4101 + number, "peer_uid": 0})
        start = container_pb2.Start(id=container, args=("/usr/bin/resize", f"photo-{number}.png"))
        end = sentry_pb2.TaskExit(exit_status=status)
        for message in (start, end):
            message.context_data.container_id = container
            message.context_data.thread_id = message.context_data.thread_group_id = 1
            message.context_data.process_name = "resize"
        writer.message(conn, began, build_message(1, start.SerializeToString()))
        job = Names(
            "containerd", "resize", "shop/resize:9", f"resize-{29_870_160 + number}", "shop"
        )
        writer.mark(began, NamesMark(container, job).details(), conn)
        dropped = 3 if status == 9 else 0
        ended = began + 2 * _SECOND
        writer.message(conn, ended, build_message(5, end.SerializeToString(), dropped))
        writer.closed(conn, ended, {"reason": ""})


def _merge(path: Path, names: tuple[str, ...], called: tuple[Names, ...] = ()) -> None:
    """Write recordings into one trace, each stretched over the same few seconds.

    The last one ends early. The second one's headers say that points were dropped on the way, as
    they do when a monitor is too slow.
    """
    messages: list[tuple[int, int, bytes]] = []
    containers: list[str] = []
    for conn, name in enumerate(names, 1):
        trace = Trace.open(TRACES / name)
        rows = [
            row_id
            for row_id in range(trace.first_row, trace.end_row)
            if trace.row(row_id).kind == Kind.MESSAGE
        ]
        lasts = _LASTS_NS if conn < len(names) else _LASTS_NS * 2 // 3
        for place, row_id in enumerate(rows):
            when = _START_NS + lasts * place // len(rows)
            decoded = trace.decoded(row_id)
            if isinstance(decoded.message, Unknown):
                continue
            decoded.message.context_data.time_ns = when  # type: ignore[attr-defined]
            dropped = 37 if conn == 2 and place > len(rows) * 99 // 100 else 0
            payload = decoded.message.SerializeToString()
            datagram = build_message(decoded.header.message_type, payload, dropped)
            messages.append((when, conn, datagram))
        containers += [each.container_id for each in trace.connections.values()][:1]
        trace.close()
    messages.sort(key=lambda message: message[0])
    writer = TraceWriter(path)
    if called:
        _jobs(writer)
    for conn in range(1, len(names) + 1):
        writer.opened(conn, _START_NS, {"peer_pid": 4240 + conn, "peer_uid": 0})
    for conn, (container, known) in enumerate(zip(containers, called, strict=False), 1):
        writer.mark(_START_NS, NamesMark(container, known).details(), conn)
    closed = False
    for when, conn, datagram in messages:
        if when > _START_NS + _LASTS_NS * 2 // 3 and not closed:
            closed = True
            writer.closed(len(names), when, {"reason": ""})
        writer.message(conn, when, datagram)
    writer.close()


_POINTS = ("4", *["down"] * 3, "right", *["down"] * 2, "space", "down", "space")
_FOLD = ("colon", *"sandboxes.fold", "enter", "end", "right")
_CONNECT = ("ctrl+g", *"#940", "enter")

SCENES: tuple[Scene, ...] = (
    Scene("live", (160, 44), watched_live),
    Scene("sandboxes", (140, 44), named, _FOLD),
    Scene("waiting", (120, 30), nothing),
    Scene(
        "filter", (140, 40), recorded("compile-2024.trace"), ("ctrl+g", *"#402", "enter", "n", "x")
    ),
    Scene("processes", (140, 30), recorded("compile-2024.trace"), ("2",)),
    Scene("activity", (140, 40), recorded("compile-2024.trace"), ("5",)),
    Scene("numbers", (140, 30), recorded("compile-2024.trace"), ("3",)),
    Scene("points", (140, 40), choosing, _POINTS),
    Scene("bytes", (140, 40), recorded("network-2024.trace"), (*_CONNECT, "H")),
    Scene("small", (80, 24), recorded("shell-2024.trace"), ("pagedown", "pagedown", "down")),
    Scene(
        "light", (120, 36), recorded("compile-2024.trace"), ("ctrl+g", *"#402", "enter", "ctrl+t")
    ),
    Scene("help", (120, 50), recorded("shell-2024.trace"), ("question_mark",)),
)
"""The pictures, in the order of the README."""


@contextmanager
def opened(scene: Scene) -> Iterator[GvtuiApp]:
    """The scene's app, with its trace closed and removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="gvtui-scene-") as folder:
        yield from scene.make(Path(folder))


async def draw(scene: Scene) -> str:
    """The scene as SVG."""
    with opened(scene) as app:
        async with app.run_test(size=scene.size) as pilot:
            await settle(pilot)
            for key in scene.keys:
                await press(pilot, key)
            await settle(pilot)
            return app.export_screenshot(title="gvtui")


async def press(pilot: Pilot[int], key: str) -> None:
    """Press a key, and let the app take in all that it is about, before another is pressed: what
    the next one does may depend on it, such as how far a pane can scroll."""
    await pilot.press(key)
    app = await _take_in(pilot)
    searching = app.feature(Searching)
    # Until it has come to its match, the next key would be about another row.
    while searching._wanted is not None:
        await pilot.pause()


async def _take_in(pilot: Pilot[int]) -> GvtuiApp:
    app = pilot.app
    assert isinstance(app, GvtuiApp)
    while _goes_on(app):
        await pilot.pause()
    await pilot.pause(_DRAW_SECONDS)
    return app


def _goes_on(app: GvtuiApp) -> bool:
    """Have everything taken in and drawn that is there; whether more is to come."""
    goes_on = app.tick() or app.model.analysis.advance()
    goes_on = goes_on or not all(worker.is_finished for worker in app.workers)
    for feature in app.rooms.values():
        feature.tick()
    panes = app.main.query("*")
    for pane in panes:
        for pace in _PACES:
            if hasattr(pane, pace):
                setattr(pane, pace, 0.0)
    app.show_news()
    is_made = all(getattr(pane, "_building", None) is None for pane in panes)
    return goes_on or not is_made


async def settle(pilot: Pilot[int]) -> None:
    """Wait until nothing on the screen changes any more."""
    seen: object = None
    since, same = time.monotonic(), 0
    while same < _LOOKS or time.monotonic() - since < _STEADY_SECONDS:
        app = await _take_in(pilot)
        before, seen = seen, app.screen._compositor.render_strips()
        if seen != before:
            since, same = time.monotonic(), 0
        else:
            same += 1
            # What another look would find in the meantime, the last one finds too.
            await pilot.pause(_LOOK_SECONDS)


def main(folder: str = "screenshots") -> int:
    """Draw every scene into a folder, without the notes and settings of who draws it."""
    with tempfile.TemporaryDirectory() as home:
        os.environ.update({f"XDG_{kind}_HOME": home for kind in ("CONFIG", "STATE", "CACHE")})
        for scene in SCENES:
            target = Path(folder, f"{scene.name}.svg")
            target.write_text(asyncio.run(draw(scene)), encoding="utf-8")
            print(target)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
