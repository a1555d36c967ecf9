"""A comparison as one JSON object.

Its keys:

- `schema`: `gvtui-diff`, and `version`: 1. A key may be added within a version; none goes, and none
  changes its meaning.
- `before`, `after`: the sides: `file`, `sha256` (a list, one for each segment of a flight recorder,
  else of one), `containers`, `gvisor` (a list of `runsc`, its path, and `version`, null if not told;
  empty where the recording does not tell), `filter` (the condition that rows passed, null for all rows), `rows`,
  `first_ns` and `last_ns` (Unix nanoseconds, null if not known), `dropped` (points, as far as told),
  and `not_seen` (as in a report: `kind`, `text`, `count`).
- `per_second`: whether counts were compared per second, as windows are.
- `differences`: a list of objects with `section`, `title`, `what`, `details`, `sign` (`new`, `gone`
  or `changed`), `measures` (a list of `name`, `before` and `after`; names are `times`, `bytes_in`,
  `bytes_out`, `calls`, `p99_ns`), and `before` and `after`: null, or `count`, `bytes_in`,
  `bytes_out`, `names` (some of the names that were folded into `what`) and `rows`: `first`, `last`,
  `count`, `filter`, and `exact`, which is false where the filter finds other rows too. `filters` has
  a filter for the rows on each side, null if there are none.
- `untold`: the same for what cannot be told, with `why`.
- `same`: how many things are the same, by section.
- `folded`, `thresholds`: sentences that say what was folded away, and what counts as a change.

Texts are as the sandbox gave them: a program that shows them on a terminal must escape them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gvtui.export.diff.rows import title_of
from gvtui.export.report.json import rows_document, unseen_documents

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gvtui.export.diff.making import DiffDocument, DiffSide
    from gvtui.query.compare.compare import Difference
    from gvtui.query.compare.things import Thing

SCHEMA, VERSION = "gvtui-diff", 1


def document(diff: DiffDocument) -> dict[str, Any]:
    """The comparison as values for JSON."""
    compared = diff.compared
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "before": _side(diff.before),
        "after": _side(diff.after),
        "per_second": compared.is_per_second,
        "differences": [_difference(diff, each) for each in compared.differences],
        "untold": [{**_difference(diff, each), "why": each.untold} for each in compared.untold],
        "same": compared.same,
        "folded": list(compared.folded),
        "thresholds": list(compared.thresholds),
    }


def _side(side: DiffSide) -> dict[str, Any]:
    read = side.side
    return {
        "file": side.file,
        "sha256": list(read.digests),
        "containers": list(side.containers),
        "gvisor": [{"runsc": path, "version": version or None} for path, version in side.binaries],
        "filter": side.filter_text or None,
        "rows": read.rows,
        "first_ns": read.first_ns or None,
        "last_ns": read.last_ns or None,
        "dropped": read.lost,
        "not_seen": unseen_documents(read.not_seen),
    }


def _difference(diff: DiffDocument, difference: Difference) -> dict[str, Any]:
    return {
        "section": difference.section,
        "title": title_of(difference.section),
        "what": difference.what,
        "details": difference.details,
        "sign": difference.sign.value,
        "measures": [
            {"name": each.name, "before": each.before, "after": each.after}
            for each in difference.measures
        ],
        "before": _thing(difference.before),
        "after": _thing(difference.after),
        "filters": {
            "before": diff.filter_of(difference, diff.before) or None,
            "after": diff.filter_of(difference, diff.after) or None,
        },
    }


def _thing(thing: Thing | None) -> dict[str, Any] | None:
    if thing is None:
        return None
    return {
        "count": thing.count,
        "bytes_in": thing.bytes_in,
        "bytes_out": thing.bytes_out,
        "names": sorted(thing.names),
        "rows": rows_document(thing.behind),
    }


def lines(diff: DiffDocument) -> Iterator[str]:
    """The lines of the object."""
    yield from json.dumps(document(diff), indent=2).split("\n")
