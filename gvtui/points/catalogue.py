"""The trace points that a runsc offers, read from `runsc trace metadata`.

gVisor says that the output may change without notice, so the parser looks for the lines that it
knows and skips the others. Points and fields that are new to gvtui are kept and can be used.
"""

from __future__ import annotations

import fnmatch
import functools
import re
from dataclasses import dataclass, field, replace
from sys import intern
from typing import TYPE_CHECKING

from gvtui.errors import GvtuiError
from gvtui.points.groups import purposes_of
from gvtui.points.names import event_type
from gvtui.points.syscalls import UNKNOWN_ARCHITECTURE, host_architecture

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

COMPONENTS = ("container", "sentry", "syscall", "sysno")
"""Components in the order of display; `sysno` stands for the raw system calls."""

Offer = tuple[str, str]
"""A point and one of its fields; the field is empty for the point itself."""

_MAX_DIGITS = 9

_ONLY_X86_64 = frozenset(
    ["open", "creat", "fork", "vfork", "pipe", "dup2", "eventfd", "signalfd", "inotify_init"]
)
_ON_BOTH = frozenset(["openat", "clone", "pipe2", "dup3", "eventfd2", "signalfd4", "inotify_init1"])

_NAME = re.compile(r"\bname:\s*([^\s,]+)", re.IGNORECASE)
_FIELDS = re.compile(r"\b(optional|context)[ _-]?fields:\s*\[([^\[\]]*)\]", re.IGNORECASE)
_SECTION = re.compile(r"\s*(\w+)\s*\(\d+\)\s*:?\s*", re.ASCII)
_BETWEEN = re.compile(r"[|,\s]+")
_SAFE = re.compile(r"[A-Za-z0-9_./:+-]{1,100}")


class CatalogueError(GvtuiError):
    """gvtui could not read the points that a runsc offers."""


