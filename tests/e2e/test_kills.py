"""SIGKILL of the monitor and of a viewer: what had been written is there; see `tests.load.kills`."""

from __future__ import annotations

import pytest

from tests.load.kills import Moment, Victim, play

pytestmark = [pytest.mark.e2e, pytest.mark.alone]


def test_a_kill_leaves_an_exact_prefix_also_at_a_rotation_and_during_compression() -> None:
    kills = play(3, victims=(Victim.BOTH,), most_seconds=0.2)
    assert not kills.problems
    assert kills.when == dict.fromkeys(map(str, Moment), 1)
    # That each recording reaches as far as was seen is among the problems; what it has let go is not
    # among the messages.
    assert kills.messages > 0
    assert kills.seen > 0
