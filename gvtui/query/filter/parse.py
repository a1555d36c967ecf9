"""Parses a filter's text into a tree; errors have a column and what was expected there.

The grammar is Falco's and sysdig's condition syntax (libsinsp's filter parser). Values occur only
after an operator, so a keyword can be a value without quotes.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from gvtui.query.filter.error import FilterError, shown_word
from gvtui.query.filter.fields import find_field, similar_fields
from gvtui.query.filter.operators import (
    LIST_OPERATORS,
    OPERATORS,
    OPERATORS_BY_NAME,
    ValueKind,
)
from gvtui.query.filter.transformers import TEXT_KINDS, TRANSFORMERS

if TYPE_CHECKING:
    from lark import Lark, Token

    from gvtui.query.filter.field import Field

MAX_TEXT = 1 << 16
"""How many characters a filter may have."""
MAX_DEPTH = 100
"""How deep conditions may be nested, so that walking the tree cannot exhaust the stack."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A typed value."""

    text: str
    """The value without quotes and escapes."""
    quoted: bool
    start: int
    """Its column in the filter."""

    def column_of(self, filter_text: str, position: int) -> int:
        """The column in the filter of one of its characters, counting quote and escapes."""
        if not self.quoted:
            return self.start + position
        column = self.start + 1
        for escape in _ESCAPE.finditer(filter_text, column):
            if escape.start() - column >= position:
                break
            position -= escape.start() - column + len(_unescape(escape))
            column = escape.end()
            if position < 0:
                return escape.start() + 1
        return column + position


@dataclass(frozen=True, slots=True)
class Comparison:
    """A comparison: a field, an operator, and the values."""

    field: Field
    argument: str
    """The name after the field, or its number in brackets; "" if there is none."""
    operator: str
    """The operator's name, `=` for `==`."""
    values: tuple[Literal, ...]
    start: int
    """The field's column in the filter."""
    transformers: tuple[str, ...] = ()
    """What is done to the field's text before the comparison, in this order."""


@dataclass(frozen=True, slots=True)
class Negation:
    """`not` something."""

    child: Node


@dataclass(frozen=True, slots=True)
class Junction:
    """Several conditions joined by `and` or `or`."""

    is_and: bool
    children: tuple[Node, ...]


Node: TypeAlias = Comparison | Negation | Junction

_WORD_OPERATORS = [operator.name for operator in OPERATORS if operator.name.isalpha()]
_SIGNS = sorted((o.name for o in OPERATORS if not o.name.isalpha()), key=len, reverse=True)
_COMPARING = [name for name in _WORD_OPERATORS if name not in LIST_OPERATORS | {"exists"}]

_GRAMMAR = rf"""
?start: either
?either: both (_OR both)*
?both: negation (_AND negation)*
?negation: NOT negation -> no
    | "(" either ")"
    | operand EXISTS -> exists
    | operand COMPARE value -> compare
    | operand AMONG (value | list) -> among
operand: FIELD | TRANSFORM "(" operand ")"
list: "(" (value ("," value)*)? ")"
value: QUOTED | BARE

_AND.2: /and(?![\w.])/i
_OR.2: /or(?![\w.])/i
NOT.2: /not(?![\w.])/i
AMONG.2: /(?:{"|".join(sorted(LIST_OPERATORS, key=len, reverse=True))})(?![\w.])/i
TRANSFORM.3: /(?:{"|".join(TRANSFORMERS)})(?=\s*\()/i
EXISTS.2: /exists(?![\w.])/i
COMPARE: /{"|".join(_SIGNS)}|(?:{"|".join(_COMPARING)})(?![\w.])/i
FIELD: /[a-z_][\w.\[\]-]*/i
QUOTED: /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/s
BARE: /[^\s(),"'=][^\s(),"']*/
%ignore /\s+/
"""

_ESCAPE = re.compile(
    r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]{1,6})\}|(.))", re.DOTALL
)
_SHORT_ESCAPES = {"\\": "\\", '"': '"', "'": "'", "n": "\n", "t": "\t", "r": "\r"}