@dataclass(frozen=True, slots=True)
class PointSpec:
    """A trace point as a runtime offers it, with the fields that can be asked of it."""

    name: str
    """Such as `syscall/openat/enter`."""
    optional_fields: tuple[str, ...]
    context_fields: tuple[str, ...]
    event: str
    """The system call's name, such as `openat` (also for raw points), or the name of an event."""

    @property
    def component(self) -> str:
        """`container`, `sentry`, `syscall`, or `sysno` for a raw system call."""
        parts = self.name.split("/")
        return "sysno" if is_raw(self.name) else parts[0]

    @property
    def is_raw(self) -> bool:
        """Whether it sends a system call's six arguments as numbers."""
        return is_raw(self.name)

    @property
    def sysno(self) -> int | None:
        """The system call's number, for raw points."""
        return sysno_of(self.name)

    @property
    def direction(self) -> str | None:
        """`E` for an enter point, `X` for an exit point, None for other events."""
        return direction_of(self.name)

    @property
    def sibling(self) -> str | None:
        """The exit point's name for an enter point, and the other way round."""
        return sibling_of(self.name)

    @property
    def purposes(self) -> tuple[str, ...]:
        """What the point is used for: keys of `groups.PURPOSES`, or `other`."""
        return purposes_of(self.event)

    @property
    def fields(self) -> tuple[str, ...]:
        """Its optional fields, then those of the context."""
        return self.optional_fields + self.context_fields

    @property
    def call(self) -> str:
        """The name without enter or exit: `syscall/openat`, `syscall/sysno/35`, `sentry/clone`."""
        return call_of(self.name)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All trace points and sinks that one version of runsc offers."""

    points: Mapping[str, PointSpec]
    """Points by name, in the order of display: component, name or sysno, enter before exit."""
    sinks: tuple[str, ...]
    source: str
    """What offers the points: `runsc 0.0~20240729.0`, or `bundled (runsc 0.0~20240729.0)`."""
    architecture: str
    """The architecture of the sysnos: `x86_64` or `arm64`."""
    is_bundled: bool = False
    """Whether the list came with gvtui, not from a runsc on this machine."""
    oldest: str = ""
    """The month of the oldest bundled list; empty for the list of a single runsc."""
    later: Mapping[Offer, str] = field(default_factory=dict)
    """For each point and field that the oldest list lacks, the month of the first list with it."""
    doubts: Mapping[Offer, str] = field(default_factory=dict)
    """The points and fields that the wanted version may or may not offer, each with the reason."""
    lacking: frozenset[str] = frozenset()
    """Points of another architecture that this one lacks in every version."""
    is_later: bool = False
    """Whether the wanted version is later than all lists, and so may offer more than they do."""
    is_earlier: bool = False
    """Whether the wanted version is earlier than all lists, and so may offer less than they do."""
    lacking_keys: frozenset[str] = frozenset()
    """Session keys that this runsc is too old for: it refuses a file that has one."""

    def __contains__(self, name: object) -> bool:
        return name in self.points

    def __iter__(self) -> Iterator[PointSpec]:
        return iter(self.points.values())

    def __len__(self) -> int:
        return len(self.points)

    def get(self, name: str) -> PointSpec | None:
        """The point of that name."""
        return self.points.get(name)

    def since(self, point: str, field: str = "") -> str:
        """The month of the first list that has a point, or its field; empty if not known."""
        spec = self.points.get(point)
        if spec is None or (field and field not in spec.fields):
            return ""
        return self.later.get((point, field), self.oldest)

    @property
    def sure(self) -> Catalogue:
        """The catalogue without the points and fields that are in doubt."""
        if not self.doubts:
            return self
        specs = (
            replace(
                spec,
                optional_fields=self._sure(spec.name, spec.optional_fields),
                context_fields=self._sure(spec.name, spec.context_fields),
            )
            for spec in self
            if (spec.name, "") not in self.doubts
        )
        return replace(self, points={spec.name: spec for spec in specs}, doubts={})

    def _sure(self, point: str, fields: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name for name in fields if (point, name) not in self.doubts)

    @property
    def context_fields(self) -> tuple[str, ...]:
        """Every context field that some point has, in the order the runtime lists them."""
        return _all_of(spec.context_fields for spec in self)

    @property
    def optional_fields(self) -> tuple[str, ...]:
        """Every optional field that some point has."""
        return _all_of(spec.optional_fields for spec in self)

    @property
    def schematized(self) -> list[PointSpec]:
        """The points whose messages have their own fields: all but the raw ones."""
        return [spec for spec in self if not spec.is_raw]

    def search(self, pattern: str) -> list[PointSpec]:
        """Points that match a pattern: words that each occur in name, event, purpose or optional field.

        A word with `*`, `?` or `[` is matched against the whole name, or the whole event, as a
        shell does. Context fields are searched only for a word that matches nothing else, because
        nearly every point has nearly all of them.
        """
        found = list(self)
        for word in pattern.lower().split():
            if any(_matches(spec, word) for spec in self):
                found = [spec for spec in found if _matches(spec, word)]
            else:
                found = [spec for spec in found if _has_context(spec, word)]
        return found

    def with_field(self, word: str) -> dict[str, list[str]]:
        """The fields whose name contains a word, each with the points that have it."""
        found: dict[str, list[str]] = {}
        for spec in self:
            for name in spec.fields:
                if word.lower() in name.lower():
                    found.setdefault(name, []).append(spec.name)
        return found


def parse_metadata(text: str, source: str, architecture: str | None = None) -> Catalogue:
    """The catalogue in the output of `runsc trace metadata`.

    Args:
        text: what the command printed.
        source: the runsc that printed it, in words for the user.
        architecture: the architecture of the sysnos. If not given, it is found from the points, or
            is this machine's where they do not tell it.

    Raises:
        CatalogueError: it lists no point at all.
    """
    offers: list[tuple[str, tuple[str, ...], tuple[str, ...]]] = []
    sinks: list[str] = []
    section = ""
    for line in text.splitlines():
        heading = _SECTION.fullmatch(line)
        if heading:
            section = heading[1].lower()
            continue
        found = _NAME.search(line)
        if not found or not _SAFE.fullmatch(found[1]):
            continue
        name = found[1]
        if section.startswith("sink") or "/" not in name:
            sinks.append(name)
            continue
        fields: dict[str, tuple[str, ...]] = {}
        for kind, listed in _FIELDS.findall(line):
            # Each of thousands of points lists the same few names.
            names = (
                intern(each) for each in _BETWEEN.split(listed.strip()) if _SAFE.fullmatch(each)
            )
            fields[kind.lower()] = tuple(dict.fromkeys(names))
        offers.append((name, fields.get("optional", ()), fields.get("context", ())))
    if not offers:
        raise CatalogueError(f"{source} lists no trace points that gvtui can read")
    told = architecture_of_points(name for name, *_ in offers)
    architecture = architecture or told or host_architecture()
    specs = [make_spec(*offer, architecture) for offer in offers]
    return Catalogue(in_order(specs), tuple(dict.fromkeys(sinks)), source, architecture)


def architecture_of_points(names: Iterable[str]) -> str | None:
    """The architecture whose points a list has; None where they are too few to tell.

    A point that decodes its call, such as `syscall/open/enter`, exists where the call exists. arm64
    has few calls that x86_64 lacks, and gVisor decodes none of them, so arm64 is recognised by what
    is missing: its lists have `openat`, but not `open`.
    """
    events = {event_type(name, UNKNOWN_ARCHITECTURE) for name in names if not is_raw(name)}
    if events & _ONLY_X86_64:
        return "x86_64"
    return "arm64" if events >= _ON_BOTH else None


def make_spec(
    name: str, optional: tuple[str, ...], context: tuple[str, ...], architecture: str
) -> PointSpec:
    """Make the entry of a point from its name and its fields."""
    return PointSpec(name, optional, context, event_type(name, architecture))


def in_order(specs: Iterable[PointSpec]) -> dict[str, PointSpec]:
    """Points by name, in the order of display."""
    return {spec.name: spec for spec in sorted(specs, key=lambda spec: sort_key(spec.name))}


@functools.lru_cache(maxsize=8192)
def sort_key(name: str) -> tuple[int, int, str, int]:
    """Orders point names: by component, then number or name, enter before exit."""
    component = "sysno" if is_raw(name) else name.split("/")[0]
    place = COMPONENTS.index(component) if component in COMPONENTS else len(COMPONENTS)
    side = {"E": 0, "X": 1}.get(direction_of(name) or "", 2)
    return (place, sysno_of(name) or 0, call_of(name), side)


def is_raw(name: str) -> bool:
    """Whether a point of that name sends a system call's arguments as numbers."""
    parts = name.split("/")
    return len(parts) > 2 and parts[0] == "syscall" and parts[1] == "sysno"


