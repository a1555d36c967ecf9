from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from gvtui.commands.supervising import Supervisor
from gvtui.commands.watching import watching
from gvtui.monitor.options import MonitorOptions
from gvtui.trace.reader import Trace
from tests.monitor.sandbox import FakeSandbox, comes
from tests.trace.factory import read_message


def test_how_it_is_is_told_and_faults_stand_until_they_end(tmp_path: Path) -> None:
    options = MonitorOptions(listen=tmp_path / "s", realtime=False)
    with watching(options) as state:
        supervisor = Supervisor(state, options)
        told: list[dict[str, Any]] = []

        def take(document: dict[str, Any]) -> None:
            told.append(document)
            fault = {"kind": "fault", "about": "trace", "text": "disk full" * (len(told) == 1)}
            assert state.when_said is not None
            state.when_said(fault)
            # Who removes the socket of the viewers takes nothing away.
            supervisor.station.path.unlink(missing_ok=True)
            state.signals = len(told) == 3

        supervisor.when_told = take
        supervisor.run()
        assert [each["faults"] for each in told] == [[], ["disk full"], []]
        assert supervisor.end() == "0 messages of 0 connections"
        supervisor.close()
        state.has_told = True


def test_sandboxes_are_told_as_of_the_moment_that_all_is(tmp_path: Path) -> None:
    options = MonitorOptions(listen=tmp_path / "s", realtime=False)
    with watching(options) as state:
        supervisor = Supervisor(state, options)
        sandbox = FakeSandbox(options.listen)
        sandbox.send(*[read_message()] * 4)
        with closing(Trace.open(state.monitor.trace_path)) as other:
            assert comes(other, lambda: other.connections.messages == 4)
        told = supervisor.describe()
        assert [each["messages"] for each in told["sandboxes"]] == [4]
        assert told["messages"]["received"] == 4
        sandbox.close()
        supervisor.end()
        supervisor.close()
        state.has_told = True


def test_what_stands_where_viewers_attach_is_told_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = MonitorOptions(listen=tmp_path / "s", realtime=False)
    with watching(options) as state:
        supervisor = Supervisor(state, options)
        path = supervisor.station.path
        told: list[dict[str, Any]] = []

        def take(document: dict[str, Any]) -> None:
            told.append(document)
            if len(told) == 1:
                path.unlink()
                path.write_text("a file")
            if len(told) == 3:
                path.unlink()
            state.signals = len(told) == 4

        supervisor.when_told = take
        supervisor.run()
        assert [len(each["faults"]) for each in told] == [0, 1, 1, 0]
        supervisor.end()
        supervisor.close()
        state.has_told = True
    assert capsys.readouterr().err.count("no viewer can attach") == 1
