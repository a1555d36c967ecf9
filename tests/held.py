"""Counts what an object holds on to, by where it holds it: without a clock, and without the allocator."""

from __future__ import annotations

import tracemalloc
from collections import Counter, deque
from sys import getsizeof
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_CODE = (ModuleType, type, FunctionType, BuiltinFunctionType)
_PLAIN = (str, bytes, int, float, type(None))
_HOLDERS = (list, tuple, set, frozenset, deque)


def held(root: object) -> Counter[str]:
    """Bytes of all that can be reached from an object, by the attributes that lead there.

    What is reached in two ways counts once. Arrays of numpy count with all that they may hold.
    """
    found: Counter[str] = Counter()
    seen: set[int] = set()
    # The nearest first, so that each thing is counted at its shortest way.
    waiting: deque[tuple[object, str]] = deque([(root, "")])
    # Ids are those of other objects once these have gone.
    alive = []
    while waiting:
        value, way = waiting.popleft()
        if id(value) in seen or isinstance(value, _CODE):
            continue
        seen.add(id(value))
        alive.append(value)
        found[way] += getsizeof(value)
        if not isinstance(value, _PLAIN):
            waiting += ((each, way + name) for name, each in _parts(value))
    return found


def most_taken(work: Callable[[], object]) -> int:
    """How many bytes of memory Python asks for, at most at a time, in some work."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def grown(
    few: Mapping[str, int], many: Mapping[str, int], spare: int
) -> dict[str, tuple[int, int]]:
    """Where more is held than before: half as much again, and so many bytes.

    A dict, set or list asks for more room than it needs, so that a little more is no growth.
    """
    return {
        way: (few.get(way, 0), size)
        for way, size in many.items()
        if size > few.get(way, 0) * 1.5 + spare
    }


def _parts(value: Any) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield "", key
            yield "", each
        return
    if isinstance(value, _HOLDERS):
        for each in value:
            yield "", each
        return
    for name, each in getattr(value, "__dict__", {}).items():
        yield f".{name}", each
    for kind in type(value).__mro__:
        slots = kind.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if hasattr(value, name):
                yield f".{name}", getattr(value, name)
