from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from gvtui.monitor.attached import AttachedMonitor
from gvtui.monitor.client import MonitorProcess
from gvtui.monitor.handing import hand_over
from gvtui.monitor.options import MonitorOptions
from gvtui.python import python
from gvtui.trace.reader import Trace
from tests.monitor.sandbox import FakeSandbox, comes, wait_until
from tests.trace.factory import recorded_datagrams


@pytest.mark.parametrize("how", ["a viewer", "a signal"])
def test_no_sandbox_notices_that_another_process_keeps_the_monitor(
    tmp_path: Path, how: str
) -> None:
    options = MonitorOptions(tmp_path / "s", realtime=False)
    monitor = MonitorProcess.start(options)
    datagrams = recorded_datagrams("shell-2024")[:100]
    sandbox = FakeSandbox(options.listen)
    sandbox.send(*datagrams[:50])
    keeper = os.pidfd_open(hand_over(monitor, options, python("-m", "gvtui.commands.keeping")))
    sandbox.send(*datagrams[50:])
    attached = AttachedMonitor.find(options.listen)
    assert attached is not None
    assert attached.is_viewers
    trace = Trace.open(attached.trace_path)
    try:
        assert comes(trace, lambda: trace.connections.messages == len(datagrams))
        assert [trace.payload(row) for row in range(1, trace.end_row)] == datagrams
        assert attached.ask()["connections"]["now"] == 1
        if how == "a viewer":
            attached.end()
        else:
            signal.pidfd_send_signal(keeper, signal.SIGTERM)
            assert wait_until(
                lambda: any(each["kind"] == "died" for each in attached.read_events())
            )
        assert sandbox.was_closed()
        # A viewer that ends it is done with it; else it is kept, and viewers offer it.
        assert attached.trace_path.exists() == (how == "a signal")
    finally:
        for each in (trace.close, attached.stop, sandbox.close):
            each()
        os.close(keeper)
