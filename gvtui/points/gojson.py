"""Reads JSON exactly as Go's `encoding/json` does, so that gvtui and gVisor agree on a file.

Go reads the first value and ignores what follows it. A key may occur twice in an object, and
matches the field of a struct in upper or lower case. Bytes of a string that are not UTF-8 become
U+FFFD. So an object is kept as the pairs that were written, each value with its offsets.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_DEPTH = 10_000
"""How deep objects and lists may be nested for Go to read them."""

PLAIN_DEPTH = 200
"""How deep objects and lists may be nested for gvtui to write them back."""

_FIRST_READ = 512
"""How many bytes Go's reader asks for first; later it doubles its buffer, plus so many."""

_TOKEN = re.compile(
    r"[ \t\r\n]*(?:"
    r"(?P<sign>[\[\]{},:])"
    r'|(?P<string>"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*+")'
    r"|(?P<number>-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?)"
    r"|(?P<word>true|false|null)"
    r")"
)
_SPACE = re.compile(r"[ \t\r\n]*")
_WORDS = {"true": True, "false": False, "null": None}
_SURROGATE = re.compile("[\ud800-\udfff]")
_FOLDED = {0x17F: "s", 0x212A: "k"}
"""The long s and the kelvin sign, which Go treats as the letters s and k."""


class JsonError(ValueError):
    """Text that Go refuses as JSON; `offset` is the first byte that is wrong."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.offset = offset


@dataclass(slots=True)
class Node:
    """A value with its position: from byte offset `start` to before `end`."""

    value: JsonPairs | Items | str | bool | None
    start: int
    end: int
    depth: int = 0
    """How deep objects and lists are nested, this one included; 0 for other values."""

    @property
    def kind(self) -> str:
        """The kind of value in words: `an object`, `a list`, `a string`, `a number`, `null`."""
        if self.value is None:
            return "null"
        if isinstance(self.value, str):
            return "a number" if isinstance(self.value, Number) else "a string"
        if isinstance(self.value, bool):
            return "true or false"
        return "an object" if isinstance(self.value, JsonPairs) else "a list"


class JsonPairs(list[tuple[str, Node]]):
    """The pairs of an object, in the order in which they were written."""


class Items(list[Node]):
    """A list."""


class Number(str):
    """A number as it was written."""

    __slots__ = ()

    @property
    def is_finite(self) -> bool:
        """Whether a double can hold it; in settings of any type Go refuses other numbers."""
        return abs(float(self)) != float("inf")

    @property
    def value(self) -> int | float:
        """An int if the number is written as one, else a float."""
        return float(self) if self.strip("-0123456789") else int(self)


def read_value(raw: bytes, at: int = 0) -> Node:
    """Read the first value in the bytes from offset `at` on; what follows it is ignored.

    Raises:
        JsonError: there is no value, or it is not JSON.
    """
    # With one character a byte, positions in the text are positions in the bytes. Bytes above 127
    # are legal only in strings, which are decoded one by one.
    return _Reader(raw.decode("latin-1"), at).read()


def rest_after_failure(raw: bytes, end: int) -> bytes:
    """The bytes that `trace create` reads when it tries the file a second time.

    runsc goes back to the file's start, but its reader still holds the bytes that it had read after
    the first value: these come first.

    Args:
        raw: the file.
        end: where its first value ends.
    """
    size = _FIRST_READ
    while size < end:
        size = 2 * size + _FIRST_READ
    return raw[end:size] + raw


def fold(key: str) -> str:
    """A key as Go compares it with a struct's fields: in lower case, the long s as an s."""
    return (key if key.isascii() else key.translate(_FOLDED)).lower()


def plain(node: Node) -> Any:  # noqa: ANN401
    """The value as Go stores it in a setting of any type: of repeated keys the last one holds.

    Values nested deeper than `PLAIN_DEPTH` stay nodes.
    """
    value = node.value
    if node.depth > PLAIN_DEPTH:
        return node
    if isinstance(value, JsonPairs):
        return {key: plain(each) for key, each in value}
    if isinstance(value, Items):
        return [plain(each) for each in value]
    return value.value if isinstance(value, Number) else value


