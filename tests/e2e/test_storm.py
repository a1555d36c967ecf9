"""A short storm: sandboxes of every manner, and more connections than are let in."""

from __future__ import annotations

import pytest

from tests.load.storm import Crowd, play

pytestmark = [pytest.mark.e2e, pytest.mark.alone]


FEW = ("connections-per-process=8", "new-connections-per-process=1")
"""The usual limits are never reached in seconds where connections are slow, as on a busy machine."""


def test_all_that_is_sent_is_recorded_in_order_and_every_refusal_is_told() -> None:
    crowd = Crowd(
        eager=2, patient=2, quiet=10, late=2, slow=2, halved=2, storming=1, strange=2, silent=2
    )
    storm = play(6, crowd, FEW)
    assert not storm.problems
    assert sum(each.messages for each in storm.of("eager")) > 1000
    assert sum(each.dropped for each in storm.of("eager")) > 0
    assert sum(each.refused for each in storm.of("storming", "strange")) > 0
    assert storm.delays
