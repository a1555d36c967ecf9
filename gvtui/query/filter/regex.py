"""Regular expressions whose time grows with the text alone, whatever the text is.

The texts come from sandboxes, so an engine that goes back and tries again could be made to hang.
Here a pattern becomes a set of states that all advance together (Thompson's construction), and the
sets that occur are remembered (a lazy DFA), as RE2 does it. What needs going back is refused:
references to groups, and looking ahead or behind.
"""

from __future__ import annotations

from gvtui.query.filter_regex_parse import (
    MAX_PATTERN,
    WORD,
    Assert,
    Consume,
    RegexError,
    RegexParser,
    Split,
)

MAX_TEXT = 1 << 16
"""Characters of a text that are searched."""

_MAX_REMEMBERED = 500_000
"""Size of the transitions kept before they are forgotten and found again."""


class _Node(dict[str, "_Node"]):
    """A set of states, and where each character leads from it."""

    __slots__ = ("before", "positions")

    def __init__(self, positions: frozenset[int], before: str) -> None:
        super().__init__()
        self.positions = positions
        self.before = before
        """The kind of character in front: `^` none, `w` of a word, `n` another."""


class Regex:
    """A pattern to search with."""

    def __init__(self, pattern: str) -> None:
        """Compile it.

        Raises:
            RegexError: it is wrong, too long, or uses what is not known here.
        """
        if len(pattern) > MAX_PATTERN:
            raise RegexError(f"the pattern is longer than {MAX_PATTERN} characters", MAX_PATTERN)
        self.pattern = pattern
        parser = RegexParser(pattern)
        self._start = parser.parse()
        self._states = parser.states
        self._matched = _Node(frozenset(), "")
        self._forget()

    def search(self, text: str) -> bool:
        """Whether it matches anywhere in the first `MAX_TEXT` characters."""
        node = self._first
        for char in text[:MAX_TEXT]:
            following = node.get(char)
            if following is None:
                following = self._advance(node, char)
            if following is self._matched:
                return True
            node = following
        return self._closure(node, "")[1]

    def _forget(self) -> None:
        self._first = _Node(frozenset((self._start,)), "^")
        self._nodes = {(self._first.positions, "^"): self._first}
        self._remembered = 0

    def _advance(self, node: _Node, char: str) -> _Node:
        consuming, matched = self._closure(node, char)
        if matched:
            following = self._matched
        else:
            positions = {state.to for state in consuming if state.chars.has(char)}
            # It may begin at any place.
            positions.add(self._start)
            key = frozenset(positions), "w" if _is_word(char) else "n"
            known = self._nodes.get(key)
            if known is None:
                known = self._nodes[key] = _Node(*key)
                self._remembered += len(positions)
            following = known
        if self._remembered >= _MAX_REMEMBERED:
            self._forget()
        self._remembered += 1
        node[char] = following
        return following

    def _closure(self, node: _Node, char: str) -> tuple[list[Consume], bool]:
        """What can take `char` from here ("" for the end), and whether there is a match already."""
        consuming: list[Consume] = []
        seen = set(node.positions)
        left = list(node.positions)
        while left:
            position = left.pop()
            if position == 0:
                return [], True
            state = self._states[position]
            following: tuple[int, ...] = ()
            if isinstance(state, Consume):
                consuming.append(state)
            elif isinstance(state, Split):
                following = state.to
            elif isinstance(state, Assert) and _holds(state.what, node.before, char):
                following = (state.to,)
            for to in following:
                if to not in seen:
                    seen.add(to)
                    left.append(to)
        return consuming, False


def _is_word(char: str) -> bool:
    return any(low <= char <= high for low, high in WORD)


def _holds(what: str, before: str, char: str) -> bool:
    if what == "^":
        return before == "^"
    if what == "$":
        return not char
    is_border = (before == "w") != (bool(char) and _is_word(char))
    return is_border == (what == "b")
