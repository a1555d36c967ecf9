"""Writes sentences for the user to standard error with `say`, lines of output with `show`.

The sentences contain file names, container IDs, arguments and output of other programs, so all is
escaped here, once.
"""

from __future__ import annotations

import sys


def fit_terminals() -> None:
    """Have standard output and error write ASCII to a terminal that shows no more."""
    from gvtui.decode.ascii import fit_terminal

    for stream in (sys.stdout, sys.stderr):
        fit_terminal(stream)


def say(text: str) -> None:
    """Write lines to standard error, escaped so that they cannot control a terminal."""
    from gvtui.decode.escape import harmless

    print(harmless(text), file=sys.stderr, flush=True)


def show(text: str) -> None:
    """Write lines of a command's output; nothing in them can steer a terminal.

    Letters that run from right to left are isolated for a terminal alone: another program gets
    them as they are.
    """
    from gvtui.decode.escape import escape, isolated

    lines = "\n".join(map(escape, text.split("\n")))
    print(isolated(lines) if sys.stdout.isatty() else lines)
