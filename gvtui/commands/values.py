"""How the values of options are read from their words. Imports nothing heavy."""

from __future__ import annotations

import pwd
import re
from typing import Any, TypeVar

import click

from gvtui.limits import read_limit, read_size

_Value = TypeVar("_Value")

MIN_KEEP_BYTES = 16 << 20
"""The least size of a flight recorder in bytes: a smaller one would hold hardly anything."""

MIN_KEEP_SECONDS = 60.0
"""The shortest time for which messages are kept, in seconds."""

_UNITS = {"s": 1, "min": 60, "h": 3600, "d": 86_400, "w": 604_800}


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
        size = read_size(text)
        if size is None:
            raise ValueError(f"{text!r} is not a size; write one such as 500M or 2GiB.")
        if size < MIN_KEEP_BYTES:
            raise ValueError(f"{text!r} is too small; give 16MiB or more.")
        return size


class Span(_Read[float]):
    """A time in seconds, minutes, hours, days or weeks, such as `30min` or `7d`."""

    name = "time"

    def read(self, text: str) -> float:
        """The number of seconds; raises ValueError."""
        match = re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?)(s|min|h|d|w)", text)
        if match is None:
            raise ValueError(f"{text!r} is not a time; write one such as 30min, 12h or 7d.")
        seconds = float(match[1]) * _UNITS[match[2]]
        if seconds < MIN_KEEP_SECONDS:
            raise ValueError(f"{text!r} is too short; give 1min or more.")
        return seconds


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
