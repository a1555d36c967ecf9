"""What stands for signs, lines and letters on a terminal that shows ASCII alone."""

from __future__ import annotations

import codecs
import io
import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TextIO

IN_ASCII = {
    **dict(zip("▁▂▃▄▅▆▇█", "..::||##", strict=True)),
    **dict.fromkeys("─━┄┈═▔–−", "-"),
    **dict.fromkeys("│┃┆┊║▏▎▍▋▊▉▐▕", "|"),
    **dict.fromkeys("┌┐└┘├┤┬┴┼╭╮╰╯", "+"),
    **dict.fromkeys("→»▸▷▶▌⇥", ">"),
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

_POOR_TERMINALS = re.compile(r"linux|vt\d|ansi|cons25|pc3|wyse|sun")
"""Values of TERM whose terminals lack most of the signs in their fonts."""
_COERCED = ("C.UTF-8", "C.utf8", "UTF-8")
_WITHOUT_WIDTH = "\u2068\u2069"
"""The marks around letters that run from right to left, which ASCII does not have."""
_CODEC = "gvtui_ascii"


def wants_ascii(signs: str = "", environ: Mapping[str, str] = os.environ) -> bool:
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


def fit_terminal(stream: TextIO, signs: str = "") -> None:
    """Have a stream write ASCII if it leads to a terminal that shows no more, or is to get no more.

    A character that nothing stands for becomes `?`. A file or a pipe gets all characters.

    Args:
        stream: such as standard output.
        signs: as for `wants_ascii`.
    """
    if not isinstance(stream, io.TextIOWrapper) or not stream.isatty():
        return
    if wants_ascii(signs):
        stream.reconfigure(encoding=_CODEC)
    elif stream.encoding == _CODEC:
        stream.reconfigure(encoding="utf-8")


def fit_text(text: str, stream: TextIO) -> str:
    """A text as such a stream shows it, for a program that shows it in its place."""
    return _shown(text) if stream.encoding == _CODEC else text


def _shown(text: str) -> str:
    if text.isascii():
        return text
    return "".join(
        each if each.isascii() else IN_ASCII.get(each, "?")
        for each in text
        if each not in _WITHOUT_WIDTH
    )


def _encode(text: str, _: str = "strict") -> tuple[bytes, int]:
    return _shown(text).encode("ascii"), len(text)


class _AsciiEncoder(codecs.IncrementalEncoder):
    def encode(self, text: str, final: bool = False) -> bytes:
        return _encode(text)[0]


def _search(name: str) -> codecs.CodecInfo | None:
    """The codec of such streams: click gives up the one called `ascii` for UTF-8."""
    if name != _CODEC:
        return None
    return codecs.CodecInfo(
        _encode,
        codecs.ascii_decode,
        incrementalencoder=_AsciiEncoder,
        incrementaldecoder=codecs.getincrementaldecoder("ascii"),
        name=name,
    )


codecs.register(_search)
