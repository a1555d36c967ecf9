"""A viewer over hostile recordings that random keys, clicks, words and sizes of the terminal drive.

After each step every cell of the screen is looked at. A walk is made from a number alone, its seed,
so one that fails can be gone again: `python -m tests.fuzz --walk SEED`.
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import tempfile
import unicodedata
from contextlib import contextmanager, suppress
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from rich.cells import cell_len
from textual import events
from textual.pilot import OutOfBounds

from gvtui.agent.target import TargetSurvey
from gvtui.agent.targets import Keeper
from gvtui.config import read_config
from gvtui.monitor.options import MonitorOptions
from gvtui.points.bundled import bundled_catalogue
from gvtui.trace.marks import GapMark, LostMark, SessionMark
from gvtui.trace.playback import ReplayClock
from gvtui.trace.reader import Trace
from gvtui.tui.app import GvtuiApp
from gvtui.tui.features import every_command
from gvtui.tui.options import LiveOptions
from gvtui.wire.header import build_message
from gvtui.wire.pb import sentry_pb2, syscall_pb2
from tests.fuzz.datagrams import recorded_messages
from tests.trace.factory import start_message
from tests.trace.recorder import SECOND, Recorder
from tests.trace.test_playback import Clock
from tests.tui import settling
from tests.tui.helpers import by_hand, look_after

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from textual.pilot import Pilot
    from textual.strip import Strip

HOSTILE = (
    "\x1b]0;title\x07\x1b]52;c;YQ==\x07",
    "\x1b[2J\x1b[H\x1b[31m\x1bP1$r0m\x1b\\",
    "\x9b31m\x9d0;x\x9c\x85\x00\x7f\r\n\t\x08",
    "\u202egnp.exe\u202c\u2066a\u2069\u200f\u061c\u2068",
    "a\u200b\u200c\u200d\u2060\ufeff\u00ad\u2028\u2029b",
    "e" + "\u0301" * 40 + "\u20dd" * 5,
    "\U0001f468\u200d\U0001f469\u200d\U0001f467\ufe0f \U0001f1e9\U0001f1ea \U0001f44d\U0001f3fd",
    "漢字" * 30,
    "[bold]x[/] [link=http://a]b[/link] [@click=app.quit]c[/] [[",
    "\u3164\u115f\u1160\u2800\u180e\U000e0041\ufdfd\u0bf5",
    "\u05d0\u05d1\u05d2/\u0627\u0628 abc 123",
    "\u1100\u1161\u11a8" * 10 + "\ud7b0",
    "/" + "x" * 5000,
    "\udcff\udc80".encode("utf-8", "surrogateescape").decode("latin-1"),
    "$(id) `id` ; ' \" \\ %s {0} \U0010ffff\ue000\u0378",
    "",
    " ",
    "..",
)
"""Words that act on a terminal, that it draws in other cells than a program counts, or that have a
meaning to gvtui, to textual or to a shell."""

_FILTERS = (
    "evt.failed = true",
    "proc.name contains {}",
    "not fd.name = {}",
    "evt.arg.pathname contains {}",
    "container.id = {} or evt.type in (openat, execve)",
    "evt.num > 5 and evt.latency > 1us",
    "evt.arg.argv matches {}",
    "proc.id = {}/1@2026-11-23T17:36:47Z",
    "{}",
)
_SIZES = ((80, 24), (120, 36), (200, 50), (40, 12), (20, 5), (7, 3), (1, 1), (300, 10), (30, 60))
_KEYS = ("enter", "escape", "down", "up", "tab", "left", "right", "pagedown", "home", "end")
_ISOLATE, _POP = "\u2068", "\u2069"
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_NARROW = 3
"""So many letters below each other, and nothing beside them, are a column of one cell."""


class Walk:
    """One walk through the viewer."""

    def __init__(self, seed: int, folder: Path) -> None:
        self._random = random.Random(seed)
        self._folder = folder
        self._opened: set[int] = set()
        self._clock = Clock()
        self.done: list[str] = []
        """The steps so far, in words."""
        self._recorder = Recorder(folder / "x.gvtrace")
        commands = every_command()
        self._lines = [each.line for each in commands]
        self._keys = sorted({key for each in commands for key in each.keys})
        for _ in range(3):
            self._record()

    def _word(self) -> str:
        return self._random.choice(HOSTILE)

    def _words(self, most: int) -> list[str]:
        return [self._word() for _ in range(self._random.randrange(most))]

    def _record(self) -> None:
        """A few rows more, of all kinds."""
        recorder, writer = self._recorder, self._recorder.writer
        conn, now = self._random.randint(1, 6), recorder.now
        opened = {"peer_pid": 1000 + conn, "peer_uid": 0, "command": self._words(4)}
        if conn > 1 and conn not in self._opened:
            self._opened.add(conn)
            writer.opened(conn, now, {**opened, self._word() or "x": self._word()})
        for place in range(self._random.randrange(1, 8)):
            recorder.now += self._random.choice((0, 1, 1000, SECOND, -SECOND))
            writer.message(conn, max(1, recorder.now), self._message(place))
        self._random.choice(
            (
                lambda: writer.mark(now, {"text": self._word(), "kind": self._word()}),
                lambda: writer.mark(now, GapMark(self._word(), self._word(), 1, now).details()),
                lambda: writer.mark(now, LostMark(3, 1, now, self._word(), 5).details()),
                lambda: writer.mark(now, self._session().details()),
                lambda: writer.mark(now, self._processes()),
                lambda: writer.message(conn, now, b"\x08\x00" + self._word().encode("utf-8")),
            )
        )()
        if conn > 1 and self._random.random() < 0.2:
            self._opened.discard(conn)
            writer.closed(conn, now, {"reason": self._word()})
        writer.flush()

    def _session(self) -> SessionMark:
        words = [self._word() for _ in range(5)]
        return SessionMark(words[0], words[1], words[2], words[3], words[4])

    def _processes(self) -> dict[str, Any]:
        entry = {
            "pid": self._random.choice((1, 2, 7, -1, 1 << 40)),
            "parent_pid": self._random.choice((0, 1, 2)),
            "name": self._word(),
            "exe": self._word(),
            "args": self._words(4),
            "cwd": self._word(),
        }
        return {
            "kind": "processes",
            "text": self._word(),
            "container_id": self._word(),
            "is_whole": True,
            "part": 1,
            "parts": 1,
            "processes": [entry] * 3,
        }

    def _message(self, place: int) -> bytes:
        kind = self._random.randrange(5)
        if kind == 0:
            return self._random.choice(recorded_messages())
        if kind == 1:
            return start_message(self._word(), tuple(self._words(5)))
        if kind == 2:
            payload = bytes(self._random.randrange(256) for _ in range(20))
            return build_message(self._random.randrange(1, 60), payload)
        context = {
            "time_ns": max(0, self._recorder.now + place),
            "thread_group_id": self._random.choice((1, 2, 3, 1 << 30)),
            "thread_id": self._random.choice((1, 2, 3, 1 << 30)),
            "process_name": _valid(self._word()),
            "container_id": _valid(self._word()),
            "cwd": _valid(self._word()),
        }
        dropped = self._random.choice((0, 0, 0, 1, 9, 1 << 31))
        if kind == 3:
            execve = sentry_pb2.ExecveInfo(
                context_data=context,
                binary_path=_valid(self._word()),
                argv=map(_valid, self._words(5)),
                env=map(_valid, self._words(5)),
            )
            return build_message(3, execve.SerializeToString(), dropped)
        call = syscall_pb2.Open(
            context_data=context, sysno=257, fd=-100, pathname=_valid(self._word())
        )
        if self._random.random() < 0.5:
            call.exit.result = self._random.choice((3, -1, 1 << 62))
            call.exit.errorno = self._random.choice((0, 2, 9999))
        return build_message(7, call.SerializeToString(), dropped)

    def app(self) -> GvtuiApp:
        """The viewer: of a recording, live, or as a replay."""
        trace = Trace.open(self._recorder.path)
        config = read_config(self._configuration())
        kind = self._random.randrange(3)
        options: dict[str, Any] = {}
        if kind == 1:
            listen = MonitorOptions(listen=self._folder / "s.sock")
            keeper = Keeper.start(file=self._folder / "session.json")
            keeper.survey = _no_sandbox  # type: ignore[method-assign]
            options = {"live": LiveOptions(listen), "keeper": keeper}
        elif kind == 2:
            options = {"replay": ReplayClock(trace, 1.0, self._clock)}
        return GvtuiApp(trace, zone=UTC, clock=lambda: self._recorder.now, config=config, **options)

    def _configuration(self) -> Path:
        import tomlkit

        names = {self._word() or "x": self._random.choice(_FILTERS).format("x") for _ in range(3)}
        path = self._folder / "config.toml"
        document = {"filters": names, "keys": {self._word() or "y": self._word()}}
        path.write_text(tomlkit.dumps(document), errors="replace")
        return path

    async def step(self, pilot: Pilot[int]) -> None:
        """Do one thing at random."""
        steps = (
            (50, self._press),
            (6, self._type),
            (8, self._command),
            (8, self._filter),
            (4, self._paste),
            (7, self._click),
            (4, self._scroll),
            (4, self._resize),
            (9, self._grow),
        )
        (do,) = self._random.choices([do for _, do in steps], [often for often, _ in steps])
        await do(pilot)
        look_after(pilot.app)  # type: ignore[arg-type]
        pilot.app.tick()  # type: ignore[attr-defined]
        await settling.settle()

    async def _keys_of(self, pilot: Pilot[int], *keys: str) -> None:
        self.done.append(f"keys {' '.join(keys)}")
        await pilot.press(*keys)

    async def _press(self, pilot: Pilot[int]) -> None:
        own = self._random.random() < 0.6
        key = self._random.choice(self._keys if own else _KEYS)
        # A path that begins at the root must not come together from keys.
        if key in ("slash", "tilde") and pilot.app.prompt.display:  # type: ignore[attr-defined]
            key = "escape"
        await self._keys_of(pilot, *[key] * self._random.choice((1, 1, 1, 2, 5)))

    async def _type(self, pilot: Pilot[int]) -> None:
        letters = "abcdefghijklmnopqrstuvwxyz0123456789"
        await self._keys_of(pilot, *self._random.choices(letters, k=self._random.randint(1, 5)))

    async def _put(self, pilot: Pilot[int], text: str) -> None:
        self.done.append(f"paste {text[:200]!r}")
        pilot.app.post_message(events.Paste(text))
        await settling.settle()

    async def _paste(self, pilot: Pilot[int]) -> None:
        word = self._word()
        if not word.startswith(("/", "~")):
            await self._put(pilot, word)

    async def _command(self, pilot: Pilot[int]) -> None:
        line = self._random.choice(self._lines)
        if self._random.random() < 0.4:
            name = self._random.choice((self._word(), "1", "-1", "x.txt", "99999999999999999999"))
            line = f"{line.partition(' ')[0]} {name.lstrip('/~')}"
        await self._keys_of(pilot, "escape", "colon")
        await self._put(pilot, line)
        await self._keys_of(pilot, self._random.choice(("enter", "enter", "tab", "down")))

    async def _filter(self, pilot: Pilot[int]) -> None:
        word = self._word() if self._random.random() < 0.5 else "etc"
        await self._keys_of(pilot, "escape", "f")
        await self._put(pilot, self._random.choice(_FILTERS).replace("{}", word))
        await self._keys_of(pilot, self._random.choice(("enter", "enter", "tab", "escape")))

    def _place(self, pilot: Pilot[int]) -> tuple[int, int]:
        width, height = pilot.app.size
        return self._random.randrange(max(1, width)), self._random.randrange(max(1, height))

    async def _click(self, pilot: Pilot[int]) -> None:
        place, times = self._place(pilot), self._random.choice((1, 1, 2, 3))
        self.done.append(f"{times} clicks at {place}")
        with suppress(OutOfBounds):
            await pilot.click(offset=place, times=times)

    async def _scroll(self, pilot: Pilot[int]) -> None:
        x, y = self._place(pilot)
        kind = self._random.choice((events.MouseScrollDown, events.MouseScrollUp, events.MouseMove))
        self.done.append(f"{kind.__name__} at {x, y}")
        pilot.app.screen._forward_event(
            kind(
                None,
                x=x,
                y=y,
                delta_x=0,
                delta_y=0,
                button=0,
                shift=False,
                meta=False,
                ctrl=False,
                screen_x=x,
                screen_y=y,
            )
        )
        await settling.settle()

    async def _resize(self, pilot: Pilot[int]) -> None:
        size = self._random.choice(_SIZES)
        self.done.append(f"size {size}")
        await pilot.resize_terminal(*size)

    async def _grow(self, pilot: Pilot[int]) -> None:
        self.done.append("rows")
        self._record()
        self._clock.now += self._random.choice((1, SECOND // 10, SECOND))

    def close(self) -> None:
        """Close the files that it wrote."""
        self._recorder.writer.close()


def _valid(text: str) -> str:
    """Text as a protobuf message takes it."""
    return text.encode("utf-8", "replace").decode()


def _no_sandbox() -> TargetSurvey:
    return TargetSurvey((), (), catalogue=bundled_catalogue())


def fault_of(strips: Sequence[Strip], width: int) -> str:
    """What is wrong with the cells of a screen; "" if nothing is."""
    for number, strip in enumerate(strips):
        text = strip.text
        if any(segment.control for segment in strip):
            return f"line {number} holds control codes"
        for character in text:
            if character in (_ISOLATE, _POP, " "):
                continue
            if unicodedata.category(character) in _UNSEEN or character.isspace():
                return f"line {number} holds {character!r}: {text!r}"
        if text.count(_ISOLATE) != text.count(_POP):
            return f"line {number} isolates without an end: {text!r}"
        if strip.cell_length != width or cell_len(text) > width:
            return f"line {number} has {cell_len(text)} cells of {width}: {text!r}"
        if sum(map(_cells, text)) > width:
            return f"line {number} is wider in a terminal than {width}: {text!r}"
    return ""


def _cells(character: str) -> int:
    """The cells that a terminal gives a character, by Unicode's tables."""
    if unicodedata.category(character) in ("Mn", "Me", "Cf") or "\u1160" <= character <= "\u11ff":
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def narrow_column(app: GvtuiApp) -> str:
    """A part of the screen whose words stand below each other, one letter a row; "" if none."""
    if app.size.width < 20:
        return ""
    for widget in app.screen.query("*"):
        region = widget.region
        if region.width != 1 or region.height < _NARROW or not widget.is_on_screen:
            continue
        if not region.overlaps(app.screen.region):
            # Where the sidebar takes all of a narrow screen, the rest lies beside it.
            continue
        letters = "".join(widget.render_line(row).text.strip() for row in range(region.height))
        if sum(map(str.isalpha, letters)) >= _NARROW and not widget.children:
            return f"{widget!r} is one cell wide: {letters!r}"
    return ""


