"""Calls that have begun something."""

from __future__ import annotations

import numpy as np

from gvtui.query.calls.begun import goes_on
from gvtui.trace.row import ROW_DTYPE


def test_a_connect_that_does_not_wait_goes_on() -> None:
    rows = np.zeros(3, ROW_DTYPE)
    rows["type"], rows["errno"] = [10, 10, 7], [115, 111, 115]
    assert goes_on(rows).tolist() == [True, False, False]
