from __future__ import annotations

import json
import os
import socket
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import msgpack
import pytest

from gvtui.commands.announcing import announced
from gvtui.monitor.attached import AttachedMonitor
from gvtui.monitor.station import station_path
from gvtui.points.document import parse_document
from tests.commands.session_runs import GOOD, run
from tests.monitor.stationed import Stationed

if TYPE_CHECKING:
    from tests.agent.fake import FakeRunsc


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The file of a session that is sent to a monitor which viewers can attach to."""
    path = tmp_path / "here.json"
    path.write_text(GOOD.replace("/tmp/s", str(tmp_path / "s")))
    return path


def next_line(viewer: AttachedMonitor) -> str:
    """The next line that the monitor says to a viewer."""
    found: list[str] = []

    def has_come() -> bool:
        found.extend(each["text"] for each in viewer.read_events() if each["kind"] == "log")
        return bool(found)

    assert viewer._wait(has_come)
    return found[0]


def test_viewers_are_told_of_a_command_and_the_trace_has_what_it_did(
    fake: FakeRunsc, file: Path, tmp_path: Path
) -> None:
    at = ["--root", str(fake.root), "--runsc", fake.path]
    with Stationed(tmp_path) as stationed:
        viewer = AttachedMonitor.find(stationed.listen)
        assert viewer is not None
        try:
            for words in (["apply", str(file), "c1"], ["delete", "c1"]):
                assert run(*words, *at).exit_code == 0
                line = f"gvtui session (process {os.getpid()}) changes the session of c1"
                assert next_line(viewer) == line
            while len(stationed.marks) < 2:
                assert viewer.ask() == {"answer": 42}
        finally:
            viewer.stop()
    marks = [msgpack.unpackb(zlib.decompress(packed)) for packed, _ in stationed.marks]
    assert [mark["state"] for mark in marks] == ["applied", "deleted"]
    assert json.loads(marks[0]["session"])["points"] == [{"name": "sentry/clone"}]


def test_a_monitor_that_cannot_be_told_is_no_reason_to_change_nothing(
    fake: FakeRunsc, file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as stranger:
        stranger.bind(os.fspath(station_path(tmp_path / "s")))
        stranger.listen()
        # Nothing answers within the time that is given for it.
        session = parse_document(file.read_text()).session
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("gvtui.monitor.attached.ANSWER_SECONDS", 0.01)
            with announced(fake.container(), session, None):
                pass
    assert "viewers are not told of the change: cannot attach" in capsys.readouterr().err
