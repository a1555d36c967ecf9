"""The signs for kinds of rows, processes and sandboxes, and what stands for them in ASCII."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from rich.cells import cell_len

if TYPE_CHECKING:
    from collections.abc import Mapping

ENTER_SIGN, EXIT_SIGN = "E →", "X ←"
"""The signs of enter and exit, with the letters that gVisor's own logs use."""
ENTER_SIDE, EXIT_SIDE = "→", "←"
"""The same, for places with one cell."""
EVENT_SIGN = "◆"
BAD_SIGN, UNKNOWN_SIGN = "!", "?"
FAILED_SIGN, DROP_SIGN, CALL_SIGN = "✗", "▲", "↔"
GAP_SIGN, SESSION_SIGN, PROCFS_SIGN = "≠", "■", "◦"
DISPUTED_SIGN = "¬"
"""In front of the name of a sandbox that says it is another; see `gvtui.trace.claims`."""

CURSOR_MARK = "▌"
BOOKMARK, BOOKMARK_AT_CURSOR = "⚑", "⚐"
WINDOW_SIGN = "┃"
"""On the timeline, the part that the stream shows."""
RUNS_SIGN, ENDED_SIGN = "●", "†"
LOST_SIGN = "◌"
"""No connection is left, so nobody knows whether a sandbox or a process still runs."""
COST_SIGN = "$"
COMES_SIGN = "↑"
"""Behind the count of a point: messages of it come now."""

_ASCII = {
    **dict(zip("▁▂▃▄▅▆▇█", "..::||##", strict=True)),
    **dict.fromkeys("─━┄┈═▔–−", "-"),
    **dict.fromkeys("│┃┆┊║▏▎▍▋▊▉▐▕", "|"),
    **dict.fromkeys("┌┐└┘├┤┬┴┼╭╮╰╯", "+"),
    **dict.fromkeys("→»▸▷▶▌", ">"),
    **dict.fromkeys("←⌫", "<"),
    **dict.fromkeys("↑▲", "^"),
    **dict.fromkeys("↓▼▾", "v"),
    **dict.fromkeys("●◉◐◆▪", "*"),
    **dict.fromkeys("○◦", "o"),
    **dict.fromkeys("✗⚠¬", "!"),
    **dict.fromkeys("⚑⚐", "b"),
    **dict.fromkeys("≠■", "#"),
    **dict.fromkeys("µμ", "u"),
    **dict.fromkeys("‖↔", "="),
    "†": "+",
    "◌": "?",
    "≥": "~",
    "×": "x",
    "·": ".",
    "…": "~",
}
"""What each sign and line becomes, one cell for one cell."""
_WORDS = (
    (re.compile("([EX]) ([→←])"), lambda found: f"{found[1]}{_ASCII[found[2]]} "),
    (re.compile(r"≥([^≥\x1b]*?)  "), lambda found: f">={found[1]} "),
)
"""What reads better with more letters, where a blank can go."""
_OTHER = re.compile(r"[^\x00-\x7f]")
_POOR_TERMINALS = re.compile(r"linux|vt\d|ansi|cons25|pc3|wyse|sun")
"""Values of TERM whose terminals lack most of the signs in their fonts."""


_COERCED = ("C.UTF-8", "C.utf8", "UTF-8")


def wants_ascii(signs: str, environ: Mapping[str, str] = os.environ) -> bool:
    """Whether signs and lines have to be ASCII.

    Args:
        signs: `ascii` or `unicode`, as configured; "" leaves it to the terminal and the locale.
        environ: the variables of the environment.
    """
    if signs:
        return signs == "ascii"
    if _POOR_TERMINALS.match(environ.get("TERM", "")):
        return True
    # Python itself sets LC_CTYPE where it finds the locale C (PEP 538).
    own = environ.get("LC_CTYPE", "")
    names = [
        environ.get("LC_ALL", ""),
        *([own] if own not in _COERCED else []),
        environ.get("LANG", ""),
    ]
    locale = next(filter(None, names), "")
    return bool(locale) and not re.search("utf-?8", locale, re.IGNORECASE)


def in_ascii(text: str) -> str:
    """A text in ASCII that takes as many cells; characters that nothing stands for become `?`."""
    if text.isascii():
        return text
    for pattern, words in _WORDS:
        text = pattern.sub(words, text)
    return _OTHER.sub(lambda found: _ASCII.get(found[0], "?" * cell_len(found[0])), text)
