"""What a preset would have and this runsc has not, so that nobody misses it later in silence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gvtui.points.bundled import bundled_catalogue
from gvtui.points.catalogue import call_of
from gvtui.points.names import event_type
from gvtui.points.presets import build_preset
from gvtui.words import noun_for

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gvtui.points.catalogue import Catalogue

_MOST = 8
"""How many calls are named; of more, the rest are counted."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Points and fields that presets have with the newest gVisor, and that a runsc lacks."""

    calls: tuple[str, ...] = ()
    """The points without their sides, such as `syscall/ptrace`."""
    raw: tuple[str, ...] = ()
    """Those of the calls that are asked for as raw points instead."""
    optional_fields: tuple[str, ...] = ()
    context_fields: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.calls or self.optional_fields or self.context_fields)

    def joined(self, other: LeftOut) -> LeftOut:
        """What either leaves out."""
        return LeftOut(
            tuple(dict.fromkeys(self.calls + other.calls)),
            tuple(dict.fromkeys(self.raw + other.raw)),
            tuple(dict.fromkeys(self.optional_fields + other.optional_fields)),
            tuple(dict.fromkeys(self.context_fields + other.context_fields)),
        )

    def words(self, source: str) -> str:
        """A sentence without its full stop; "" if nothing is left out.

        Args:
            source: what lacks it, such as `runsc 0.0~20240729.0`.
        """
        if not self:
            return ""
        parts = []
        for label, names in (
            ("point", self.calls),
            ("optional field", self.optional_fields),
            ("context field", self.context_fields),
        ):
            if names:
                more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
                parts.append(f"{noun_for(len(names), label)} {', '.join(names[:_MOST])}{more}")
        instead = f". As raw calls come: {', '.join(self.raw)}" if self.raw else ""
        return f"left out, since {source} does not have it: {'; '.join(parts)}{instead}"


def left_out(
    presets: Iterable[str], catalogue: Catalogue, context_fields: Iterable[str]
) -> LeftOut:
    """What presets lack because a runsc does, by the newest list that gvtui knows.

    Args:
        presets: keys of `gvtui.points.presets.PRESETS`.
        catalogue: what the runsc offers.
        context_fields: the context fields that are asked of each point.
    """
    newest, context_fields = bundled_catalogue(catalogue.architecture), tuple(context_fields)
    calls: dict[str, None] = {}
    optional: dict[str, None] = {}
    context: dict[str, None] = {}
    raw: dict[str, None] = {}
    for preset in presets:
        made = build_preset(preset, catalogue, context_fields=context_fields)
        events = {spec.event for name in made.point_names if (spec := catalogue.get(name))}
        for point in build_preset(preset, newest, context_fields=context_fields).points:
            spec = catalogue.get(point.name)
            if spec is None:
                call = call_of(point.name)
                calls[call] = None
                event = event_type(point.name, catalogue.architecture)
                if event in events:
                    raw[event] = None
                # A point that is wholly absent lacks its fields too: they are told with it.
                continue
            optional.update(
                dict.fromkeys(f for f in point.optional_fields if f not in spec.optional_fields)
            )
            context.update(
                dict.fromkeys(f for f in point.context_fields if f not in spec.context_fields)
            )
    return LeftOut(tuple(calls), tuple(raw), tuple(optional), tuple(context))