_LAST_WORD = re.compile(r"([A-Za-z_][\w.\[\]-]*)[\s)]*\Z")
_WORDS = re.compile(r"[A-Za-z_][\w.\[\]-]*")
_BARE_WORD = re.compile(r"[^\s(),\"']+")

_EXPECTED = {
    "FIELD": "a field",
    "TRANSFORM": "a transformer",
    "NOT": "not",
    "LPAR": "'('",
    "RPAR": "')'",
    "COMMA": "','",
    "_AND": "and",
    "_OR": "or",
    "QUOTED": "a value",
    "BARE": "a value",
    "$END": "the end",
}


@functools.lru_cache(maxsize=16)
def parse(text: str) -> Node | None:
    """Parse a filter; None for an empty one.

    Trees are cached, since command line, chips and view parse the same filter in turn.

    Raises:
        FilterError: the text is not a filter.
    """
    if len(text) > MAX_TEXT:
        raise FilterError(text, MAX_TEXT, f"the filter is longer than {MAX_TEXT} characters", [])
    if not text.strip():
        return None
    from lark import UnexpectedCharacters, UnexpectedToken

    try:
        tree = grammar().parse(text)
    except UnexpectedCharacters as error:
        raise _unexpected(text, error.pos_in_stream or 0, error.allowed) from None
    except UnexpectedToken as error:
        at_end = error.token.type == "$END"
        column = len(text.rstrip()) if at_end else error.token.start_pos or 0
        raise _unexpected(text, column, error.accepts or error.expected) from None
    return _Builder(text).node(tree, 1)


@functools.cache
def grammar() -> Lark:
    """The parser, made at its first use."""
    from lark import Lark

    return Lark(_GRAMMAR, parser="lalr", lexer="contextual", maybe_placeholders=False)


def _unexpected(text: str, column: int, names: set[str]) -> FilterError:
    unknown = _unknown_before(text, column)
    if unknown is not None:
        return unknown
    rest = text[column:].strip()
    if "COMPARE" in names:
        match = _LAST_WORD.search(text, 0, column)
        name = match[1] if match else ""
        found = find_field(name)
        if found is None:
            return unknown_field(text, match.start() if match else column, name)
        expected = found[0].operators()
        what = "an operator is missing here" if not rest else f"{_word(rest)} is no operator"
        return FilterError(text, column, what, expected)
    if names == {"$END"}:
        # The text before is a whole filter, which could have been continued.
        names = {"_AND", "_OR", "$END"}
    expected = list(dict.fromkeys(shown for name, shown in _EXPECTED.items() if name in names))
    if "BARE" in names:
        expected = [_value_expected(text, column), *expected[:-1]]
    if not rest:
        return FilterError(text, column, "the filter ends too early", expected)
    if rest[0] in "\"'" and "QUOTED" in names:
        return FilterError(text, column, "this quote is not closed", ["a closing quote"])
    return FilterError(text, column, f"{_word(rest)} does not belong here", expected)


def _unknown_before(text: str, column: int) -> FilterError | None:
    """The error of the first unknown field that is compared before a column, if any."""
    from lark import UnexpectedInput

    try:
        for token in grammar().parse_interactive(text).iter_parse():
            start = token.start_pos or 0
            if token.type == "FIELD" and find_field(str(token)) is None:
                is_compared = (token.end_pos or 0) < len(text[:column].rstrip())
                return unknown_field(text, start, str(token)) if is_compared else None
    except UnexpectedInput:
        pass
    return None


def _value_expected(text: str, column: int) -> str:
    """The kind of value of the last field before a column."""
    for match in reversed(list(_WORDS.finditer(text, 0, column))):
        found = find_field(match.group())
        if found is not None:
            return ", ".join(found[0].choices) or found[0].kind.value
    return "a value"


