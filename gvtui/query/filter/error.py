"""The error of a filter: what is wrong, at which column, and what was expected there."""

from __future__ import annotations

from gvtui.errors import UsageError

_WINDOW = 100
"""How many characters of a filter are shown around an error."""


class FilterError(UsageError):
    """A filter's text is wrong."""

    def __init__(self, text: str, column: int, message: str, expected: list[str]) -> None:
        self.text = text
        self.column = min(max(column, 0), len(text))
        """The wrong column of the text, from 0."""
        self.message = message
        """What is wrong, in one sentence without a full stop."""
        self.expected = expected
        """What is allowed there instead, in words."""
        super().__init__(text, column, message, expected)

    @property
    def summary(self) -> str:
        """One line: the column, from 1, what is wrong, what was expected."""
        return f"column {self.column + 1}: {self.explanation}"

    @property
    def explanation(self) -> str:
        """One line: what is wrong, what was expected."""
        if not self.expected:
            return self.message
        return f"{self.message}; expected {self._expected_text()}"

    def _expected_text(self) -> str:
        if len(self.expected) == 1:
            return self.expected[0]
        return f"{', '.join(self.expected[:-1])} or {self.expected[-1]}"

    def __str__(self) -> str:
        start = max(0, min(self.column - _WINDOW // 2, len(self.text) - _WINDOW))
        shown = self.text[start : start + _WINDOW]
        # One cell for each character, so that the caret is below the right one.
        shown = "".join(char if " " <= char <= "~" else "?" for char in shown)
        lead = "..." if start else ""
        tail = "..." if start + _WINDOW < len(self.text) else ""
        caret = " " * (len(lead) + self.column - start) + "^"
        return f"in the filter, {self.summary}\n  {lead}{shown}{tail}\n  {caret}"


def shown_word(word: str) -> str:
    """A word of a filter for error messages: in quotes, escaped, and cut if it is long."""
    shown = ascii(word)
    return shown if len(shown) <= 60 else f"{shown[:57]}...{shown[0]}"
