"""Flushes the trace to the disk periodically, so that a power failure costs a bounded time."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import trio

if TYPE_CHECKING:
    from gvtui.monitor.control import Control
    from gvtui.monitor.ledger import Ledger
    from gvtui.monitor.options import MonitorOptions


async def keep_on_disk(ledger: Ledger, control: Control, options: MonitorOptions) -> None:
    """Flush every `sync_seconds` until cancelled, in a thread, so that nothing waits for the disk.

    A failure is reported to the user once, and flushing is tried again.
    """
    fault = ""
    while True:
        await trio.sleep(options.sync_seconds)
        log = ledger.writer.log_copy()
        try:
            await trio.to_thread.run_sync(_sync, log, abandon_on_cancel=True)
        except OSError as error:
            reason = error.strerror or str(error)
            if reason != fault:
                fault = reason
                path = ledger.writer.path
                control.log("error", f"cannot bring {path} onto the disk: {reason}")


def _sync(fd: int) -> None:
    try:
        os.fdatasync(fd)
    finally:
        os.close(fd)
