"""The table of all limits on what gvtui accepts, and the parser of their values.

Each limit has a name, used in the table `[limits]` of config.toml and in the option `--limit`. What
exceeds a limit is refused or left out, counted and reported.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field, fields, replace
from difflib import get_close_matches
from textwrap import wrap
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

_UNITS = {"": 0, "K": 10, "M": 20, "G": 30, "T": 40}
_SIZE = re.compile(r"(\d{1,15}(?:\.\d{1,9})?)\s*([KMGT]?)(?:i?B)?", re.IGNORECASE)
_SPANS = {"s": 1, "min": 60, "h": 3600, "d": 86_400, "w": 604_800}
_SPAN = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)(s|min|h|d|w)")
_COUNT = re.compile(r"\d{1,18}")
_SHOWN = 40

MIN_KEEP_BYTES = 16 << 20
"""The least size of a flight recorder in bytes: a smaller one would hold hardly anything."""

MIN_KEEP_SECONDS = 60.0
"""The shortest time for which messages are kept, in seconds."""

NO_SPAN = "none"
"""What stands for no bound of time."""


class Limit(NamedTuple):
    """A row of the table."""

    name: str
    default: int
    least: int
    most: int
    unit: str
    """`bytes`, `seconds`, `a second`, or "" for a number of things."""
    words: str
    """What is limited."""
    beyond: str
    """What happens to what exceeds the limit."""

    def shown(self, value: int) -> str:
        """A value in the form that `read_limit` accepts: `1MiB`, `4096`."""
        if self.unit == "bytes":
            for unit, shift in (("GiB", 30), ("MiB", 20), ("KiB", 10)):
                if value and not value % (1 << shift):
                    return f"{value >> shift}{unit}"
        return str(value)


def _limit(default: int, least: int, most: int, words: str, beyond: str, unit: str = "") -> Any:  # noqa: ANN401
    about = {"least": least, "most": most, "words": words, "beyond": beyond, "unit": unit}
    return field(default=default, metadata=about)


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits in force."""

    connections: int = _limit(
        4096, 1, 60_000, "connections at once", "the connection is closed at once"
    )
    connections_of_others: int = _limit(
        1024,
        0,
        60_000,
        "connections at once of all users but root and gvtui's own",
        "the connection is closed at once",
    )
    connections_per_user: int = _limit(
        256, 0, 60_000, "connections at once of one such user", "the connection is closed at once"
    )
    connections_per_process: int = _limit(
        256, 1, 60_000, "connections at once of one process", "the connection is closed at once"
    )
    new_connections: int = _limit(
        64,
        1,
        100_000,
        "new connections, in the long run; in a burst as many as there may be at once",
        "the connection is closed at once",
        "a second",
    )
    new_connections_of_others: int = _limit(
        32,
        1,
        100_000,
        "new connections of all users but root and gvtui's own",
        "the connection is closed at once",
        "a second",
    )
    new_connections_per_user: int = _limit(
        16,
        1,
        100_000,
        "new connections of one such user",
        "the connection is closed at once",
        "a second",
    )
    new_connections_per_process: int = _limit(
        16,
        1,
        100_000,
        "new connections of one process",
        "the connection is closed at once",
        "a second",
    )
    handshake_seconds: int = _limit(
        5, 1, 3600, "time for the handshake", "the connection is closed", "seconds"
    )
    send_buffers: int = _limit(
        512,
        0,
        60_000,
        "connections at once whose send buffer is enlarged, to 8 MiB each",
        "the buffer stays as it comes",
    )
    message_size: int = _limit(
        1 << 20,
        4096,
        1 << 20,
        "size of a message",
        "its beginning is kept, the rest is cut off",
        "bytes",
    )
    malformed: int = _limit(
        1000, 0, 1 << 40, "malformed messages of one connection", "the connection is ended"
    )
    messages_a_turn: int = _limit(
        1024,
        16,
        65_536,
        "messages taken from one connection before the others have their turn",
        "they wait",
    )
    drops_a_second: int = _limit(
        20_000_000,
        1000,
        1 << 31,
        "points that a sandbox can have dropped in the time since it told of drops last",
        "what it claims is not counted",
        "a second",
    )
    strings: int = _limit(
        1 << 20,
        1024,
        1 << 24,
        "different texts of a trace; of them one connection may bring a quarter, and less of what is "
        "left",
        "further texts are shown as …, or read from each message",
    )
    string_bytes: int = _limit(
        128 << 20,
        1 << 20,
        4 << 30,
        "their bytes, of a flight recorder at most an eighth of its disk",
        "as above",
        "bytes",
    )
    disk_per_sandbox: int = _limit(
        0,
        0,
        1 << 50,
        "disk for what one sandbox has sent, of a flight recorder for what it still holds; 0 for no "
        "limit",
        "further messages are left out",
        "bytes",
    )
    keep_others_seconds: int = _limit(
        300,
        0,
        1 << 20,
        "how long the flight recorder of a live view keeps what other sandboxes have sent, however "
        "much one sends; 0 lets the oldest go, whoever sent it",
        "messages are left out of a sandbox that holds more than an equal share, while the oldest "
        "segment has younger messages of others and would go next",
        "seconds",
    )


