"""What `gvtui session new` puts into a session: presets, points and fields by their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gvtui.points.session import DEFAULT_CONTEXT_FIELDS
from gvtui.saying import say
from gvtui.words import counted

if TYPE_CHECKING:
    from gvtui.points.catalogue import Catalogue
    from gvtui.points.session import Session


def listed(text: str | None) -> tuple[str, ...] | None:
    """The names in a list with commas; None if there is no list."""
    return None if text is None else tuple(filter(None, text.replace(" ", "").split(",")))


def _changes(context: tuple[str, ...] | None) -> dict[str, bool] | None:
    """The context fields to add (True) and to take away; None if the list names all that there
    should be."""
    signed = [field for field in context or () if field[0] in "+-"]
    if not signed:
        return None
    bare = [field for field in context or () if field not in signed]
    if bare:
        raise click.UsageError(
            f"--context has fields with + or - and others without ({', '.join(bare)}): put a sign "
            "before each, or before none."
        )
    return {field[1:]: field[0] == "+" for field in signed}


def chosen(
    catalogue: Catalogue,
    presets: tuple[str, ...],
    patterns: tuple[str, ...],
    context: tuple[str, ...] | None,
    optional: tuple[str, ...],
) -> Session:
    """The session that presets, patterns and fields make; says what is left out.

    Args:
        catalogue: what the runsc offers.
        presets: names of presets, which are joined.
        patterns: further points, as `gvtui points` finds them.
        context: the context fields of every point, or signed ones: `+cwd` adds one, `-cwd` takes it
            away. None for the usual ones.
        optional: optional fields for the points that have them.

    Raises:
        UsageError: nothing matches a pattern, or there is no such field.
    """
    from gvtui.points.edit import join, set_field, switch_on
    from gvtui.points.leftout import LeftOut, left_out
    from gvtui.points.presets import build_preset
    from gvtui.points.problems import nearest
    from gvtui.points.session import Session

    changes = _changes(context)
    asked = context or () if changes is None else tuple(changes)
    wanted = DEFAULT_CONTEXT_FIELDS if context is None or changes is not None else context
    sure = catalogue.sure
    absent = LeftOut(
        optional_fields=_absent("an optional", optional, catalogue.optional_fields),
        context_fields=_absent("a context", asked, catalogue.context_fields),
    )
    if words := absent.joined(left_out(presets, sure, wanted)).words(catalogue.source):
        say(f"gvtui: {words}")
    built = [build_preset(preset, sure, context_fields=wanted) for preset in presets]
    made = built[0] if built else Session()
    if len(built) > 1:
        made, doubled = join(made, built[1:], sure)
        if doubled:
            words = counted(len(doubled), "raw point is", "raw points are")
            say(f"gvtui: {words} left out: the decoded points of the same calls are on")
    for pattern in patterns:
        found = [spec.name for spec in catalogue.search(pattern)]
        if not found:
            raise click.UsageError(
                f"No point matches {pattern!r}. {nearest(pattern, catalogue.points)}".strip()
            )
        made = switch_on(made, found, catalogue, wanted)
    for field in optional:
        made = set_field(made, made.point_names, "optional", field, True, catalogue)
    for field, is_on in (changes or {}).items():
        made = set_field(made, made.point_names, "context", field, is_on, catalogue)
    return made


def _absent(kind: str, fields: tuple[str, ...], offered: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the fields that only other releases of gVisor offer.

    Raises:
        UsageError: no release has such a field.
    """
    from gvtui.points.meanings import FIELD_MEANINGS
    from gvtui.points.problems import nearest

    absent = [field for field in fields if field not in offered]
    for field in absent:
        if field not in FIELD_MEANINGS:
            raise click.UsageError(
                f"No point has {kind} field {field!r}. {nearest(field, offered)}".strip()
            )
    return tuple(absent)
