"""Comparisons of texts, made once for each filter and asked once for each distinct text."""

from __future__ import annotations

import fnmatch
import re
from typing import TYPE_CHECKING

from gvtui.query.filter.regex import Regex
from gvtui.query.filter_regex_parse import MAX_PATTERN, RegexError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def text_test(operator: str, values: Sequence[str]) -> Callable[[str], bool]:
    """Whether a text that is known passes.

    Args:
        operator: one for texts; not `exists`.
        values: the value, or several for `in`.

    Raises:
        RegexError: the pattern cannot be used.
    """
    value = values[0]
    if operator == "=":
        return value.__eq__
    if operator == "!=":
        return value.__ne__
    if operator == "in":
        return frozenset(values).__contains__
    if operator == "contains":
        return lambda text: value in text
    if operator == "icontains":
        folded = value.casefold()
        return lambda text: folded in text.casefold()
    if operator == "startswith":
        return lambda text: text.startswith(value)
    if operator == "endswith":
        return lambda text: text.endswith(value)
    if operator == "glob":
        return _glob(value)
    if operator == "regex":
        return Regex(value).search
    raise AssertionError(operator)


def _glob(pattern: str) -> Callable[[str], bool]:
    if len(pattern) > MAX_PATTERN:
        raise RegexError(f"the pattern is longer than {MAX_PATTERN} characters", MAX_PATTERN)
    # Each star becomes an atomic group, so that this never goes back over what a star has taken.
    match = re.compile(fnmatch.translate(pattern)).match
    return lambda text: match(text) is not None
