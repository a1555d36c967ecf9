from __future__ import annotations

from typing import Any

import pytest

from gvtui.trace.accounting import Accounting


@pytest.mark.parametrize(
    ("numbers", "problems"),
    [
        ({"received": 9, "logged": 5, "indexed": 5, "lost": 1, "let_go": 1}, []),
        ({"received": None, "logged": 5, "indexed": 5}, []),
        ({"received": 9, "logged": 7, "indexed": 7}, []),
        ({"received": 8, "logged": 5, "indexed": 5}, ["1 message fewer than were received"]),
        ({"received": 3, "logged": 5, "indexed": 5}, ["4 messages more than were received"]),
        (
            {"received": 7, "logged": 5, "indexed": 4},
            ["the log has 5 messages, its index 4"],
        ),
    ],
)
def test_what_does_not_add_up_is_told(numbers: dict[str, Any], problems: list[str]) -> None:
    account = Accounting(refused={"size": 2}, **numbers)
    assert list(account.problems()) == problems


def test_what_the_monitor_counts_goes_over_as_numbers() -> None:
    account = Accounting(received=9, logged=5, refused={"a": 1, "b": 2}, lost=1, dropped=7)
    told = Accounting.unpack(account.pack())
    assert (told.received, told.logged, sum(told.refused.values())) == (9, 5, 3)
    assert (told.lost, told.dropped, told.difference) == (1, 7, 0)
    assert Accounting.unpack({}).difference == 0
