"""The classes of objects that are kept, by their names and back."""

from __future__ import annotations

import importlib
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any

from gvtui.query.kept.framing import BrokenStateError, NotKeptError
from gvtui.query.kept.parts import ROOMS

if TYPE_CHECKING:
    from collections import defaultdict
    from collections.abc import Callable

FACTORIES: dict[str, Any] = {"set": set, "list": list, "dict": dict, "int": int}
"""What a dictionary may make for keys that it lacks."""


def class_name(cls: type) -> tuple[str, str]:
    """The module and the name of a class whose objects may be kept.

    Raises:
        NotKeptError: it is none.
    """
    if not cls.__module__.startswith(ROOMS) or "<" in cls.__qualname__:
        raise NotKeptError(f"{cls.__module__}.{cls.__qualname__}")
    return cls.__module__, cls.__qualname__


@cache
def class_of(module: str, name: str) -> Any:  # noqa: ANN401
    """A class whose objects may be kept, by its module and its name.

    Raises:
        BrokenStateError: there is none.
    """
    if not module.startswith(ROOMS):
        raise BrokenStateError(f"a class of {module}")
    found: Any = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    if not isinstance(found, type) or found.__module__ != module:
        raise BrokenStateError(f"{name} is no class of {module}")
    return found


@cache
def members_of(cls: Any) -> Callable[[Any], Any]:  # noqa: ANN401
    """Gives the member of an enumeration for its value.

    Raises:
        BrokenStateError: the class is none.
    """
    if not issubclass(cls, Enum):
        raise BrokenStateError(f"{cls} has no members")

    @cache
    def member(value: Any) -> Any:  # noqa: ANN401
        return cls(value)

    return member


def factory_name(value: defaultdict[Any, Any]) -> str:
    """What a dictionary makes for keys that it lacks, by its name in `FACTORIES`.

    Raises:
        NotKeptError: something else.
    """
    for name, factory in FACTORIES.items():
        if factory is value.default_factory:
            return name
    raise NotKeptError(f"a dictionary that makes {value.default_factory}")