def walk(node: Node) -> Iterator[Node]:
    """The node and all within it."""
    waiting = [node]
    while waiting:
        each = waiting.pop()
        yield each
        if isinstance(each.value, JsonPairs):
            waiting += [inner for _, inner in each.value]
        elif isinstance(each.value, Items):
            waiting += each.value


class _Open:
    """An object or a list that is being read."""

    def __init__(self, start: int, *, is_object: bool) -> None:
        self.value: JsonPairs | Items = JsonPairs() if is_object else Items()
        self.closing = "}" if is_object else "]"
        self.start = start
        self.depth = 1
        self.key = ""

    def take(self, node: Node) -> None:
        self.depth = max(self.depth, node.depth + 1)
        if isinstance(self.value, JsonPairs):
            self.value.append((self.key, node))
        else:
            self.value.append(node)


class _Reader:
    """Reads one value without recursion, so that deep nesting cannot exhaust the stack."""

    def __init__(self, text: str, at: int) -> None:
        self._text = text
        self._at = at
        self._open: list[_Open] = []

    def read(self) -> Node:
        while True:
            node = self._begin()
            while node is not None:
                if not self._open:
                    return node
                node = self._end(node)

    def _begin(self) -> Node | None:
        """The value that starts here; None if it is an object or list whose first value follows."""
        found = self._token("a value")
        start = found.start(found.lastgroup or 0)
        text = found[found.lastgroup or 0]
        match found.lastgroup:
            case "string":
                return Node(_string(text), start, self._at)
            case "number":
                return Node(Number(text), start, self._at)
            case "word":
                return Node(_WORDS[text], start, self._at)
        if text not in "{[":
            raise self._wrong("a value", start)
        if len(self._open) >= MAX_DEPTH:
            raise JsonError(f"more than {MAX_DEPTH:,} objects and lists in each other", start)
        self._open.append(_Open(start, is_object=text == "{"))
        if self._peek() == self._open[-1].closing:
            self._token("")
            return self._close()
        self._key()
        return None

    def _end(self, node: Node) -> Node | None:
        """Add a value to the object or list around it; gives the latter if it ends here."""
        around = self._open[-1]
        around.take(node)
        found = self._token(f"',' or '{around.closing}'")
        if found["sign"] == ",":
            self._key()
            return None
        if found["sign"] != around.closing:
            raise self._wrong(f"',' or '{around.closing}'", found.end() - len(found[0].lstrip()))
        return self._close()

    def _close(self) -> Node:
        done = self._open.pop()
        return Node(done.value, done.start, self._at, done.depth)

    def _key(self) -> None:
        """Read a key and its colon, in an object."""
        if not isinstance(self._open[-1].value, JsonPairs):
            return
        found = self._token("a key in double quotes")
        if found["string"] is None:
            raise self._wrong("a key in double quotes", found.start(found.lastgroup or 0))
        self._open[-1].key = _string(found["string"])
        found = self._token("':'")
        if found["sign"] != ":":
            raise self._wrong("':'", found.start(found.lastgroup or 0))

    def _peek(self) -> str:
        found = _SPACE.match(self._text, self._at)
        place = found.end() if found else self._at
        return self._text[place : place + 1]

    def _token(self, expected: str) -> re.Match[str]:
        found = _TOKEN.match(self._text, self._at)
        if found is None:
            space = _SPACE.match(self._text, self._at)
            raise self._wrong(expected, space.end() if space else self._at)
        self._at = found.end()
        return found

    def _wrong(self, expected: str, at: int) -> JsonError:
        if at >= len(self._text):
            return JsonError(f"it ends where {expected} was expected", at)
        return JsonError(f"{expected} was expected", at)


def _string(text: str) -> str:
    """A string's value; `text` has its quotes, and one character for each byte."""
    inner = text if text.isascii() else text.encode("latin-1").decode("utf-8", "replace")
    if "\\" not in inner:
        return inner[1:-1]
    return _SURROGATE.sub("\ufffd", json.loads(inner))
