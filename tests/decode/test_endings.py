from __future__ import annotations

import pytest

from gvtui.decode.endings import closing_words, ending_words
from gvtui.trace.lives import Life, LifeEnding


@pytest.mark.parametrize(
    ("life", "short", "long"),
    [
        (None, "gone", "closed by the sandbox"),
        (
            Life(1, last_conn=1),
            "gone",
            "its session or its sandbox has ended; no exit of its first process was told",
        ),
        (Life(1, last_conn=2), "gone", "its sandbox has another connection"),
        (
            Life(1, last_conn=1, ending=LifeEnding.EXITED, exit_status=0x300),
            "exited 3",
            "its first process has ended, exited 3",
        ),
        (
            Life(1, last_conn=1, ending=LifeEnding.EXITED, exit_status=9),
            "killed by SIGKILL",
            "its first process has ended, killed by SIGKILL",
        ),
        (
            Life(1, last_conn=1, ending=LifeEnding.CUT_OFF, traces_exits=True),
            "cut off",
            "cut off, its sandbox has gone; no exit of its first process was told",
        ),
        (
            Life(1, last_conn=1, ending=LifeEnding.RESTARTED, traces_exits=True),
            "cut off",
            "cut off, and the sandbox was started again later; no exit of its first process was "
            "told",
        ),
        (
            Life(1, last_conn=1, ending=LifeEnding.RESTARTED, traces_exits=False),
            "ended",
            "its sandbox was started again later; no exit of its first process was told, since the "
            "session traces none",
        ),
        (
            Life(1, last_conn=1, ending=LifeEnding.CUT_OFF),
            "no exit told",
            "its sandbox has gone; no exit was told of any process, and nothing tells whether exits "
            "were traced",
        ),
    ],
)
def test_a_clean_end_reads_otherwise_than_one_that_was_cut_off(
    life: Life | None, short: str, long: str
) -> None:
    assert ending_words(life) == short
    assert closing_words(life, 1) == long
