"""Starts the program, as `gvtui` and as `python -m gvtui`."""

from __future__ import annotations

import signal


def start() -> None:
    """Load the command line and run it; never returns."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        # While modules are loaded, nobody could catch Python's exception for Ctrl-C.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from gvtui.cli import main

    main()


if __name__ == "__main__":
    start()
