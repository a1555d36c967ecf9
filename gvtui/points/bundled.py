"""The catalogue that comes with gvtui, for when there is no runsc to ask.

`bundled.json` is one release's list, folded: raw points as ranges of numbers, context fields once.
Made from that release's output by `python -m gvtui.points.bundled METADATA VERSION ARCHITECTURE`.
"""

from __future__ import annotations

import functools
import json
import sys
from collections import Counter
from importlib import resources
from pathlib import Path
from typing import Any

from gvtui.points.catalogue import Catalogue, in_order, make_spec, parse_metadata

_FILE = "bundled.json"
_SIDES = ("enter", "exit")


@functools.cache
def bundled_catalogue() -> Catalogue:
    """The catalogue of the release that gvtui was made with."""
    return unfold(json.loads(resources.files("gvtui.points").joinpath(_FILE).read_text("utf-8")))


def fold(catalogue: Catalogue, version: str) -> dict[str, Any]:
    """A catalogue as the values of `bundled.json`."""
    usual = Counter(spec.context_fields for spec in catalogue).most_common(1)[0][0]
    raw = sorted({spec.sysno for spec in catalogue if spec.sysno is not None})
    return {
        "version": version,
        "architecture": catalogue.architecture,
        "sinks": list(catalogue.sinks),
        "context_fields": list(usual),
        "other_context_fields": {
            spec.name: list(spec.context_fields)
            for spec in catalogue
            if spec.context_fields != usual
        },
        "points": {spec.name: list(spec.optional_fields) for spec in catalogue.schematized},
        "raw": _ranges(raw),
    }


def unfold(values: dict[str, Any]) -> Catalogue:
    """The catalogue in the values of `bundled.json`."""
    architecture: str = values["architecture"]
    usual = tuple(values["context_fields"])
    unusual: dict[str, list[str]] = values["other_context_fields"]
    optional: dict[str, list[str]] = dict(values["points"])
    for first, last in values["raw"]:
        for number in range(first, last + 1):
            optional |= {f"syscall/sysno/{number}/{side}": [] for side in _SIDES}
    specs = (
        make_spec(name, tuple(fields), tuple(unusual.get(name, usual)), architecture)
        for name, fields in optional.items()
    )
    return Catalogue(
        in_order(specs),
        tuple(values["sinks"]),
        f"bundled (runsc {values['version']})",
        architecture,
        is_bundled=True,
    )


def _ranges(numbers: list[int]) -> list[tuple[int, int]]:
    ranges: list[tuple[int, int]] = []
    for number in numbers:
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1] = (ranges[-1][0], number)
        else:
            ranges.append((number, number))
    return ranges


def _main(metadata: str, version: str, architecture: str) -> None:
    catalogue = parse_metadata(Path(metadata).read_text("utf-8"), metadata, architecture)
    values = fold(catalogue, version)
    lines = ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in values.items())
    Path(__file__).with_name(_FILE).write_text(f"{{\n{lines}\n}}\n", "utf-8")


if __name__ == "__main__":
    _main(*sys.argv[1:])
