"""`gvtui points`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from gvtui.commands.options import examples
from gvtui.commands.runtime import JSON_OPTION, RUNSC_OPTION, find_catalogue
from gvtui.commands.terminal import say

if TYPE_CHECKING:
    from gvtui.points.catalogue import Catalogue, PointSpec


@click.command(
    epilog=examples(
        "gvtui points",
        "gvtui points openat",
        "gvtui points 'syscall/sysno/*/enter'",
        "gvtui points network exit",
        "gvtui points --json envv | jq -r '.points[].name'",
    )
)
@click.argument("pattern", nargs=-1)
@click.option("--bundled", is_flag=True, help="The list that comes with gvtui, whatever is here.")
@RUNSC_OPTION
@JSON_OPTION
@click.pass_context
def points(
    ctx: click.Context,
    /,
    pattern: tuple[str, ...],
    bundled: bool,
    binaries: tuple[str, ...],
    as_json: bool,
) -> None:
    """List trace points and their fields.

    PATTERN is words that each occur in a point's name, its system call's name, what it is for
    (files, network, memory, ...) or its optional fields. With *, ? or [ a word is matched against
    the whole name.

    The points are those of the runsc here; of a list that comes with gvtui, if there is none. Exit
    code 1: nothing matches.
    """
    from gvtui.points.problems import nearest

    catalogue = find_catalogue(binaries, bundled=bundled)
    wanted = " ".join(pattern)
    found = catalogue.search(wanted)
    if as_json:
        click.echo(json.dumps(_as_dict(catalogue, found), indent=2))
    else:
        for line in _lines(catalogue, found):
            click.echo(line)
    if not found:
        known = {spec.event for spec in catalogue} | set(catalogue.points)
        hint = nearest(wanted, sorted(known))
        say(f"gvtui: no point matches {wanted!r}{'; ' + hint if hint else ''}")
    ctx.exit(0 if found else 1)


def _lines(catalogue: Catalogue, found: list[PointSpec]) -> list[str]:
    common = [
        name
        for name in catalogue.context_fields
        if all(name in spec.context_fields for spec in found)
    ]
    width = max((len(spec.name) for spec in found), default=0)
    lines = [f"# {catalogue.source}: {len(found)} of {len(catalogue)} points"]
    if found:
        lines.append(f"# context fields of all of these: {', '.join(common) or 'none'}")
    for spec in found:
        more = [name for name in spec.context_fields if name not in common]
        parts = [
            spec.event if spec.is_raw else "",
            f"optional: {', '.join(spec.optional_fields)}" if spec.optional_fields else "",
            f"context too: {', '.join(more)}" if more else "",
        ]
        lines.append(f"{spec.name:<{width}}  {'  '.join(filter(None, parts))}".rstrip())
    return lines


def _as_dict(catalogue: Catalogue, found: list[PointSpec]) -> dict[str, Any]:
    return {
        "source": catalogue.source,
        "bundled": catalogue.is_bundled,
        "architecture": catalogue.architecture,
        "sinks": list(catalogue.sinks),
        "points": [
            {
                "name": spec.name,
                "component": spec.component,
                "event": spec.event,
                "sysno": spec.sysno,
                "purposes": list(spec.purposes),
                "optional_fields": list(spec.optional_fields),
                "context_fields": list(spec.context_fields),
            }
            for spec in found
        ],
    }
