"""Gives memory back that reading a large trace has used, and that nothing refers to any more."""

from __future__ import annotations

import contextlib
import ctypes
import gc
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def without_collecting() -> Iterator[None]:
    """Look for no circles while very many objects are made that stay: it would take longer than to
    make them."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def give_back() -> None:
    """Free what refers to itself in circles, and return free memory to the system.

    It takes some hundredths of a second. Where the C library has no malloc_trim(3), free memory
    stays with the process for later use.
    """
    gc.collect()
    with contextlib.suppress(AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
