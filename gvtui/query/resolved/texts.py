"""Numbers for texts, so that columns can hold them."""

from __future__ import annotations

MAX_CHARACTERS = 1 << 26
"""How many characters all texts together have at most."""


class Texts:
    """Texts by number, from 1; each text once. 0 stands for a text that is not known."""

    def __init__(self, max_characters: int = MAX_CHARACTERS) -> None:
        self._texts = [""]
        self._numbers = {"": 0}
        self._room = max_characters
        self.refused = 0
        """How many texts came after the limit was reached, and are not known."""

    def __len__(self) -> int:
        return len(self._texts)

    def number(self, text: str) -> int:
        """The number of a text; 0 if there is no room for it any more."""
        known = self._numbers.get(text)
        if known is not None:
            return known
        if len(text) > self._room:
            self.refused += 1
            return 0
        self._room -= len(text)
        self._texts.append(text)
        self._numbers[text] = len(self._texts) - 1
        return len(self._texts) - 1

    def text(self, number: int) -> str:
        """The text of a number; "" for 0."""
        return self._texts[number]