def sysno_of(name: str) -> int | None:
    """The system call's number in a raw point's name."""
    number = name.split("/")[2] if is_raw(name) else ""
    return int(number) if number.isdecimal() and len(number) <= _MAX_DIGITS else None


def direction_of(name: str) -> str | None:
    """`E`, `X` or None, by a point's name."""
    if name.startswith("syscall/"):
        return {"enter": "E", "exit": "X"}.get(name.rpartition("/")[2])
    return None


def sibling_of(name: str) -> str | None:
    """The exit point's name for an enter point and the reverse; None for events without sides."""
    call, _, side = name.rpartition("/")
    if direction_of(name) is None:
        return None
    return f"{call}/{'exit' if side == 'enter' else 'enter'}"


def ending_points(catalogue: Catalogue, event: str) -> list[str]:
    """The names of the points that tell that a call has ended, the decoded one first, or that an
    event has happened; none if the runtime has no such point."""
    specs = [
        spec
        for spec in catalogue
        if event in (spec.event, spec.name) and spec.direction in ("X", None)
    ]
    return [spec.name for spec in sorted(specs, key=lambda spec: spec.is_raw)]


def call_of(name: str) -> str:
    """A point's name without enter or exit."""
    return name.rpartition("/")[0] if direction_of(name) else name


def _all_of(groups: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for names in dict.fromkeys(groups):
        found.update(dict.fromkeys(names))
    return tuple(found)


def _has_context(spec: PointSpec, word: str) -> bool:
    return any(word in name.lower() for name in spec.context_fields)


def _matches(spec: PointSpec, word: str) -> bool:
    if any(sign in word for sign in "*?["):
        return any(fnmatch.fnmatchcase(text.lower(), word) for text in (spec.name, spec.event))
    return any(
        word in text.lower()
        for text in (spec.name, spec.event, *spec.purposes, *spec.optional_fields)
    )
