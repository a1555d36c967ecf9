"""Chunks, slices and distances of rows that are so short that a few rows show what many would."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.query import knownrows, once, repeated, rowset, view
from gvtui.query.calls import doubles

if TYPE_CHECKING:
    import pytest


def have_few_rows(patch: pytest.MonkeyPatch) -> None:
    """Have a chunk of eight rows, a decoded row as near to its raw one, and slices of three."""
    patch.setattr(view, "_FIRST_SLICE", 3)
    patch.setattr(view, "SLICE", 3)
    have_small_chunks(patch, 8)


def have_small_chunks(patch: pytest.MonkeyPatch, rows: int) -> None:
    """Have a chunk of so many rows, and a decoded row as near to its raw one."""
    for module in (rowset, repeated, knownrows):
        patch.setattr(module, "CHUNK", rows)
    for module in (once, repeated, doubles):
        patch.setattr(module, "MOST_APART", rows - 1)
