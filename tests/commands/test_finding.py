from __future__ import annotations

from pathlib import Path

import pytest

from gvtui.commands.finding import found_monitor
from gvtui.monitor.listener import MonitorError
from gvtui.monitor.places import MonitorPlace
from tests.monitor.stationed import Stationed


def test_a_socket_and_a_trace_mean_its_monitor(tmp_path: Path) -> None:
    record = tmp_path / "x.gvtrace"
    place = MonitorPlace(record, tmp_path / "s", 1, is_folder=False)
    with Stationed(tmp_path):
        for path in (tmp_path / "s", record):
            monitor = found_monitor(path)
            assert monitor.ask() == {"answer": 42}
            monitor.stop()
    with pytest.raises(MonitorError, match="has ended"):
        found_monitor(record)
    place.close()
    with pytest.raises(MonitorError, match="no monitor that viewers can attach to"):
        found_monitor(record)
