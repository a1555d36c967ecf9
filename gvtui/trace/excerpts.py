"""Marks of an excerpt: what the messages that it lacks told of those that it has."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from gvtui.trace.details import list_in, text_in

MAX_EXECS = 1 << 12
"""How many outcomes of execs one mark has."""


@dataclass(frozen=True, slots=True)
class DisputeMark:
    """A connection, the row's own, claims another sandbox's container ID.

    Rows tell that themselves (see `gvtui.trace.claims`), but for a recording that lacks the other
    sandbox's messages.
    """

    kind: ClassVar = "dispute"

    container_id: str

    @property
    def text(self) -> str:
        """The mark for people."""
        return f"connection claims to be {self.container_id}, which is another sandbox"

    def details(self) -> dict[str, Any]:
        """The mark as it lies in the recording."""
        return {"kind": self.kind, "text": self.text, **asdict(self)}

    @classmethod
    def read(cls, details: dict[str, Any]) -> DisputeMark:
        """The mark from what lies in the recording."""
        return cls(text_in(details, "container_id"))


@dataclass(frozen=True, slots=True)
class ExcerptMark:
    """The recording has only chosen messages from here on."""

    kind: ClassVar = "excerpt"

    filter_text: str
    """The filter that chose them; "" for all that a flight recorder still had."""

    @property
    def text(self) -> str:
        """The mark for people."""
        chosen = f"met {self.filter_text}" if self.filter_text else "the flight recorder still had"
        return f"this recording has the messages that {chosen}"

    def details(self) -> dict[str, Any]:
        """The mark as it lies in the recording."""
        return {"kind": self.kind, "text": self.text, **asdict(self)}

    @classmethod
    def read(cls, details: dict[str, Any]) -> ExcerptMark:
        """The mark from what lies in the recording."""
        return cls(text_in(details, "filter_text"))


@dataclass(frozen=True, slots=True)
class ExecMark:
    """The outcomes of execs in an excerpt, for all exits without an error on the row's connection
    since its last such mark."""

    kind: ClassVar = "exec"

    outcomes: tuple[str, ...]
    """Each is `done`, `done later` (the exit was sent before the program was loaded), `failed` or
    `asked`."""

    @property
    def text(self) -> str:
        """The mark for people."""
        counts = {name: self.outcomes.count(name) for name in ("failed", "asked")}
        done = len(self.outcomes) - sum(counts.values())
        parts = [f"{count} {name}" for name, count in {"done": done, **counts}.items() if count]
        return f"outcomes of the execs above: {', '.join(parts) or 'not noted'}"

    def details(self) -> dict[str, Any]:
        """The mark as it lies in the recording."""
        return {"kind": self.kind, "text": self.text, "outcomes": list(self.outcomes)}

    @classmethod
    def read(cls, details: dict[str, Any]) -> ExecMark:
        """The mark from what lies in the recording."""
        outcomes = list_in(details, "outcomes")[:MAX_EXECS]
        return cls(tuple(each if isinstance(each, str) else "" for each in outcomes))


@dataclass(frozen=True, slots=True)
class ExecOrderMark:
    """The order in which the row's connection sends execs, known from messages not in the
    recording."""

    kind: ClassVar = "exec order"

    order: str
    """`old` if an exec's exit is sent after the program is loaded, `new` if before, "" if
    unknown."""
    is_point_on: bool
    """Whether the point `sentry/execve` is certainly on."""

    @property
    def text(self) -> str:
        """The mark for people."""
        when = {"old": "after", "new": "before"}.get(self.order, "before or after")
        return f"the exit of an exec is sent {when} the program is loaded"

    def details(self) -> dict[str, Any]:
        """The mark as it lies in the recording."""
        return {"kind": self.kind, "text": self.text, **asdict(self)}

    @classmethod
    def read(cls, details: dict[str, Any]) -> ExecOrderMark:
        """The mark from what lies in the recording."""
        return cls(text_in(details, "order"), details.get("is_point_on") is True)
