"""Ways through the viewer on which every screen of it is seen; the snapshots are taken on them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gvtui.agent.containers import Container
from gvtui.agent.install import how_to_install
from gvtui.agent.outcome import ChangeOutcome, State
from gvtui.agent.runsc import Runsc
from gvtui.points.session import Session
from gvtui.trace.playback import ReplayClock
from gvtui.trace.reader import Trace
from gvtui.tui.app import GvtuiApp
from gvtui.tui.points import apply
from tests.trace.recorder import SECOND
from tests.trace.test_playback import Clock
from tests.tui.scenes import TRACES, choosing, named, nothing, recorded, watched_live

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(frozen=True, slots=True)
class Walk:
    """One start of the viewer, and the screens seen in it."""

    name: str
    make: Callable[[Path], Iterator[GvtuiApp]]
    """Yields the app, given a folder for its trace; cleans up when it goes on."""
    screens: dict[str, tuple[str, ...]]
    """For each screen the keys that lead to it from the one before; words in quotes are typed."""


def keys_of(steps: tuple[str, ...]) -> list[str]:
    """The keys of a step, for a pilot."""
    return [key for step in steps for key in (step[1:] if step[0] == "'" and step[1:] else [step])]


def _replayed(_: Path) -> Iterator[GvtuiApp]:
    """A recording that is played, and has paused in the middle."""
    trace = Trace.open(TRACES / "network-2024.trace")
    clock = Clock()
    replay = ReplayClock(trace, 0.25, clock)
    clock.now += SECOND // 10
    replay.advance()
    replay.pause()
    yield GvtuiApp(trace, replay=replay, zone=UTC)
    trace.close()


def _installing(folder: Path) -> Iterator[GvtuiApp]:
    """A session file in a place, and on a machine, that is the same wherever the tests run."""
    for app in choosing(folder):
        assert app.keeper is not None
        assert app.keeper.file is not None
        app.keeper.file.path = Path("/etc/gvtui/pod-init.json")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(apply, "install_words", how_to_install)
            yield app


def _leaving(folder: Path) -> Iterator[GvtuiApp]:
    """Two sandboxes whose sessions this gvtui has made."""
    for app in choosing(folder):
        assert app.keeper is not None
        for name in ("web", "db"):
            sandbox = Container(name, Path("/run/runsc"), Runsc("runsc"), "running", 1, name)
            made = ChangeOutcome(sandbox, State.APPLIED, "the session runs", Session())
            app.keeper.agent.registry.note(made, had_session=True)
        yield app


WALKS: tuple[Walk, ...] = (
    Walk(
        "recording",
        recorded("shell-2024.trace"),
        {
            "stream": (),
            "zoomed": ("down", "z"),
            "sidebar": ("z", "b"),
            "no-details": ("b", "d"),
            "bytes": ("d", "enter", "H"),
            "field": ("H", "down", "down", "enter"),
            "suggestions": ("escape", "escape", "f", "'proc.n"),
            "wrong-filter": ("ctrl+u", "'evt.type = open and nonsense"),
            "pids": ("escape", "P", "'1,"),
            "going": ("escape", "ctrl+g", "'#99999", "enter"),
            "searching": ("escape", "slash", "'openat"),
            "found": ("enter", "full_stop"),
            "note": ("escape", "m", "'here it begins"),
            "command": ("escape", "colon", "'filter", "down"),
            "arguments": ("escape", "ctrl+u", "'tabs.show "),
            "no-command": ("ctrl+u", "'filter.pikc", "enter"),
            "error": ("ctrl+u", "'copy.rows /nowhere/rows.txt", "enter"),
            "palette": ("ctrl+p", "'filter"),
            "copying": ("escape", "Y"),
            "columns": ("escape", "C"),
            "help": ("escape", "question_mark"),
            "filters": ("escape", "f2"),
            "no-rows": ("escape", "f", "'evt.type = accept and fd.name contains x", "enter"),
        },
    ),
    Walk(
        "calls",
        recorded("compile-2024.trace"),
        {
            "stream": ("c", "home", "down"),
            "details": ("ctrl+g", "'#402", "enter", "n", "x"),
            "processes": ("backslash", "2"),
            "programs": ("down", "l", "l"),
            "numbers": ("3",),
            "by-process": ("right",),
            "by-path": ("right",),
            "by-error": ("right",),
            "by-event": ("right",),
            "by-fd": ("right",),
            "by-host": ("right",),
            "points": ("4", "down", "l"),
        },
    ),
    Walk(
        "activity",
        recorded("network-2024.trace"),
        {
            "first": ("5",),
            "unfolded": (*["down"] * 2, "right", *["down"] * 6, "right"),
            "sorted": ("s", "s"),
            "not-seen": ("exclamation_mark",),
            "doubled-rows": ("escape", "1", "Z", "down"),
        },
    ),
    Walk(
        "live",
        watched_live,
        {
            "stream": (),
            "points": ("o",),
            "processes": ("escape", "2"),
            "numbers": ("3",),
            "light": ("1", "ctrl+t"),
            "bookmarks": ("ctrl+t", "up", "m", "'here it begins", "enter", "apostrophe"),
        },
    ),
    Walk(
        "sandboxes",
        named,
        {
            "stream": (),
            "list": ("colon", "'sandboxes.sort", "enter"),
            "folded": ("colon", "'sandboxes.fold", "enter", "end"),
            "opened": ("right", "down"),
        },
    ),
    Walk(
        "points",
        choosing,
        {
            "staged": ("4", *["down"] * 3, "right", *["down"] * 2, "space", "down", "space"),
            "fields": ("right", "down", "right"),
            "found": ("slash", "'exec"),
            "presets": ("enter", "escape", "L"),
            "preview": ("escape", "v"),
        },
    ),
    Walk("installing", _installing, {"install": ("4", "i")}),
    Walk("leaving", _leaving, {"question": ("q",)}),
    Walk("waiting", nothing, {"stream": (), "points": ("4",), "processes": ("2",)}),
    Walk("replay", _replayed, {"stream": ()}),
)
"""All ways; each screen is one that differs from all others."""
