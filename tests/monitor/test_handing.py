from __future__ import annotations

import sys
from pathlib import Path

import pytest

from gvtui.limits import AS_THEY_COME
from gvtui.monitor.client import MonitorError, MonitorProcess
from gvtui.monitor.handing import Handed, hand_over
from gvtui.monitor.options import MonitorOptions


def test_what_is_handed_over_is_one_word(tmp_path: Path) -> None:
    options = MonitorOptions(tmp_path / "s", limits=AS_THEY_COME, allow_uids=(7,))
    handed = Handed(options, tmp_path / "t", 5, 6, None, 8, realtime=True)
    assert Handed.unpack(handed.pack()) == handed


def test_nobody_takes_it_over(tmp_path: Path) -> None:
    options = MonitorOptions(tmp_path / "s", realtime=False)
    monitor = MonitorProcess.start(options)
    with pytest.raises(MonitorError, match="did not start"):
        hand_over(monitor, options, [sys.executable, "-c", "pass"])
    with pytest.raises(MonitorError, match="cannot be left running"):
        hand_over(monitor, options, [str(tmp_path / "none")])
    assert monitor.alive
    monitor.stop()
