"""Comparisons of recordings among the tests' data."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

from gvtui.export.diff.making import DiffDocument, SideChoice, make_diff
from gvtui.trace.reader import Trace
from tests.query.activity.runs import TRACES


def diff_of(before: str, after: str, **options: Any) -> DiffDocument:
    """What differs between two of them."""
    traces = [Trace.open(TRACES / f"{name}.trace") for name in (before, after)]
    try:
        return make_diff(*(SideChoice(trace) for trace in traces), **options)
    finally:
        for trace in traces:
            trace.close()


@cache
def shells() -> DiffDocument:
    """One script, run by two releases of gVisor's: both differences and things untold."""
    return diff_of("shell-2022", "shell-2024")


def hostile_diff(text: str) -> DiffDocument:
    """The same with a text of a sandbox's choice in each difference."""
    made = shells()
    compared = made.compared
    return replace(
        made,
        compared=replace(
            compared,
            differences=tuple(
                replace(each, what=text, details=text) for each in compared.differences
            ),
            untold=tuple(
                replace(each, what=text, details=text, untold=text) for each in compared.untold
            ),
        ),
    )
