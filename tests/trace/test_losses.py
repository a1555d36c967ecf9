from __future__ import annotations

from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gvtui.trace.losses import DAMAGED, FULL, LATE, MAX_REASONS, REMOVED, SOCKET, Loss, Losses

SECOND = 1_000_000_000
NOON = 1_795_435_509 * SECOND
"""2026-11-23 12:05:09 UTC."""


@pytest.mark.parametrize(
    ("loss", "words"),
    [
        (
            Loss(2801, NOON, NOON + 3 * SECOND, FULL),
            "2,801 messages were lost while the disk was full from 12:05:09 to 12:05:12",
        ),
        (Loss(1, NOON, NOON, FULL), "1 message was lost while the disk was full at 12:05:09"),
        (
            Loss(5, NOON, NOON, REMOVED),
            "5 messages were lost with files that were removed at 12:05:09",
        ),
        (
            Loss(0, NOON, NOON + SECOND, SOCKET),
            "sandboxes could not connect, for the socket was removed from 12:05:09 to 12:05:10",
        ),
        (
            Loss(0, NOON, NOON, LATE, bytes=4096),
            "4,096 bytes were not taken that sandboxes had sent before the end at 12:05:09",
        ),
        (
            Loss(2, NOON, NOON, "Input/output error"),
            "2 messages were lost that could not be written at 12:05:09: Input/output error",
        ),
        (
            Loss(3, NOON, NOON + SECOND, DAMAGED, 40),
            "3 messages were lost where the recording was damaged (40 unreadable bytes) from "
            "12:05:09 to 12:05:10",
        ),
        (
            Loss(1, 0, 0, DAMAGED),
            "1 message was lost where the recording was damaged at times that are not known",
        ),
        (
            Loss(2, NOON),
            "2 messages were lost that could not be written since 2026-11-23 12:05:09",
        ),
        (
            Loss(2, NOON, NOON + 86_400 * SECOND, FULL, times=3),
            "2 messages were lost while the disk was full, 3 times from 2026-11-23 12:05:09 to "
            "2026-11-24 12:05:09",
        ),
    ],
)
def test_a_loss_in_words(loss: Loss, words: str) -> None:
    assert loss.words(zone=UTC) == words


def test_behind_another_count_the_number_is_enough() -> None:
    losses = Losses([Loss(2801, NOON, NOON, FULL)])
    assert losses.words(noun="", zone=UTC) == (
        "2,801 were lost while the disk was full at 12:05:09"
    )


def test_losses_of_one_reason_are_one() -> None:
    losses = Losses([Loss(2, NOON + SECOND, NOON + 2 * SECOND, FULL)])
    losses.merge(Losses([Loss(3, NOON, NOON + SECOND, FULL), Loss(1, NOON, NOON, REMOVED)]))
    assert losses.messages == 6
    assert losses.words(zone=UTC) == (
        "5 messages were lost while the disk was full, 2 times from 12:05:09 to 12:05:11; "
        "1 message was lost with files that were removed at 12:05:09"
    )
    assert Losses.read(losses.pack()).words(zone=UTC) == losses.words(zone=UTC)


def test_reasons_are_limited() -> None:
    losses = Losses(Loss(1, NOON, NOON, f"reason {n}") for n in range(100))
    assert len(losses.pack()) == MAX_REASONS
    assert losses.messages == 100


@given(
    st.recursive(
        st.none() | st.integers() | st.text() | st.booleans(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(["messages", "since_ns", "until_ns", "why", "bytes", "times"]),
                inner,
            )
        ),
    )
)
def test_whatever_is_read_has_words(values: object) -> None:
    losses = Losses.read(values)
    assert isinstance(losses.words(), str)
    assert losses.messages >= 0
