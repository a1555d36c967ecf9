from __future__ import annotations

import pytest

from gvtui.points.bundled import bundled_catalogue
from gvtui.points.check import check_session
from gvtui.points.session import Point, Session, Sink
from gvtui.points.tuning import (
    LOSSLESS,
    LOWEST_OVERHEAD,
    TUNINGS,
    Tuning,
    remote_sink,
    tuning_of,
    with_tuning,
)

CATALOGUE = bundled_catalogue()


@pytest.mark.parametrize("tuning", TUNINGS.values())
def test_a_tuning_is_known_again(tuning: Tuning) -> None:
    sink = remote_sink("/tmp/s", tuning)
    assert tuning_of(sink) is tuning
    session = Session((Point("sentry/clone"),), (sink,))
    assert check_session(session, CATALOGUE) == []


def test_other_settings_are_no_tuning() -> None:
    assert tuning_of(Sink("remote", {"endpoint": "/tmp/s"})) is LOWEST_OVERHEAD
    assert tuning_of(Sink("remote", {"endpoint": "/tmp/s", "retries": 7})) is None


def test_settings_change_and_the_endpoint_stays() -> None:
    sink = with_tuning(remote_sink("/tmp/s", LOSSLESS, ignore_setup_error=True), LOWEST_OVERHEAD)
    assert sink == Sink("remote", {"endpoint": "/tmp/s", "retries": 0}, True)
