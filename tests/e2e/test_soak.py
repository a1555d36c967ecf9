"""A short soak: a sandbox at full rate, watched while rows are let go."""

from __future__ import annotations

import pytest

from tests.e2e.containers import find_binaries, need
from tests.load.soak import play
from tests.load.usage import LATE_DESCRIPTORS, LATE_THREADS, MIB

pytestmark = [pytest.mark.e2e, pytest.mark.alone, pytest.mark.usefixtures("tmux")]


def test_nothing_grows_and_every_message_is_accounted_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # In half a minute caches fill: on a busy machine for longer than the warm-up lasts.
    monkeypatch.setattr("tests.load.soak.LEAST_GROWTH", 24 * MIB)
    # Half a minute is too short for all to have begun.
    monkeypatch.setattr("tests.load.soak.MOST_COUNT", max(LATE_DESCRIPTORS, LATE_THREADS))
    newest = need(next(reversed(find_binaries()), None))
    soak = play(newest, 0.4, "16MiB", 4000)
    assert not soak.judge(), soak.judge()
    assert soak.rounds > 1
    assert len(soak.counts) > 8
