"""States of short recordings, at every few rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.query import spacing
from gvtui.query.kept import spaced
from gvtui.trace import keptfile

if TYPE_CHECKING:
    import pytest


def have_states(patch: pytest.MonkeyPatch, apart: int) -> None:
    """Have states kept at rows that are so far apart, however long they take, and taken up wherever
    there are some."""
    patch.setattr(keptfile, "SETTLED_NS", 0)
    patch.setattr(spaced, "BYTES_A_ROW", 1 << 40)
    patch.setattr(spacing, "LEAST_APART", apart)
    patch.setattr(spacing, "WRITING_SHARE", 1 << 40)
    # Each state grows out of the one before.
    patch.setattr(spacing.Pace, "wrote", lambda *_: True)
