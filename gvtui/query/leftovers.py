"""Gives memory back that reading a large trace has used, and that nothing refers to any more."""

from __future__ import annotations

import contextlib
import ctypes
import gc


def give_back() -> None:
    """Free what refers to itself in circles, and return free memory to the system.

    It takes some hundredths of a second. Where the C library has no malloc_trim(3), free memory
    stays with the process for later use.
    """
    gc.collect()
    with contextlib.suppress(AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
