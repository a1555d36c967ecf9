"""The trace mark by which a recording tells what it was made from."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

from gvtui.trace.details import int_in, list_in, text_in
from gvtui.trace.host import host_in

MAX_SOURCES = 1024
"""Sources that are read from one mark."""

_MAX_NAME = 256
_SECOND_NS = 1_000_000_000
_NAMED = 5


@dataclass(frozen=True, slots=True)
class TraceOrigin:
    """A recording that another was made from, or a part of it."""

    name: str
    """Of the file, without its folder."""
    trace_id: str
    """The id in its header, in hex; "" for a save file of gVisor's."""
    host: tuple[tuple[str, str], ...] = ()
    """The machine, as `gvtui.trace.host` tells it, as pairs."""
    from_ns: int = 0
    """The part began at this Unix time; 0 for the beginning."""
    to_ns: int = 0
    """The part ended before this Unix time; 0 for the end."""
    shift: int = 0
    """What was added to the numbers of its connections."""

    @property
    def words(self) -> str:
        """The source in words, with times in UTC."""
        begin = f" from {_utc(self.from_ns)}" if self.from_ns else ""
        end = f" to {_utc(self.to_ns)}" if self.to_ns else ""
        zone = " UTC" if begin or end else ""
        host = dict(self.host).get("name", "")
        return f"{self.name}{begin}{end}{zone}" + (f" of {host}" if host else "")

    def details(self) -> dict[str, Any]:
        """The source as it lies in the recording."""
        return {**asdict(self), "host": dict(self.host)}

    @classmethod
    def read(cls, values: object) -> TraceOrigin:
        """The source from what lies in the recording."""
        told = values if isinstance(values, dict) else {}
        return cls(
            text_in(told, "name", _MAX_NAME),
            text_in(told, "trace_id", _MAX_NAME),
            tuple(host_in(told).items()),
            max(0, int_in(told, "from_ns")),
            max(0, int_in(told, "to_ns")),
            max(0, int_in(told, "shift")),
        )


@dataclass(frozen=True, slots=True)
class OriginMark:
    """The recording was made from others."""

    kind: ClassVar = "origin"

    how: str
    """`cut`, `merged`, `repaired` or `redacted`."""
    sources: tuple[TraceOrigin, ...]
    filter_text: str = ""
    """The filter that chose the messages; "" for all."""
    more: str = ""
    """What else is to be said, such as what was lost; "" for nothing."""

    @property
    def text(self) -> str:
        """The mark for people."""
        names = [source.words for source in self.sources[:_NAMED]]
        if len(self.sources) > _NAMED:
            names.append(f"{len(self.sources) - _NAMED:,} more")
        chosen = f"; messages that meet {self.filter_text}" if self.filter_text else ""
        more = f"; {self.more}" if self.more else ""
        return f"{self.how} from {', '.join(names)}{chosen}{more}"

    def details(self) -> dict[str, Any]:
        """The mark as it lies in the recording."""
        return {
            "kind": self.kind,
            "text": self.text,
            "how": self.how,
            "sources": [source.details() for source in self.sources],
            "filter_text": self.filter_text,
            "more": self.more,
        }

    @classmethod
    def read(cls, details: dict[str, Any]) -> OriginMark:
        """The mark from what lies in the recording."""
        return cls(
            text_in(details, "how", _MAX_NAME),
            tuple(map(TraceOrigin.read, list_in(details, "sources")[:MAX_SOURCES])),
            text_in(details, "filter_text"),
            text_in(details, "more"),
        )


def _utc(time_ns: int) -> str:
    try:
        when = datetime.fromtimestamp(time_ns // _SECOND_NS, UTC)
    except (OverflowError, OSError, ValueError):
        return "a time that makes no sense"
    return f"{when:%Y-%m-%d %H:%M:%S}"