def _row(name: str, default: Any, about: Mapping[str, Any]) -> Limit:  # noqa: ANN401
    return Limit(name.replace("_", "-"), int(default), **about)


AS_THEY_COME = Limits()

LIMITS: dict[str, Limit] = {
    row.name: row
    for row in (_row(each.name, each.default, each.metadata) for each in fields(Limits))
}
"""The table, by name."""


def read_size(text: str) -> int | None:
    """The bytes in a text such as `500M` or `2GiB`, with units of powers of 1024; None if wrong."""
    match = _SIZE.fullmatch(text.strip())
    return int(float(match[1]) * (1 << _UNITS[match[2].upper()])) if match else None


def read_keep(value: object) -> int:
    """Read for how many bytes messages are kept, such as `20GiB`.

    Raises:
        ValueError: it is no such text; the error's says why.
    """
    size = read_size(value) if isinstance(value, str) else None
    if size is None:
        raise ValueError(f"{_cut(str(value))!r} is not a size; write one such as 500M or 2GiB")
    if size < MIN_KEEP_BYTES:
        raise ValueError(f"{_cut(str(value))!r} is too small; give 16MiB or more")
    return size


def read_keep_for(value: object) -> float:
    """Read for how many seconds messages are kept, such as `30min` or `7d`; 0 for `none`.

    Raises:
        ValueError: it is no such text; the error's says why.
    """
    if value == NO_SPAN:
        return 0.0
    match = _SPAN.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"{_cut(str(value))!r} is not a time; write one such as 30min, 12h or 7d")
    seconds = float(match[1]) * _SPANS[match[2]]
    if seconds < MIN_KEEP_SECONDS:
        raise ValueError(f"{_cut(str(value))!r} is too short; give 1min or more")
    return seconds


def span_text(seconds: float) -> str:
    """A number of seconds as `read_keep_for` takes it, in the largest unit that fits, up to days."""
    if not seconds:
        return NO_SPAN
    whole = [name for name, unit in _SPANS.items() if seconds % unit == 0 and name != "w"]
    return f"{seconds / _SPANS[whole[-1]]:.0f}{whole[-1]}" if whole else f"{seconds:.9g}s"


def read_limit(name: str, value: object) -> int:
    """Read the value of a limit from a number or a text.

    Raises:
        ValueError: the limit does not exist, or cannot have this value; the text says why.
    """
    row = LIMITS.get(name)
    if row is None:
        near = get_close_matches(name, LIMITS, 1)
        meant = f"; is {near[0]!r} meant?" if near else ""
        raise ValueError(f"there is no limit {_cut(name)!r}{meant}")
    read: int | None = None
    if isinstance(value, str):
        if row.unit == "bytes":
            read = read_size(value)
        elif _COUNT.fullmatch(value.strip()):
            read = int(value)
    elif isinstance(value, int) and not isinstance(value, bool):
        read = value
    if read is None:
        kind = "size, such as 64KiB," if row.unit == "bytes" else "whole number"
        raise ValueError(f"{_cut(str(value))!r} where a {kind} was expected")
    if not row.least <= read <= row.most:
        raise ValueError(f"it may be from {row.shown(row.least)} to {row.shown(row.most)}")
    return read


def changed(limits: Limits, values: Mapping[str, int]) -> Limits:
    """The limits with other values; names as in the table."""
    return replace(limits, **{name.replace("-", "_"): value for name, value in values.items()})


def packed(limits: Limits) -> dict[str, int]:
    """The limits as plain values, by the names of their fields."""
    return asdict(limits)


def table() -> list[tuple[str, str, str]]:
    """The rows of the help: name, default with unit, and what is limited with what happens then."""
    rows = []
    for row in LIMITS.values():
        unit = f" {row.unit}" if row.unit in ("seconds", "a second") else ""
        rows.append((row.name, f"{row.shown(row.default)}{unit}", f"{row.words}: {row.beyond}"))
    return rows


def explain() -> str:
    """The text of `gvtui help limits`."""
    rows = table()
    names, values = (max(len(row[place]) for row in rows) for place in (0, 1))
    indent = " " * (names + values + 6)
    lines = [
        "The limits on what gvtui accepts. What exceeds a limit is refused or left out, counted, and",
        "reported: on standard error or on the screen, and in the recording.",
        "",
        "Change a limit with --limit NAME=VALUE, or for good in config.toml:",
        "",
        "  [limits]",
        "  connections-per-process = 1000",
        "",
        "The limits and their default values:",
        "",
    ]
    for name, value, words in rows:
        first, *more = wrap(words, 100 - len(indent))
        lines.append(f"  {name:<{names}}  {value:<{values}}  {first}")
        lines += [indent + line for line in more]
    return "\n".join(lines) + "\n"


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
