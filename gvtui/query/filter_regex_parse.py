"""Regular expressions taken apart into states; `filter_regex` runs them."""

from __future__ import annotations

from typing import NamedTuple

MAX_PATTERN = 1000
"""Characters of a pattern."""
MAX_STATES = 2000
"""States of a pattern, which counted repetition multiplies."""
_MAX_NESTING = 50
_MAX_COUNT = 1000
_MAX_STEPS = 20_000
"""Parts of a pattern put together, those counted that need no state."""


class RegexError(ValueError):
    """A pattern that cannot be used; `position` says where in it."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position


class CharSet(NamedTuple):
    """Characters: ranges, or all but these."""

    ranges: tuple[tuple[str, str], ...]
    negated: bool = False

    def has(self, char: str) -> bool:
        """Whether a character is one of these."""
        return any(low <= char <= high for low, high in self.ranges) != self.negated

    def is_single(self) -> bool:
        """Whether it is one character, written as itself."""
        return len(self.ranges) == 1 and not self.negated and len(set(self.ranges[0])) == 1


_DIGITS = (("0", "9"),)
WORD = (*_DIGITS, ("A", "Z"), ("a", "z"), ("_", "_"))
_SPACE = (("\t", "\r"), (" ", " "))
_ANY = CharSet((), negated=True)
_CLASSES = {
    "d": CharSet(_DIGITS),
    "D": CharSet(_DIGITS, negated=True),
    "w": CharSet(WORD),
    "W": CharSet(WORD, negated=True),
    "s": CharSet(_SPACE),
    "S": CharSet(_SPACE, negated=True),
}
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "a": "\a"}
_ASSERTIONS = {"b": "b", "B": "B", "A": "^", "Z": "$", "z": "$"}


class Consume(NamedTuple):
    """State: take one character of a set, go on there."""

    chars: CharSet
    to: int


class Assert(NamedTuple):
    """State: go on there if this holds between two characters: `^`, `$`, `b` or `B`."""

    what: str
    to: int


class Split(NamedTuple):
    """State: go on at each of these."""

    to: tuple[int, ...]


State = Consume | Assert | Split | None


class RegexParser:
    """Builds states from the pattern, back to front: each part knows where to go on."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._position = 0
        self._folds = False
        self._steps = 0
        self.states: list[State] = [None]
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

    # A tree is ("set", CharSet) | ("assert", str) | ("cat", [..]) | ("or", [..]) | ("repeat", t, n, m)

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
        return ("set", self._fold(CharSet(((char, char),))))

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

    def _escape(self, start: int) -> CharSet:
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
        return self._fold(CharSet(((char, char),)))

    def _set(self, start: int) -> CharSet:
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
                if not (low.is_single() and high.is_single()):
                    raise RegexError("a range goes from one character to another", dash)
                if low.ranges[0][0] > high.ranges[0][0]:
                    raise RegexError("this range goes backwards", dash)
                ranges.append((low.ranges[0][0], high.ranges[0][0]))
            elif low.negated:
                ranges += _complement(low.ranges)
            else:
                ranges += low.ranges
        self._position += 1
        return self._fold(CharSet(tuple(ranges), negated))

    def _set_member(self, start: int) -> CharSet:
        char = self._peek()
        if not char:
            raise RegexError("this [ is not closed", start)
        self._position += 1
        if char != "\\":
            return CharSet(((char, char),))
        if self._peek() == "b":
            self._position += 1
            return CharSet((("\b", "\b"),))
        folds, self._folds = self._folds, False
        try:
            return self._escape(self._position - 1)
        finally:
            self._folds = folds

    def _fold(self, chars: CharSet) -> CharSet:
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
        return CharSet(tuple(dict.fromkeys(ranges)), chars.negated)

    def _peek(self) -> str:
        return self._pattern[self._position : self._position + 1]

    def _add(self, state: State) -> int:
        if len(self.states) >= MAX_STATES:
            raise RegexError("the pattern repeats too much", 0)
        self.states.append(state)
        return len(self.states) - 1

    def _build(self, tree: tuple[object, ...], to: int) -> int:
        self._steps += 1
        if self._steps > _MAX_STEPS:
            raise RegexError("the pattern repeats too much", 0)
        match tree:
            case ("set", CharSet() as chars):
                return self._add(Consume(chars, to))
            case ("assert", str(what)):
                return self._add(Assert(what, to))
            case ("cat", list(parts)):
                for part in reversed(parts):
                    to = self._build(part, to)
                return to
            case ("or", list(parts)):
                return self._add(Split(tuple(self._build(part, to) for part in parts)))
            case ("repeat", tuple(part), int(low), high):
                return self._build_repeat(part, low, high, to)
        raise AssertionError(tree)

    def _build_repeat(self, part: tuple[object, ...], low: int, high: object, to: int) -> int:
        if isinstance(high, int):
            end = to
            for _ in range(high - low):
                to = self._add(Split((self._build(part, to), end)))
        else:
            loop = self._add(None)
            self.states[loop] = Split((self._build(part, loop), to))
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
