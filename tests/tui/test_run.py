from __future__ import annotations

import gc

from gvtui.tui import run


def test_what_is_loaded_is_not_looked_at_again() -> None:
    before = gc.get_threshold()
    try:
        run._keep_what_is_loaded()
        assert gc.get_freeze_count() > 10_000
        # A key waits for one look at most.
        assert gc.get_threshold()[0] <= 10_000
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)
