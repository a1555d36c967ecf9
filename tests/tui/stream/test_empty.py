from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from gvtui.agent.target import SessionOwner, Target
from gvtui.monitor.options import DEFAULT_LISTEN, MonitorOptions
from gvtui.points.session import Point, Session
from gvtui.points.tuning import remote_sink
from gvtui.trace.reader import Trace
from gvtui.trace.writer import TraceWriter
from gvtui.tui.features import FEATURES, PANES
from gvtui.tui.options import LiveOptions
from gvtui.tui.points.survey import Targets
from gvtui.tui.points.unheard import Unheard
from gvtui.tui.stream.empty import lines
from tests.tui.fake import FakeViewer

if TYPE_CHECKING:
    from gvtui.tui.viewer import Viewer

SESSION = Session((Point("sentry/clone"),), (remote_sink(str(DEFAULT_LISTEN)),))


def advice(viewer: FakeViewer) -> str:
    shown: Viewer = viewer
    return "\n".join(line.text for line in lines(shown, "runsc do COMMAND"))


def waiting(folder: Path, listen: Path = DEFAULT_LISTEN) -> FakeViewer:
    TraceWriter(folder / "a.gvtrace").close()
    return FakeViewer(
        *FEATURES,
        trace=Trace.open(folder / "a.gvtrace"),
        live=LiveOptions(MonitorOptions(listen=listen)),
        panes=PANES,
    )


def test_filters_that_leave_nothing_name_the_keys_in_force() -> None:
    viewer = FakeViewer(*FEATURES, panes=PANES)
    viewer.model.chips.put("evt.num > 100000")
    viewer.refilter()
    assert "the filters hide 2,171." in advice(viewer)
    assert "\\ switches them off and on, ⌫ removes the last one." in advice(viewer)
    viewer.commands.use(viewer.commands.keymap({"filter.suspend": "ctrl+y", "filter.remove": ""}))
    assert "Ctrl+Y switches them off and on, :filter.remove removes" in advice(viewer)


def test_without_a_sandbox_it_says_how_to_start_one(tmp_path: Path) -> None:
    text = advice(waiting(tmp_path))
    assert "No sandbox has connected yet" in text
    assert "gvtui session new --pod-init > session.json" in text
    assert "o shows the points, space switches one on," in text
    assert "L stages a ready-made choice, a applies." in text


def test_a_viewer_that_changes_nothing_names_no_keys_for_it(tmp_path: Path) -> None:
    viewer = waiting(tmp_path)
    assert viewer.model.live is not None
    viewer.model.live = replace(viewer.model.live, readonly=True)
    text = advice(viewer)
    assert "from another terminal:\n\ngvtui session apply session.json CONTAINER" in text
    assert "switches" not in text
    assert "stages" not in text


def test_another_socket_is_named_in_the_command(tmp_path: Path) -> None:
    assert "--endpoint '/tmp/my socket'" in advice(waiting(tmp_path, Path("/tmp/my socket")))


def test_an_event_that_no_point_sends_is_said(tmp_path: Path) -> None:
    from tests.trace.recorder import Recorder

    recorder = Recorder(tmp_path / "b.gvtrace")
    recorder.add(3)
    viewer = FakeViewer(
        *FEATURES,
        trace=Trace.open(recorder.path),
        live=LiveOptions(MonitorOptions(listen=DEFAULT_LISTEN)),
        panes=PANES,
    )
    viewer.model.chips.put("evt.type = connect")
    viewer.refilter()
    assert "connect is not traced: o shows the points, space switches on" in advice(viewer)


def test_a_sandbox_that_nobody_hears_is_told_where_rows_would_be(tmp_path: Path) -> None:
    viewer = waiting(tmp_path)
    unheard = viewer.feature(Unheard)
    assert "nobody hears" not in advice(viewer)
    target = Target(("/r", "c1"), "c1", SessionOwner.EARLIER, applied=SESSION)
    viewer.feature(Targets).state.take_targets([target])
    unheard._told.add(target.key)
    assert "nobody hears: c1." in advice(viewer)
