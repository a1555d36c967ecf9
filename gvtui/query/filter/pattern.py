"""Regular expressions of RE2, which take time in proportion to the text.

The texts come from sandboxes, which could make an engine with backtracking hang. RE2 does not
backtrack. So it refuses references to groups, and looking ahead or behind. Its syntax:
https://github.com/google/re2/wiki/Syntax.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gvtui.query.filter.error import shown_word

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import re2

MAX_PATTERN = 1000
"""How many characters a pattern may have."""
MAX_REPETITIONS = 1000
"""The largest count in braces, and product of nested counts; the limit is RE2's."""
_MAX_MEMORY = 8 << 20
"""How many bytes of memory one pattern may use, with its cached states."""

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
    _GROUP: "{} begins a group that is not supported",
    "invalid named capture group": "{} is no name of a group",
    "pattern too large - compile failed": "the pattern takes too much memory",
    "invalid UTF-8": "the pattern has a character that is none",
}
"""RE2's error messages up to the colon, each with the words of a filter's error."""

_OF_WHOLE_TEXT = re.compile(rb"\\[AzCQ]")

_LOOKING = ("(?=", "(?!", "(?<=", "(?<!")


class PatternError(ValueError):
    """A pattern cannot be used; `position` is the wrong character."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position


class RegexTest:
    """Whether a pattern matches somewhere in a text; `^` and `$` are its ends, `.` any character."""

    def __init__(self, pattern: str) -> None:
        """Compile it.

        Raises:
            PatternError: the pattern is wrong or too long, or RE2 does not support it.
        """
        if len(pattern) > MAX_PATTERN:
            raise PatternError(f"the pattern is longer than {MAX_PATTERN} characters", MAX_PATTERN)
        import re2

        self._pattern = _encoded(pattern)
        try:
            self._search = _compiled(self._pattern).search
        except re2.error:
            raise _error(self._pattern) from None
        self._of_lines: Callable[[bytes, int], re2._Match[bytes] | None] | None = None

    def __call__(self, text: str) -> bool:
        """Whether it matches in a text."""
        return self._search(_encoded(text)) is not None

    def among(self, texts: Sequence[str]) -> list[bool]:
        """As for each of the texts, in less time for many: one search goes over all of them, as the
        lines of one text."""
        together = _encoded("\n".join(texts))
        if not _knows_lines(self._pattern) or together.count(b"\n") >= len(texts):
            return [self(text) for text in texts]
        if self._of_lines is None:
            self._of_lines = _compiled(b"(?m)" + self._pattern, is_of_lines=True).search
        holds = [False] * len(texts)
        line = counted = start = 0
        while (match := self._of_lines(together, start)) is not None:
            place = match.start()
            line += together.count(b"\n", counted, place)
            holds[line] = True
            counted = together.find(b"\n", place)
            if counted < 0:
                break
            start = counted + 1
        return holds


def _knows_lines(pattern: bytes) -> bool:
    """Whether a pattern means the same in a text as in a line: not with the ends of all text, with
    single bytes, with quotes that may not end, or with options of its own."""
    if _OF_WHOLE_TEXT.search(pattern):
        return False
    return b"(?" not in pattern.replace(b"(?:", b"(").replace(b"(?i)", b"")


def _encoded(text: str) -> bytes:
    """Encode as UTF-8; halves of surrogate pairs, which traces may contain, are encoded too."""
    return text.encode("utf-8", "surrogatepass")


def _compiled(pattern: bytes, *, is_of_lines: bool = False) -> re2._Regexp[bytes]:
    import re2

    options = re2.Options()
    options.log_errors = False
    options.dot_nl = True
    options.never_capture = True
    # Nothing matches a line's end, so that no match reaches into the next line.
    options.never_nl = is_of_lines
    options.max_mem = _MAX_MEMORY
    compiled = re2.compile(pattern, options)
    # The module would cache the last 128 patterns with their memory.
    re2.purge()
    return compiled


def _complaint(pattern: bytes) -> tuple[str, bytes]:
    """RE2's error message on a pattern, and the wrong part; "" if the pattern is right."""
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
        message = "looking ahead or behind is not supported"
    elif what == _ESCAPE and shown[1:].isdigit():
        message = "references to groups are not supported"
    elif what in _MEANINGS:
        message = _MEANINGS[what].format(shown_word(shown))
    else:
        message = f"the pattern cannot be used: {what}"
    before = pattern[: _place(pattern, what, part)]
    # In UTF-8 all bytes of a character but the first begin with the bits 10.
    return PatternError(message, sum(byte & 0xC0 != 0x80 for byte in before))


def _place(pattern: bytes, what: str, part: bytes) -> int:
    """The wrong position of a pattern: the end of its shortest beginning with the same error."""
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
