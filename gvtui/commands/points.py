"""`gvtui points`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from gvtui.commands.completing import known_points
from gvtui.commands.exits import ExitingCommand
from gvtui.commands.options import examples
from gvtui.commands.runtime import (
    ARCH_OPTION,
    GVISOR_OPTION,
    JSON_OPTION,
    RUNSC_OPTION,
    find_catalogue,
)
from gvtui.points.costs import FIELD_COSTS
from gvtui.points.meanings import FIELD_MEANINGS, field_words
from gvtui.saying import say, show

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gvtui.points.catalogue import Catalogue, PointSpec

_FEW = 8
"""How many points of a field are named; of more, only the number is given."""


@click.command(
    cls=ExitingCommand,
    exit_codes={1: "no point matches"},
    epilog=examples(
        "gvtui points",
        "gvtui points openat",
        "gvtui points 'syscall/sysno/*/enter'",
        "gvtui points network exit",
        "gvtui points is_exec_session",
        "gvtui points sentry/execve",
        "gvtui points --gvisor 20240729 --arch arm64",
        "gvtui points --json envv | jq -r '.points[].name'",
    ),
)
@click.argument("pattern", nargs=-1, shell_complete=known_points)
@click.option(
    "--bundled", is_flag=True, help="Use the list that comes with gvtui, even if a runsc is here."
)
@RUNSC_OPTION
@GVISOR_OPTION
@ARCH_OPTION
@JSON_OPTION
@click.pass_context
def points(
    ctx: click.Context,
    /,
    pattern: tuple[str, ...],
    bundled: bool,
    binaries: tuple[str, ...],
    gvisor: str,
    architecture: str | None,
    as_json: bool,
) -> None:
    """List trace points and their fields.

    PATTERN is one or more words. A point matches if each word occurs in its name, its system call's
    name, its purpose (files, network, memory, ...) or its optional fields; if no point does, in its
    context fields. With *, ? or [ a word is matched against the whole name. If a word occurs in a
    field's name, the head of the list says how many points have that field, what it tells and what
    it costs; so it does for the optional fields of a few points.

    The points are those of this machine's runsc. If there is none, or a version is given, they are
    those of the list that comes with gvtui. That list also tells which release added a point or a
    field.
    """
    from gvtui.points.problems import nearest

    catalogue = find_catalogue(binaries, bundled=bundled, gvisor=gvisor, architecture=architecture)
    wanted = " ".join(pattern)
    found = catalogue.search(wanted)
    if as_json:
        click.echo(json.dumps(_as_dict(catalogue, found), indent=2))
    else:
        for line in _lines(catalogue, found, wanted):
            show(line)
    if not found:
        known = {spec.event for spec in catalogue} | set(catalogue.points)
        hint = _elsewhere(catalogue, wanted) or nearest(wanted, sorted(known))
        say(f"gvtui: no point matches {wanted!r}{'; ' + hint if hint else ''}")
    ctx.exit(0 if found else 1)


def _elsewhere(catalogue: Catalogue, pattern: str) -> str:
    """A hint on the release that has such points; "" if no known release has them."""
    from gvtui.points.bundled import bundled_catalogue

    newest = bundled_catalogue(catalogue.architecture)
    found = newest.search(pattern)
    if not found:
        return ""
    fields = [
        (point, name)
        for word in pattern.split()
        for name, having in newest.with_field(word).items()
        for point in having
    ]
    offers = fields or [(spec.name, "") for spec in found]
    since = min(newest.since(*offer) for offer in offers)
    return f"{catalogue.source} has none; gVisor has it since {since}: add --gvisor {since}"


def _lines(catalogue: Catalogue, found: list[PointSpec], pattern: str) -> list[str]:
    usual = [
        name
        for name in catalogue.context_fields
        if 2 * sum(name in spec.context_fields for spec in found) > len(found)
    ]
    width = max((len(spec.name) for spec in found), default=0)
    lines = [f"# {catalogue.source}: {len(found)} of {len(catalogue)} points"]
    if found:
        apart = any(name not in spec.context_fields for spec in found for name in usual)
        of = "all of these, but for what stands behind them" if apart else "all of these"
        lines.append(f"# context fields of {of}: {', '.join(usual) or 'none'}")
    lines += _fields_meant(catalogue, pattern)
    lines += _fields_explained(catalogue, found, pattern)
    for spec in found:

        def listed(label: str, names: Iterable[str], spec: PointSpec = spec) -> str:
            words = ", ".join(f"{name}{_came(catalogue, spec, name)}" for name in names)
            return f"{label}: {words}" if words else ""

        parts = [
            spec.event if spec.is_raw else "",
            _came(catalogue, spec).strip(),
            listed("optional", spec.optional_fields),
            listed("context too", (name for name in spec.context_fields if name not in usual)),
            listed("without", (name for name in usual if name not in spec.context_fields)),
        ]
        lines.append(f"{spec.name:<{width}}  {'  '.join(filter(None, parts))}".rstrip())
    return lines


def _came(catalogue: Catalogue, spec: PointSpec, field: str = "") -> str:
    """The month in which a point or field was added; "" if the oldest list has it."""
    if doubt := catalogue.doubts.get((spec.name, field)):
        return f" (perhaps: {doubt})"
    since = catalogue.since(spec.name, field)
    was_with_it = field and since == catalogue.since(spec.name)
    return f" (since {since})" if since != catalogue.oldest and since and not was_with_it else ""


def _fields_meant(catalogue: Catalogue, pattern: str) -> Iterator[str]:
    """For each field whose name contains a word of the pattern: how many points have it."""
    for word in dict.fromkeys(pattern.split()):
        for name, having in catalogue.with_field(word).items():
            lacking = [each for each in catalogue.points if each not in set(having)]
            which = ""
            if len(having) <= _FEW:
                which = f": {', '.join(having)}"
            elif lacking and len(lacking) <= _FEW:
                which = f", not {', '.join(lacking)}"
            since = min(catalogue.since(each, name) for each in having)
            came = f" since {since}" if since != catalogue.oldest else ""
            count = f"{len(having)} of {len(catalogue)} points have it{came}{which}"
            yield f"# field {name}: {count}"
            if words := field_words(name):
                yield f"#   {words}"


def _fields_explained(catalogue: Catalogue, found: list[PointSpec], pattern: str) -> Iterator[str]:
    """The optional fields of a few points, unless the pattern names them, with what they tell."""
    if len(found) > _FEW:
        return
    meant = {name for word in pattern.split() for name in catalogue.with_field(word)}
    for name in dict.fromkeys(name for spec in found for name in spec.optional_fields):
        if name not in meant and (words := field_words(name)):
            yield f"# {name}: {words}"


def _as_dict(catalogue: Catalogue, found: list[PointSpec]) -> dict[str, Any]:
    return {
        "source": catalogue.source,
        "bundled": catalogue.is_bundled,
        "architecture": catalogue.architecture,
        "sinks": list(catalogue.sinks),
        "fields": {
            name: {
                "meaning": FIELD_MEANINGS.get(name),
                "cost": FIELD_COSTS.get(name),
            }
            for name in dict.fromkeys(name for spec in found for name in spec.fields)
        },
        "points": [
            {
                "name": spec.name,
                "component": spec.component,
                "event": spec.event,
                "sysno": spec.sysno,
                "purposes": list(spec.purposes),
                "optional_fields": list(spec.optional_fields),
                "context_fields": list(spec.context_fields),
                "since": catalogue.since(spec.name) or None,
                "fields_since": {
                    name: since
                    for name in spec.fields
                    if (since := catalogue.since(spec.name, name))
                },
                "doubts": {
                    name: doubt
                    for name in ("", *spec.fields)
                    if (doubt := catalogue.doubts.get((spec.name, name)))
                },
            }
            for spec in found
        ],
    }