def _word(text: str) -> str:
    match = _BARE_WORD.match(text)
    return shown_word(match.group() if match else text[:1])


def unknown_field(text: str, start: int, name: str) -> FilterError:
    """The error of an unknown field."""
    return FilterError(
        text, start, f"there is no field {shown_word(name)}", similar_fields(name) or ["a field"]
    )


def unquoted(text: str) -> str:
    """A quoted value without quotes and escapes.

    The escapes are `\\xHH`, `\\uHHHH`, `\\u{H...}`, `\\n`, `\\r`, `\\t`, and a backslash before a
    quote or another backslash; any other backslash is kept, so that regular expressions can be
    typed.
    """
    return _ESCAPE.sub(_unescape, text)


def _unescape(match: re.Match[str]) -> str:
    digits = match[1] or match[2] or match[3]
    if digits:
        number = int(digits, 16)
        return chr(number) if number <= 0x10FFFF else match[0]
    return _SHORT_ESCAPES.get(match[4], match[0])


class _Builder:
    def __init__(self, text: str) -> None:
        self._text = text

    def node(self, tree: Any, depth: int) -> Node:  # noqa: ANN401
        if depth > MAX_DEPTH:
            raise FilterError(
                self._text,
                _first_token(tree).start_pos or 0,
                f"conditions are nested deeper than {MAX_DEPTH}",
                [],
            )
        children = tree.children
        if tree.data == "no":
            return Negation(self.node(children[1], depth + 1))
        if tree.data in ("either", "both"):
            parts = tuple(self.node(child, depth + 1) for child in children)
            return Junction(tree.data == "both", parts)
        return self._comparison(children)

    def _comparison(self, children: list[Any]) -> Comparison:
        token, transformers = _operand(children[0])
        start = token.start_pos or 0
        found = find_field(str(token))
        if found is None:
            raise unknown_field(self._text, start, str(token))
        field, argument = found
        if transformers and field.kind not in TEXT_KINDS:
            raise FilterError(
                self._text, start, f"{field.label} is no text to transform", ["a field with a text"]
            )
        sign: Token = children[1]
        operator = OPERATORS_BY_NAME[sign.lower()]
        if field.kind not in operator.kinds:
            raise FilterError(
                self._text,
                sign.start_pos or 0,
                f"{field.label} cannot be compared with {operator.name}",
                field.operators(),
            )
        name = operator.alias_of or operator.name
        values: tuple[Literal, ...] = ()
        if name in LIST_OPERATORS:
            values = self._among(field, name, children[2])
        elif name != "exists":
            values = (_literal(children[2]),)
        return Comparison(field, argument, name, values, start, transformers)

    def _among(self, field: Field, operator: str, tree: Any) -> tuple[Literal, ...]:  # noqa: ANN401
        if tree.data == "list":
            return tuple(_literal(child) for child in tree.children)
        literal = _literal(tree)
        takes_set = field.kind is ValueKind.EVENT and operator != "pmatch"
        if not takes_set or literal.quoted or not literal.text.startswith("%"):
            raise FilterError(
                self._text,
                literal.start,
                f"{operator} takes a list of values",
                ["'('", "a set such as %file"] if takes_set else ["'('"],
            )
        return (literal,)


def _operand(tree: Any) -> tuple[Token, tuple[str, ...]]:  # noqa: ANN401
    """The field, and its transformers from the innermost on."""
    names: list[str] = []
    while len(tree.children) > 1:
        names.insert(0, str(tree.children[0]).lower())
        tree = tree.children[1]
    return tree.children[0], tuple(names)


def _first_token(tree: Any) -> Token:  # noqa: ANN401
    while hasattr(tree, "children"):
        tree = tree.children[0]
    token: Token = tree
    return token


def _literal(tree: Any) -> Literal:  # noqa: ANN401
    token: Token = tree.children[0]
    start = token.start_pos or 0
    if token.type == "QUOTED":
        return Literal(unquoted(token[1:-1]), True, start)
    return Literal(str(token), False, start)
