"""Regular expressions whose time grows with the text alone, whatever the text is.

The texts come from sandboxes, so an engine that goes back and tries again could be made to hang.
RE2 does not go back. What would need it is refused: references to groups, and looking ahead or
behind. Its syntax: https://github.com/google/re2/wiki/Syntax.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.query.filter.error import shown_word

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import re2

MAX_PATTERN = 1000
"""Characters of a pattern."""
MAX_REPETITIONS = 1000
"""The largest count in braces; of braces within braces, their product. RE2 sets it."""
_MAX_MEMORY = 8 << 20
"""Bytes for one pattern, with the states that are kept between characters."""

_OPEN, _CLOSE = "missing )", "unexpected )"
_ESCAPE, _GROUP = "invalid escape sequence", "invalid perl operator"

_MEANINGS = {
    _OPEN: "this ( is not closed",
    _CLOSE: "this ) closes nothing",
    "missing ]": "this [ is not closed",
    "no argument for repetition operator": "{} has nothing to repeat",
    "bad repetition operator": "{} repeats a repetition",
    "invalid repetition size": f"{{}} counts down, or to more than {MAX_REPETITIONS:,}",
    "trailing \\": "a character is missing behind this backslash",
    _ESCAPE: "{} means nothing in a regular expression",
    "invalid character class range": "{} is no range or class of characters",
    "invalid character class": "{} is no class of characters",
    _GROUP: "{} begins no group that is known here",
    "invalid named capture group": "{} is no name of a group",
    "pattern too large - compile failed": "the pattern takes too much memory",
    "invalid UTF-8": "the pattern has a character that is none",
}
"""What RE2 says of a pattern, before the colon, and how a filter's error says it."""

_LOOKING = ("(?=", "(?!", "(?<=", "(?<!")


class PatternError(ValueError):
    """A pattern that cannot be used; `position` says where in it."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position


def regex_test(pattern: str) -> Callable[[str], bool]:
    """Whether a text matches somewhere; `^` and `$` are its ends, `.` is any character.

    Raises:
        PatternError: the pattern is wrong, too long, or uses what RE2 does not know.
    """
    if len(pattern) > MAX_PATTERN:
        raise PatternError(f"the pattern is longer than {MAX_PATTERN} characters", MAX_PATTERN)
    import re2

    encoded = _encoded(pattern)
    try:
        search = _compiled(encoded).search
    except re2.error:
        raise _error(encoded) from None
    return lambda text: search(_encoded(text)) is not None


def _encoded(text: str) -> bytes:
    """UTF-8; the halves of surrogate pairs, which traces and escapes can hold, stay as they are."""
    return text.encode("utf-8", "surrogatepass")


def _compiled(pattern: bytes) -> re2._Regexp:
    import re2

    options = re2.Options()
    options.log_errors = False
    options.dot_nl = True
    options.never_capture = True
    options.max_mem = _MAX_MEMORY
    compiled = re2.compile(pattern, options)
    # The module would keep the last 128 patterns, each with its memory.
    re2.purge()
    return compiled


def _complaint(pattern: bytes) -> tuple[str, bytes]:
    """What RE2 says of a pattern, and the part that it says it of; "" where nothing is wrong."""
    import re2

    try:
        _compiled(pattern)
    except re2.error as error:
        said: bytes = error.args[0]
        what, _, part = said.partition(b": ")
        return what.decode("utf-8", "replace"), part
    return "", b""


def _error(pattern: bytes) -> PatternError:
    what, part = _complaint(pattern)
    shown = part.decode("utf-8", "replace")
    if what == _GROUP and shown in _LOOKING:
        message = "looking ahead or behind is not known here"
    elif what == _ESCAPE and shown[1:].isdigit():
        message = "references to groups are not known here"
    elif what in _MEANINGS:
        message = _MEANINGS[what].format(shown_word(shown))
    else:
        message = f"the pattern cannot be used: {what}"
    before = pattern[: _place(pattern, what, part)]
    # All bytes of a character but its first begin with the bits 10.
    return PatternError(message, sum(byte & 0xC0 != 0x80 for byte in before))


def _place(pattern: bytes, what: str, part: bytes) -> int:
    """Where in a pattern it is wrong: the shortest beginning that has the same fault ends there."""
    if what == _OPEN:
        opened = (at for at in reversed(list(_places(pattern, b"("))))
        return next((at for at in opened if not _complaint(pattern[:at])[0]), 0)
    if what == _CLOSE:
        closed = _places(pattern, b")")
        return next((at for at in closed if _complaint(pattern[: at + 1])[0] == what), 0)
    for at in _places(pattern, part):
        if _complaint(pattern[: at + len(part)]) == (what, part):
            return at
    return max(pattern.find(part), 0)


def _places(pattern: bytes, part: bytes) -> Iterator[int]:
    at = pattern.find(part) if part else -1
    while at >= 0:
        yield at
        at = pattern.find(part, at + 1)
