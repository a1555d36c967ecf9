"""The viewer over real sandboxes, where it may change nothing, and where it fails: what runs then."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gvtui.trace.reader import Trace
from tests.e2e.containers import Container, wait_until
from tests.tui.terminal import OnTerminal, reports

pytestmark = pytest.mark.e2e

FOREIGN = {"trace_session": {"name": "Default", "points": [{"name": "sentry/clone"}], "sinks": []}}

FAILS_AT_A_KEY = "import gvtui.tui.app as a; a.GvtuiApp.on_key = fail"


def options(folder: Path, container: Container) -> list[str]:
    where = ["--root", str(container.root), "--runsc", container.binary.path]
    return [*where, "--listen", str(folder / "s")]


def environ(folder: Path) -> dict[str, str]:
    names = ("XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")
    return {name: str(folder / name.split("_")[1].lower()) for name in names}


def sessions(container: Container) -> str:
    return container.runsc("trace", "list", container.id).stdout


def test_readonly_leaves_a_session_as_it_is(folder: Path, shared: Container) -> None:
    config = folder / "foreign.json"
    config.write_text(json.dumps(FOREIGN))
    shared.runsc("trace", "create", f"--config={config}", shared.id)
    before = sessions(shared)
    try:
        words = ["--readonly", *options(folder, shared)]
        with OnTerminal(*words, environ=environ(folder)) as viewer:
            viewer.wait_for("read-only")
            viewer.type("a")
            viewer.wait_for("--readonly")
            viewer.type("4 Aq")
            code, said = viewer.end()
        assert (code, said) == (0, "")
        assert sessions(shared) == before
        assert "Default" in before
    finally:
        shared.runsc("trace", "delete", "--name=Default", shared.id)


def test_a_viewer_that_fails_ends_its_sessions_and_seals_its_recording(
    folder: Path, shared: Container
) -> None:
    out = folder / "a.gvtrace"
    words = [*options(folder, shared), "--record", str(out)]
    patch = f"""
{FAILS_AT_A_KEY}
from gvtui.agent.targets import Keeper
from gvtui.points.presets import build_preset
from gvtui.points.tuning import remote_sink
start = Keeper.start
def started(*arguments, **more):
    keeper = start(*arguments, **more)
    survey = keeper.survey
    def apply_too():
        found = survey()
        for target in found.targets:
            if not keeper.has_made:
                sink = remote_sink({str(folder / "s")!r})
                session = build_preset("files", target.catalogue, sinks=(sink,))
                assert keeper.apply(target.container, session, replace=False).applied
        return found
    keeper.survey = apply_too
    return keeper
Keeper.start = started
"""
    with OnTerminal(*words, patch=patch, environ=environ(folder)) as viewer:
        assert wait_until(lambda: out.exists() and messages_of(out) > 10)
        viewer.type("z")
        code, said = viewer.end()
    assert code == 1
    ended, fault = said.splitlines()
    assert ended.startswith(f"gvtui: {shared.id}: ")
    assert f"the recording {out} is complete; please report it with" in fault
    assert len(reports(folder)) == 1
    assert messages_of(out) > 10
    assert "Default" not in sessions(shared)


def messages_of(path: Path) -> int:
    trace = Trace.open(path)
    try:
        return trace.connections.messages
    finally:
        trace.close()


def test_completion_finds_the_container(shared: Container) -> None:
    where = f"--root {shared.root} --runsc {shared.binary.path}"
    line = f"gvtui session delete {where} {shared.id[:4]}"
    done = subprocess.run(
        [sys.executable, "-m", "gvtui"],
        env={**os.environ, "_GVTUI_COMPLETE": "zsh", "_GVTUI_LINE": line},
        capture_output=True,
        text=True,
        check=True,
    )
    assert shared.id in [line.split("\t")[1] for line in done.stdout.splitlines()]
