from __future__ import annotations

from gvtui.tui.viewer import Feature
from tests.tui.fake import FakeViewer


class Nothing(Feature):
    prefix = "nothing"


def test_a_feature_does_nothing_unless_it_says_so() -> None:
    viewer = FakeViewer(Nothing)
    feature = viewer.feature(Nothing)
    assert feature.model is viewer.model
    feature.opened()
    feature.tick()
    feature.pane_shown("numbers")
    assert (list(feature.status()), list(feature.advice()), feature.remedy()) == ([], [], "")
    assert not feature.entered()
    assert not feature.escaped()
    assert feature.may_leave(viewer.leave)
    viewer.quit()
    assert viewer.has_left
    assert not viewer.told


def test_one_feature_that_wants_to_ask_keeps_the_viewer() -> None:
    class Asking(Feature):
        prefix = "asking"

        def may_leave(self, leave: object) -> bool:
            self.viewer.tell("really?")
            return False

    viewer = FakeViewer(Nothing, Asking)
    viewer.quit()
    assert not viewer.has_left
    assert viewer.said == "really?"
