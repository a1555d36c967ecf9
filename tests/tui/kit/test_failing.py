from __future__ import annotations

import re
from pathlib import Path

import pytest

from gvtui.export.send import play
from gvtui.trace.reader import Trace
from tests.monitor.sandbox import wait_until
from tests.trace.factory import TRACES
from tests.tui.terminal import OnTerminal, reports

PATCHES = {
    "made": "import gvtui.tui.app as a; a.GvtuiApp.__init__ = fail",
    "composed": "import gvtui.tui.app as a; a.GvtuiApp.compose = fail",
    "mounted": "import gvtui.tui.stream.pane as p; p.StreamView.on_mount = fail",
    "drawn": "import gvtui.tui.frame.status as s; s.StatusLine.render_line = fail",
    "timer": "import gvtui.tui.model.model as m; m.Model.refresh = fail",
    "keys": "import gvtui.tui.kit.driver as d; d.TerminalDriver.run_input_thread = fail",
    "thread": "import gvtui.agent.targets as t; t.Keeper.survey = fail",
}
"""Where the viewer is made to fail."""

LATER = "import gvtui.tui.app as a; a.GvtuiApp.on_key = fail"
"""Fails when a key is pressed."""


def environ(home: Path) -> dict[str, str]:
    return {
        "XDG_STATE_HOME": str(home / "state"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "XDG_CONFIG_HOME": str(home / "config"),
    }


@pytest.mark.parametrize("where", PATCHES)
def test_a_viewer_that_fails_puts_the_terminal_back(where: str, tmp_path: Path) -> None:
    words = ["--listen", str(tmp_path / "s"), "--record", str(tmp_path / "a.gvtrace")]
    with OnTerminal(*words, patch=PATCHES[where], environ=environ(tmp_path)) as viewer:
        code, said = viewer.end()
    (report,) = reports(tmp_path)
    assert code == 1
    assert said == (
        "gvtui: a fault of gvtui's own, ZeroDivisionError: nobody foresaw this; "
        f"the recording {tmp_path}/a.gvtrace is complete; please report it with {report}\n"
    )
    assert "in fail" in report.read_text()
    assert not (tmp_path / "s").exists()
    Trace.open(tmp_path / "a.gvtrace").close()


def test_what_came_until_then_is_in_the_recording(tmp_path: Path) -> None:
    out, socket = tmp_path / "a.gvtrace", tmp_path / "s"
    words = ["--listen", str(socket), "--record", str(out)]
    with OnTerminal(*words, patch=LATER, environ=environ(tmp_path)) as viewer:
        viewer.wait_for("0 dropped")
        send(socket)
        assert wait_until(lambda: rows_of(out) == 2171)
        viewer.type("?")
        code, said = viewer.end()
    assert code == 1
    assert f"the recording {out} is complete" in said
    assert rows_of(out) == 2171


def test_what_was_not_recorded_is_kept(tmp_path: Path) -> None:
    place, socket = tmp_path / "cache" / "gvtui" / "live", tmp_path / "s"

    def fail_after(rows: int) -> str:
        with OnTerminal("--listen", str(socket), patch=LATER, environ=environ(tmp_path)) as viewer:
            viewer.wait_for("0 dropped")
            if rows:
                send(socket)
                (live,) = place.iterdir()
                assert wait_until(lambda: rows_of(live) == rows)
            viewer.type("?")
            code, said = viewer.end()
        assert code == 1
        return said

    said = fail_after(2171)
    (kept,) = place.iterdir()
    assert f"what was seen is kept (gvtui replay {kept}) and is complete;" in said
    assert rows_of(kept) == 2171
    # Of one that has seen nothing, nothing is kept, and it takes nothing away.
    assert "its trace is not kept" in fail_after(0)
    assert list(place.iterdir()) == [kept]


def test_what_a_user_can_act_on_needs_no_report(tmp_path: Path) -> None:
    patch = """
import gvtui.tui.model.model as m
from gvtui.errors import GvtuiError
def lost(*_):
    raise GvtuiError("cannot read a.gvtrace: Input/output error")
m.Model.refresh = lost
"""
    out = tmp_path / "a.gvtrace"
    words = ["--listen", str(tmp_path / "s"), "--record", str(out)]
    with OnTerminal(*words, patch=patch, environ=environ(tmp_path)) as viewer:
        code, said = viewer.end()
    assert code == 1
    assert said == (
        f"gvtui: cannot read a.gvtrace: Input/output error; the recording {out} is complete\n"
    )
    assert not reports(tmp_path)


def test_a_replay_that_fails(tmp_path: Path) -> None:
    words = ["replay", str(TRACES / "shell-2024.trace")]
    with OnTerminal(*words, patch=LATER, environ=environ(tmp_path)) as viewer:
        viewer.wait_for("2,171 rows")
        viewer.type("?")
        code, said = viewer.end()
    assert code == 1
    assert len(said.splitlines()) == 1
    assert str(reports(tmp_path)[0]) in said


def test_a_user_who_leaves_sees_no_fault(tmp_path: Path) -> None:
    with OnTerminal("--listen", str(tmp_path / "s"), environ=environ(tmp_path)) as viewer:
        viewer.wait_for("0 dropped")
        viewer.type("q")
        assert viewer.end() == (0, "")
    assert not reports(tmp_path)


def test_a_recording_that_lacks_messages_is_a_failure(tmp_path: Path) -> None:
    """A limit on the size of files is what a full disk is here."""
    out, socket = tmp_path / "a.gvtrace", tmp_path / "s"
    words = ["--listen", str(socket), "--record", str(out)]
    patch = "import resource as r; r.setrlimit(r.RLIMIT_FSIZE, (50_000, 50_000))"
    with OnTerminal(*words, patch=patch, environ=environ(tmp_path)) as viewer:
        viewer.wait_for("0 dropped")
        send(socket)
        viewer.wait_for(" lost")
        viewer.type("q")
        # That the sandbox has gone could not be written either.
        viewer.wait_for("end it")
        viewer.type("\r")
        code, said = viewer.end()
    assert code == 1
    assert re.search(
        rf"gvtui: the recording {out} is not complete: [\d,]+ messages? (was|were) lost that could "
        r"not be written.* (from|at) .*: File too large\s+",
        said,
    )


def send(socket: Path) -> None:
    trace = Trace.open(TRACES / "shell-2024.trace")
    assert wait_until(socket.exists)
    play(trace, socket, speed=None)
    trace.close()


def rows_of(path: Path) -> int:
    trace = Trace.open(path)
    try:
        return trace.end_row
    finally:
        trace.close()
