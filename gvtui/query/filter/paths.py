"""The test of `pmatch`: whether a path is one of several, or lies below one."""

from __future__ import annotations

import fnmatch
import re
from typing import TYPE_CHECKING

from gvtui.query.filter.pattern import MAX_PATTERN, PatternError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_WILD = re.compile(r"[*?\[]")


def path_test(paths: Sequence[str]) -> Callable[[str], bool]:
    """Make a test: `/tmp/a` passes for itself and `/tmp/a/b`, not for `/tmp/ab`.

    `*`, `?`, `[abc]` and `[!abc]` stand for characters within one folder's name. Slashes at the end
    of a path and doubled ones say nothing.

    Raises:
        PatternError: a path is too long.
    """
    for path in paths:
        if len(path) > MAX_PATTERN:
            raise PatternError(f"the path is longer than {MAX_PATTERN} characters", MAX_PATTERN)
    plain = frozenset(_joined(path) for path in paths if not _WILD.search(path))
    patterns = [_joined(path) for path in paths if _WILD.search(path)]
    # The translation makes each star an atomic group, so that matching never backtracks over it.
    wild = [
        [re.compile(fnmatch.translate(part)).match for part in path.split("/")] for path in patterns
    ]

    def test(text: str) -> bool:
        text = _joined(text)
        if text in plain or (text.startswith("/") and "/" in plain):
            return True
        end = text.find("/", 1)
        while end > 0:
            if text[:end] in plain:
                return True
            end = text.find("/", end + 1)
        parts = text.split("/") if wild else []
        return any(
            len(parts) >= len(pattern) and all(map(_passes, pattern, parts)) for pattern in wild
        )

    return test


def _passes(match: Callable[[str], object], part: str) -> bool:
    return match(part) is not None


def _joined(path: str) -> str:
    """The path without doubled slashes and slashes at its end."""
    if "//" in path:
        path = re.sub("//+", "/", path)
    return path.rstrip("/") if len(path) > 1 else path
