"""Regular expressions whose time grows with the text alone, whatever the text is.

The texts come from sandboxes, so an engine that goes back and tries again could be made to hang.
Here a pattern becomes a set of states that all advance together (Thompson's construction), and the
sets that occur are remembered (a lazy DFA), as RE2 does it. What needs going back is refused:
references to groups, and looking ahead or behind.
"""

from __future__ import annotations

from typing import NamedTuple

MAX_PATTERN = 1000
"""Characters of a pattern."""
MAX_STATES = 2000
"""States of a pattern, which counted repetition multiplies."""
MAX_TEXT = 1 << 16
"""Characters of a text that are searched."""

_MAX_NESTING = 50
_MAX_COUNT = 1000
_MAX_STEPS = 20_000
"""Parts of a pattern put together, those counted that need no state."""
_MAX_REMEMBERED = 500_000
"""Size of the transitions kept before they are forgotten and found again."""


class RegexError(ValueError):
    """A pattern that cannot be used; `position` says where in it."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position


class _Set(NamedTuple):
    """Characters: ranges, or all but these."""

    ranges: tuple[tuple[str, str], ...]
    negated: bool = False

    def has(self, char: str) -> bool:
        return any(low <= char <= high for low, high in self.ranges) != self.negated


_DIGITS = (("0", "9"),)
_WORD = (*_DIGITS, ("A", "Z"), ("a", "z"), ("_", "_"))
_SPACE = (("\t", "\r"), (" ", " "))
_ANY = _Set((), negated=True)
_CLASSES = {
    "d": _Set(_DIGITS),
    "D": _Set(_DIGITS, negated=True),
    "w": _Set(_WORD),
    "W": _Set(_WORD, negated=True),
    "s": _Set(_SPACE),
    "S": _Set(_SPACE, negated=True),
}
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "a": "\a"}
_ASSERTIONS = {"b": "b", "B": "B", "A": "^", "Z": "$", "z": "$"}


class _Consume(NamedTuple):
    """State: take one character of a set, go on there."""

    chars: _Set
    to: int


class _Assert(NamedTuple):
    """State: go on there if this holds between two characters: `^`, `$`, `b` or `B`."""

    what: str
    to: int


class _Split(NamedTuple):
    """State: go on at each of these."""

    to: tuple[int, ...]


_State = _Consume | _Assert | _Split | None


class _Parser:
    """Builds states from the pattern, back to front: each part knows where to go on."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._position = 0
        self._folds = False
        self._steps = 0
        self.states: list[_State] = [None]
        """State 0 is the match."""

    def parse(self) -> int:
        """Build it all; returns where to start."""
        if self._pattern.startswith("(?i)"):
            self._folds = True
            self._position = 4
        tree = self._alternatives(0)
        if self._position < len(self._pattern):
            raise RegexError("this ) opens nowhere", self._position)
        return self._build(tree, 0)

    # A tree is ("set", _Set) | ("assert", str) | ("cat", [..]) | ("or", [..]) | ("repeat", t, n, m)

    def _alternatives(self, depth: int) -> tuple[object, ...]:
        if depth > _MAX_NESTING:
            raise RegexError("groups are nested too deep", self._position)
        branches = [self._sequence(depth)]
        while self._peek() == "|":
            self._position += 1
            branches.append(self._sequence(depth))
        return branches[0] if len(branches) == 1 else ("or", branches)

    def _sequence(self, depth: int) -> tuple[object, ...]:
        parts: list[tuple[object, ...]] = []
        while self._peek() not in ("", "|", ")"):
            parts.append(self._repeated(depth))
        return ("cat", parts)

    def _repeated(self, depth: int) -> tuple[object, ...]:
        atom = self._atom(depth)
        repeats = 0
        while (counts := self._counts()) is not None:
            repeats += 1
            if repeats > 1:
                raise RegexError("there is nothing to repeat", self._position - 1)
            # Whether few or many are taken makes no difference to whether it matches.
            if self._peek() == "?":
                self._position += 1
            atom = ("repeat", atom, *counts)
        return atom

    def _counts(self) -> tuple[int, int | None] | None:
        sign = self._peek()
        if sign and sign in "*+?":
            self._position += 1
            return {"*": (0, None), "+": (1, None), "?": (0, 1)}[sign]
        end = self._pattern.find("}", self._position)
        if sign != "{" or end < 0:
            return None
        low, comma, high = self._pattern[self._position + 1 : end].partition(",")
        if not (low.isascii() and low.isdigit()) or (
            high and not (high.isascii() and high.isdigit())
        ):
            return None
        first = int(low[:9])
        last = int(high[:9]) if high else (None if comma else first)
        if first > _MAX_COUNT or (last is not None and not first <= last <= _MAX_COUNT):
            raise RegexError(f"a count may go from 0 to {_MAX_COUNT}", self._position)
        self._position = end + 1
        return first, last

    def _atom(self, depth: int) -> tuple[object, ...]:
        start = self._position
        char = self._pattern[start]
        self._position += 1
        if char == "(":
            return self._group(start, depth)
        if char == "[":
            return ("set", self._set(start))
        if char == ".":
            return ("set", _ANY)
        if char in "^$":
            return ("assert", char)
        if char in "*+?":
            raise RegexError("there is nothing to repeat", start)
        if char == "\\":
            what = self._peek()
            if what in _ASSERTIONS:
                self._position += 1
                return ("assert", _ASSERTIONS[what])
            return ("set", self._escape(start))
        return ("set", self._fold(_Set(((char, char),))))

    def _group(self, start: int, depth: int) -> tuple[object, ...]:
        if self._peek() == "?":
            if not self._pattern.startswith("?:", self._position):
                raise RegexError("groups that begin with (? other than (?: are not known", start)
            self._position += 2
        tree = self._alternatives(depth + 1)
        if self._peek() != ")":
            raise RegexError("this ( is not closed", start)
        self._position += 1
        return tree

    def _escape(self, start: int) -> _Set:
        char = self._peek()
        self._position += 1
        if not char:
            raise RegexError("a \\ stands at the end", start)
        if char in _CLASSES:
            return _CLASSES[char]
        if char == "x":
            digits = self._pattern[self._position : self._position + 2]
            self._position += 2
            try:
                char = chr(int(digits, 16)) if len(digits) == 2 and digits.isalnum() else ""
            except ValueError:
                char = ""
            if not char:
                raise RegexError("\\x takes two hexadecimal digits", start)
        elif char in _CONTROLS:
            char = _CONTROLS[char]
        elif char.isalnum():
            raise RegexError(f"\\{char} is not known", start)
        return self._fold(_Set(((char, char),)))

    def _set(self, start: int) -> _Set:
        negated = self._peek() == "^"
        self._position += negated
        ranges: list[tuple[str, str]] = []
        first = True
        while first or self._peek() != "]":
            first = False
            low = self._set_member(start)
            if (
                self._peek() == "-"
                and self._pattern[self._position + 1 : self._position + 2] != "]"
            ):
                dash = self._position
                self._position += 1
                high = self._set_member(start)
                if low.negated or high.negated or len(low.ranges) != 1 or len(high.ranges) != 1:
                    raise RegexError("a range goes from one character to another", dash)
                if low.ranges[0][0] > high.ranges[0][0]:
                    raise RegexError("this range goes backwards", dash)
                ranges.append((low.ranges[0][0], high.ranges[0][0]))
            elif low.negated:
                ranges += _complement(low.ranges)
            else:
                ranges += low.ranges
        self._position += 1
        return self._fold(_Set(tuple(ranges), negated))

    def _set_member(self, start: int) -> _Set:
        char = self._peek()
        if not char:
            raise RegexError("this [ is not closed", start)
        self._position += 1
        if char != "\\":
            return _Set(((char, char),))
        if self._peek() == "b":
            self._position += 1
            return _Set((("\b", "\b"),))
        folds, self._folds = self._folds, False
        try:
            return self._escape(self._position - 1)
        finally:
            self._folds = folds

    def _fold(self, chars: _Set) -> _Set:
        """With `(?i)`, the set's other case too."""
        if not self._folds:
            return chars
        ranges = list(chars.ranges)
        for low, high in chars.ranges:
            if low == high:
                ranges += [
                    (other, other) for other in (low.lower(), low.upper()) if len(other) == 1
                ]
            for alphabet, shift in (("az", -32), ("AZ", 32)):
                start, end = max(low, alphabet[0]), min(high, alphabet[1])
                if start <= end:
                    ranges.append((chr(ord(start) + shift), chr(ord(end) + shift)))
        return _Set(tuple(dict.fromkeys(ranges)), chars.negated)

    def _peek(self) -> str:
        return self._pattern[self._position : self._position + 1]

    def _add(self, state: _State) -> int:
        if len(self.states) >= MAX_STATES:
            raise RegexError("the pattern repeats too much", 0)
        self.states.append(state)
        return len(self.states) - 1

    def _build(self, tree: tuple[object, ...], to: int) -> int:
        self._steps += 1
        if self._steps > _MAX_STEPS:
            raise RegexError("the pattern repeats too much", 0)
        match tree:
            case ("set", _Set() as chars):
                return self._add(_Consume(chars, to))
            case ("assert", str(what)):
                return self._add(_Assert(what, to))
            case ("cat", list(parts)):
                for part in reversed(parts):
                    to = self._build(part, to)
                return to
            case ("or", list(parts)):
                return self._add(_Split(tuple(self._build(part, to) for part in parts)))
            case ("repeat", tuple(part), int(low), high):
                return self._build_repeat(part, low, high, to)
        raise AssertionError(tree)

    def _build_repeat(self, part: tuple[object, ...], low: int, high: object, to: int) -> int:
        if isinstance(high, int):
            end = to
            for _ in range(high - low):
                to = self._add(_Split((self._build(part, to), end)))
        else:
            loop = self._add(None)
            self.states[loop] = _Split((self._build(part, loop), to))
            to = loop
        for _ in range(low):
            to = self._build(part, to)
        return to


