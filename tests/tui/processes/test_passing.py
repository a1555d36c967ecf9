from __future__ import annotations

from gvtui.tui.processes.passing import Passing
from tests.tui.fake import FakeViewer


def test_what_passes_the_filters_in_force_is_counted_by_process_until_nobody_asks() -> None:
    model = FakeViewer().model
    passing = Passing(model)
    assert passing.now() is None
    model.chips.put("evt.failed = true")
    model.apply_chips()
    while model.analysis.context.advance():
        pass
    assert passing.now() == {}
    follower = model.analysis.follower
    assert follower is not None
    while follower.run(1e9):
        pass
    found = passing.now()
    assert found
    assert all(calls >= errors > 0 for calls, errors in found.values())
    passing.end()
    assert model.analysis.follower is None
