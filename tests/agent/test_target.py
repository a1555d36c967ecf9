from __future__ import annotations

from pathlib import Path

import pytest

from gvtui.agent.target import SessionOwner, Target
from gvtui.points.session import Point, Session
from gvtui.points.tuning import remote_sink

HERE = Path("/run/here.sock")


@pytest.mark.parametrize(("endpoint", "is_here"), [(str(HERE), True), ("/run/there.sock", False)])
def test_a_session_tells_where_it_sends_to(endpoint: str, is_here: bool) -> None:
    session = Session((Point("sentry/clone"),), (remote_sink(endpoint),))
    target = Target(("root", "c1"), "c1", SessionOwner.OURS, applied=session)
    assert target.sends_to(HERE) is is_here
    # What is not known may send here.
    assert Target(("root", "c1"), "c1", SessionOwner.OTHER).sends_to(HERE)