def _complement(ranges: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    out: list[tuple[str, str]] = []
    following = 0
    for low, high in sorted(ranges):
        if following < ord(low):
            out.append((chr(following), chr(ord(low) - 1)))
        following = ord(high) + 1
    return [*out, (chr(following), chr(0x10FFFF))]


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
        parser = _Parser(pattern)
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

    def _closure(self, node: _Node, char: str) -> tuple[list[_Consume], bool]:
        """What can take `char` from here ("" for the end), and whether there is a match already."""
        consuming: list[_Consume] = []
        seen = set(node.positions)
        left = list(node.positions)
        while left:
            position = left.pop()
            if position == 0:
                return [], True
            state = self._states[position]
            following: tuple[int, ...] = ()
            if isinstance(state, _Consume):
                consuming.append(state)
            elif isinstance(state, _Split):
                following = state.to
            elif isinstance(state, _Assert) and _holds(state.what, node.before, char):
                following = (state.to,)
            for to in following:
                if to not in seen:
                    seen.add(to)
                    left.append(to)
        return consuming, False


def _is_word(char: str) -> bool:
    return any(low <= char <= high for low, high in _WORD)


def _holds(what: str, before: str, char: str) -> bool:
    if what == "^":
        return before == "^"
    if what == "$":
        return not char
    is_border = (before == "w") != (bool(char) and _is_word(char))
    return is_border == (what == "b")
