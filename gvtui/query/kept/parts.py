"""Which objects of an analysis are filled with what was kept, and which are made anew.

An analysis is made first, empty: its parts know their trace and each other. What was kept goes into
them. Everything else, such as processes and descriptions, is data: it is made anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ALL = "*"
"""Stands for all attributes."""

_PARTS: dict[str, tuple[str, ...]] = {
    "Pairs": (),
    "Execs": (),
    "ExecOutcomes": (),
    "ThreadRows": (ALL,),
    "OpenCalls": (),
    "Processes": ("_events",),
    "ProcessEvents": (ALL,),
    "ProcessTree": ("life_of", "_would_tell", "run_keys"),
    "Pipes": (),
    "Talking": (ALL,),
    "AskedPoints": (),
    "Timeline": (),
    "Counts": ("_condition",),
    "DescriptorCounts": ("_resolved", "_facts"),
    "Resolver": ("effects", "_telling"),
    "Effects": (ALL,),
    "OpenFiles": (),
    "Descriptions": (),
    "Texts": (),
    "ByteAccounting": (),
    "DescriptorNaming": ("_joined",),
    "ActivityReader": ("context", "_resolved", "_condition", "_late_lines"),
    "ActivityLines": (),
    "Programs": (),
    "Filing": (ALL,),
    "PendingRows": ("_resolved", "_who"),
}
"""The classes of parts, each with the attributes that are not kept: they lead to code, or to
parts that follow from the trace."""

CONTAINED: dict[str, tuple[str, ...]] = {
    "NumberedPage": ("held",),
    "OneOrSeveral": ("_last", "_several"),
    "Process": ("children", "threads", "execs", "_recent"),
    "Behind": ("kinds",),
}
"""The attributes of a class's objects that are lists, sets or dictionaries to which nothing else
refers, and whose keys are numbers, texts or tuples of such: they are kept with their object."""

TOGETHER = {
    "NumberedPage": 4,
    "OneOrSeveral": 1,
    "Process": 128,
    "ActivityLine": 128,
    "Behind": 128,
}
"""How many objects of a class are filled together, where these are few."""

ROOMS = ("gvtui.query.", "gvtui.trace.", "gvtui.decode.")
"""Where classes come from whose objects may be kept."""


def is_part(value: object) -> bool:
    """Whether an object is a part, and not data."""
    cls = type(value)
    return cls.__name__ in _PARTS and cls.__module__.startswith(ROOMS[0])


def parts_of(roots: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """Some parts, and those that they lead to, each once under a name that says how."""
    seen: set[int] = set()
    pending = list(roots.items())
    for name, value in pending:
        if id(value) in seen:
            continue
        seen.add(id(value))
        yield name, value
        pending += [
            (f"{name}.{attribute}", other)
            for attribute, other in vars(value).items()
            if is_part(other)
        ]


def kept_fields(part: object) -> dict[str, Any]:
    """The attributes of a part that are kept."""
    left_out = _PARTS[type(part).__name__]
    if ALL in left_out:
        return {}
    return {name: value for name, value in vars(part).items() if name not in left_out}
