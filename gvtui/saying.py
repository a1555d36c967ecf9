"""The one way in which words for the user leave the program beside its output.

File names, container IDs, arguments and what other programs said stand in them: all is escaped
here, once.
"""

from __future__ import annotations

import sys


def say(text: str) -> None:
    """Write lines for the user to standard error; nothing in them can steer a terminal."""
    from gvtui.decode.escape import harmless

    print(harmless(text), file=sys.stderr, flush=True)