async def _look(app: GvtuiApp) -> str:
    if app.fault is not None:
        raise app.fault
    strips = app.screen._compositor.render_strips()
    return fault_of(strips, app.size.width) or narrow_column(app)


class WalkError(AssertionError):
    """A walk came to a screen that must not be."""


@contextmanager
def _apart() -> Iterator[Path]:
    """A folder for all that a walk writes, a home that is not the user's, and no program to run."""
    before = Path.cwd()
    with (
        tempfile.TemporaryDirectory(prefix="gvtui-walk-") as name,
        pytest.MonkeyPatch.context() as patch,
    ):
        settling.use_in(patch)
        by_hand(patch)
        # It stays, goes on, and lends the terminal to nobody.
        for method in ("leave", "stop_process", "run_over"):
            patch.setattr(GvtuiApp, method, lambda *_: None)
        for variable in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
            patch.setenv(variable, name)
        for variable in ("TMUX", "DISPLAY", "WAYLAND_DISPLAY", "SSH_TTY"):
            patch.delenv(variable, raising=False)
        patch.setenv("PATH", "")
        os.chdir(name)
        try:
            yield Path(name)
        finally:
            os.chdir(before)
            shutil.rmtree(name, ignore_errors=True)
            Path(name).mkdir(exist_ok=True)


def go(seed: int, steps: int = 300) -> int:
    """Take a walk; gives the number of steps taken.

    Raises:
        WalkError: a screen was wrong, or the viewer failed; the text tells seed and steps.
    """
    with _apart() as folder:
        walk = Walk(seed, folder)
        app = walk.app()

        async def run() -> None:
            async with app.run_test(size=(100, 30)) as pilot:
                await pilot.pause()
                for _ in range(steps):
                    await walk.step(pilot)
                    wrong = await _look(app)
                    if wrong:
                        raise WalkError(wrong)

        try:
            asyncio.run(run())
        except Exception as error:
            path = "\n  ".join(walk.done[-12:])
            raise WalkError(
                f"the walk of seed {seed} failed at step {len(walk.done)}: {error}\n  {path}"
            ) from error
        finally:
            app.model.trace.close()
            walk.close()
    return len(walk.done)
