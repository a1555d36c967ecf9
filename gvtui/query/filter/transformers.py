"""Transformers: what may be done to a field's text before it is compared, as in Falco."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.query.filter.operators import ValueKind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

TEXT_KINDS = frozenset((ValueKind.TEXT, ValueKind.EVENT, ValueKind.ANY))
"""The kinds of fields that can be transformed."""


def _basename(text: str) -> str:
    return text.rpartition("/")[2]


TRANSFORMERS: dict[str, tuple[Callable[[str], str], str]] = {
    "tolower": (str.lower, "the text in lower case"),
    "toupper": (str.upper, "the text in upper case"),
    "basename": (_basename, "what follows the last slash of a path, which may be nothing"),
}
"""Each transformer by its name, with its description."""


def transformed(names: Sequence[str], test: Callable[[str], bool]) -> Callable[[str], bool]:
    """A test of texts, after each of some transformers has changed the text."""
    for name in reversed(names):
        test = _after(TRANSFORMERS[name][0], test)
    return test


def _after(change: Callable[[str], str], test: Callable[[str], bool]) -> Callable[[str], bool]:
    return lambda text: test(change(text))
