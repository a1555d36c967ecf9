from __future__ import annotations

from pathlib import Path

from gvtui.monitor.followed import FollowedWriter
from gvtui.monitor.options import MonitorOptions
from gvtui.monitor.watch import Watch
from gvtui.trace.writer import TraceWriter


def test_it_is_told_once_that_nobody_writes_any_more(tmp_path: Path) -> None:
    clock = [0.0]
    writer = TraceWriter(tmp_path / "x.gvtrace")
    followed = FollowedWriter(writer.path, lambda: clock[0])
    watch = Watch(MonitorOptions(), followed)
    clock[0] = 10.0
    assert watch.poll() == []
    writer.close()
    # It is looked at now and then.
    assert watch.poll() == []
    clock[0] = 20.0
    (notice,) = watch.poll()
    assert f"nobody writes {writer.path} any more" in notice.text
    assert watch.dead
    assert not watch.counts
    assert watch.poll() == []
    assert followed.fileno() == -1
    assert not followed.pass_mark(b"", 0)
    watch.stop()
