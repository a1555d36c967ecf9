"""How the values of options are read from their words. Imports nothing heavy."""

from __future__ import annotations

import math
import pwd
import re
from typing import TYPE_CHECKING, Any, TypeVar

import click

from gvtui.limits import read_keep, read_keep_for, read_limit

if TYPE_CHECKING:
    from collections.abc import Callable

_Value = TypeVar("_Value")

_SLOWEST, _FASTEST = 0.001, 1_000_000.0
"""The bounds of what can be waited for in a life, and of what differs from no pause."""


class _Read(click.ParamType[_Value]):
    """A value that is read from the words of an option; a value itself, as a default, stays."""

    def read(self, text: str) -> _Value:
        """The value.

        Raises:
            ValueError: the words are none; the text says so to the user.
        """
        raise NotImplementedError

    def convert(
        self,
        value: Any,  # noqa: ANN401
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> _Value:
        """The value that the words stand for."""
        if not isinstance(value, str):
            known: _Value = value
            return known
        try:
            return self.read(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class Size(_Read[int]):
    """A number of bytes, such as `500M` or `2GiB`; units are powers of 1024."""

    name = "size"

    def read(self, text: str) -> int:
        """The number of bytes; raises ValueError."""
        return _sentence(read_keep, text)


class Span(_Read[float]):
    """A time in seconds, minutes, hours, days or weeks, such as `30min` or `7d`; 0 for `none`."""

    name = "time"

    def read(self, text: str) -> float:
        """The number of seconds; raises ValueError."""
        return _sentence(read_keep_for, text)


class Seconds(click.FloatRange):
    """A number of seconds within bounds; `nan` and `inf` are none."""

    def convert(
        self,
        value: Any,  # noqa: ANN401
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> float:
        """See `click.ParamType.convert`."""
        seconds: float = super().convert(value, param, ctx)
        if not math.isfinite(seconds):
            self.fail(f"{value} is no number of seconds.", param, ctx)
        return seconds


class Speed(_Read[float]):
    """How many times as fast as it was something is done, such as `0.5`; `inf` for no pause."""

    name = "speed"

    def read(self, text: str) -> float:
        """The factor; raises ValueError."""
        try:
            speed = float(text)
        except ValueError:
            speed = math.nan
        if speed == math.inf or _SLOWEST <= speed <= _FASTEST:
            return speed
        raise ValueError(
            f"{text!r} is not a speed; write one from {_SLOWEST:g} to {_FASTEST:,.0f}, or inf."
        )


class FileMode(_Read[int]):
    """Permissions as `chmod` takes them in digits."""

    name = "mode"

    def read(self, text: str) -> int:
        """The permission bits; raises ValueError."""
        if re.fullmatch(r"0?[0-7]{3}", text) is None:
            raise ValueError(f"{text!r} is not a file mode; write one such as 660.")
        return int(text, 8)


class Setting(_Read[tuple[str, int]]):
    """A limit and its value, as `connections=100`."""

    name = "limit"

    def read(self, text: str) -> tuple[str, int]:
        """The limit's name and its value; raises ValueError."""
        name, sign, number = text.partition("=")
        if not sign:
            raise ValueError(f"{text!r} is no NAME=VALUE.")
        try:
            return name, read_limit(name, number)
        except ValueError as error:
            raise ValueError(f"{name}: {error}.") from error


class Rules(_Read[list[str]]):
    """Rules of redaction, separated by commas."""

    name = "rules"

    def read(self, text: str) -> list[str]:
        """The names of rules; raises ValueError."""
        from gvtui.redact.redactor import rules_in

        return rules_in(text)


class User(_Read[int]):
    """A user, by number or by name."""

    name = "user"

    def read(self, text: str) -> int:
        """The user's number; raises ValueError."""
        if re.fullmatch(r"\d{1,10}", text) and int(text) < (1 << 32) - 1:
            return int(text)
        try:
            return pwd.getpwnam(text).pw_uid
        except (KeyError, ValueError) as error:
            raise ValueError(f"there is no user {text!r} on this machine.") from error


def _sentence(read: Callable[[str], _Value], text: str) -> _Value:
    """What is read of a text; its error ends with a full stop here."""
    try:
        return read(text)
    except ValueError as error:
        raise ValueError(f"{error}.") from error
