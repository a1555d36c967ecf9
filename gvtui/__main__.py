"""Starts the program, as `gvtui` and as `python -m gvtui`."""

from __future__ import annotations

import gc
import signal

GARBAGE = 50_000
"""After how many new objects garbage is looked for. By Python's own number, that takes a tenth of
the time until the first screen, and finds nothing: modules that are loaded stay."""


def start() -> None:
    """Load the command line and run it; never returns."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        # While modules are loaded, nobody could catch Python's exception for Ctrl-C.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    gc.set_threshold(GARBAGE)
    from gvtui.cli import main

    main()


if __name__ == "__main__":
    start()
