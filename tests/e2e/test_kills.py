"""SIGKILL of the monitor and of a viewer: what had been written is there; see `tests.load.kills`."""

from __future__ import annotations

import pytest

from tests.load.kills import Victim, play

pytestmark = pytest.mark.e2e


def test_a_kill_leaves_an_exact_prefix_also_in_the_moment_of_a_rotation() -> None:
    kills = play(2, victims=(Victim.BOTH,), most_seconds=0.2)
    assert not kills.problems
    assert kills.rotations == 1
    assert kills.messages >= kills.seen > 0
