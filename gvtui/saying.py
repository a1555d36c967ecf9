"""Writes sentences for the user to standard error; all code that does so uses `say`.

The sentences contain file names, container IDs, arguments and output of other programs, so all is
escaped here, once.
"""

from __future__ import annotations

import sys


def say(text: str) -> None:
    """Write lines to standard error, escaped so that they cannot control a terminal."""
    from gvtui.decode.escape import harmless

    print(harmless(text), file=sys.stderr, flush=True)
