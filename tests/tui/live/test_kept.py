from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, cast

from gvtui.monitor.folder import left_behind, make_folder
from gvtui.monitor.options import MonitorOptions
from gvtui.monitor.watch import Watch
from gvtui.python import python
from gvtui.trace.reader import Trace
from gvtui.tui.live.kept import Kept
from tests.monitor.test_folder import leave_behind
from tests.monitor.test_watch import FakeMonitor
from tests.tui.fake import FakeViewer

if TYPE_CHECKING:
    from gvtui.monitor.client import MonitorProcess


def viewer_after(*counts: int) -> tuple[FakeViewer, list[Path]]:
    """A viewer that starts after others were killed, which had so many rows."""
    folders = []
    for age, count in enumerate(counts):
        folder, lock = make_folder()
        leave_behind(folder, count)
        os.utime(folder / "00000001.gvtrace", (1_795_435_509 - age, 1_795_435_509 - age))
        os.close(lock)
        folders.append(folder)
    watch = Watch(MonitorOptions(), cast("MonitorProcess", FakeMonitor(Path("/x"))))
    watch.left_behind = left_behind()
    return FakeViewer(Kept, monitor=watch), folders


def pick(viewer: FakeViewer, act: str) -> None:
    """Choose the newest, and what to do with it."""
    viewer.commands.execute("kept.choose")
    assert viewer.choice is not None
    viewer.choice.picked(viewer.choice.entries[0].key)
    viewer.choice.picked(act)


def test_where_nothing_was_left_nothing_is_said() -> None:
    viewer, _ = viewer_after()
    assert viewer.told == []
    viewer.commands.execute("kept.choose")
    assert viewer.told[0][0] == "Nothing is kept of viewers that were cut off."


def test_the_next_start_says_what_is_kept_and_the_key() -> None:
    viewer, _ = viewer_after(1234)
    (text, level) = viewer.told[0]
    assert text.startswith("What a viewer that was cut off has seen until 2026-11-2")
    assert text.endswith("is kept (1,234 rows): B opens, saves or deletes it.")
    assert level == "warning"
    viewer, folders = viewer_after(1, 2)
    assert "What 3 viewers that were cut off have seen" in viewer.told[0][0]
    viewer.commands.execute("kept.choose")
    assert viewer.choice is not None
    assert len(viewer.choice.entries) == 3
    assert any(str(folders[0]) in entry.words for entry in viewer.choice.entries)


def test_it_can_be_opened() -> None:
    viewer, (folder,) = viewer_after(5)
    pick(viewer, "open")
    assert viewer.programs == [python("-m", "gvtui", "replay", str(folder))]
    assert folder.exists()


def test_it_can_be_saved_as_one_recording(tmp_path: Path) -> None:
    viewer, (folder,) = viewer_after(5)
    pick(viewer, "save")
    assert viewer.question is not None
    assert viewer.question.done(str(tmp_path / "no" / "x")) is not None
    assert viewer.question.done("") is not None
    assert viewer.question.done(str(tmp_path / "x.gvtrace")) is None
    trace = Trace.open(tmp_path / "x.gvtrace")
    assert trace.connections.messages == 5
    trace.close()
    assert not folder.exists()
    assert viewer.monitor is not None
    assert viewer.monitor.left_behind == []


def test_it_can_be_deleted() -> None:
    viewer, (folder,) = viewer_after(5)
    pick(viewer, "delete")
    assert not folder.exists()
    assert "is deleted" in viewer.told[-1][0]
