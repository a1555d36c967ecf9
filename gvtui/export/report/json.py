"""A report as one JSON object.

Its keys:

- `schema`: `gvtui-report`, and `version`: 1. A key may be added within a version; none goes, and none
  changes its meaning.
- `file`: the recording's name; `sha256`: a list, one for each segment of a flight recorder, else of
  one.
- `head`: a list of objects with `name` and `text`: what was recorded.
- `filter`: the condition that rows passed, null for all rows.
- `rows`: how many passed; `first_ns`, `last_ns`: when, Unix nanoseconds, null if not known.
- `summary`: the answer in one paragraph.
- `sections`: a list of objects with `key`, `title`, `total` and `lines`. A line has `what`, `details`,
  `bytes_in`, `bytes_out`, `folded` (how many lines stand together in it), `folder` (the one below
  which they are, else null), `first_ns`, and `rows`: `first`, `last`, `count`, `filter` and `exact`,
  which is false where the filter finds other rows too.
- `not_seen`: a list of objects with `kind` (`points`, `drops`, `gvisor`, `rows`, `descriptors`,
  `limits`, `environment`), `text` and `count`, null if that is not a number.

Texts are as the sandbox gave them: a program that shows them on a terminal must escape them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gvtui.export.report.making import Report
    from gvtui.query.activity.activity import ActivityLine, Behind, Unseen

SCHEMA, VERSION = "gvtui-report", 1


def document(report: Report) -> dict[str, Any]:
    """The report as values for JSON."""
    activity = report.activity
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "file": report.file,
        "sha256": list(report.digests),
        "head": [{"name": name, "text": text} for name, text in report.head],
        "filter": report.filter_text or None,
        "rows": activity.rows,
        "first_ns": activity.first_ns or None,
        "last_ns": activity.last_ns or None,
        "summary": report.summary,
        "sections": [
            {
                "key": section.key,
                "title": section.title,
                "total": section.total,
                "lines": [_line(report, line) for line in section.lines],
            }
            for section in activity.sections
        ],
        "not_seen": unseen_documents(activity.not_seen),
    }


def unseen_documents(not_seen: Iterable[Unseen]) -> list[dict[str, Any]]:
    """What was not seen, as values for JSON."""
    return [{"kind": each.kind, "text": each.text, "count": each.count} for each in not_seen]


def rows_document(behind: Behind) -> dict[str, Any]:
    """The rows behind a line, as values for JSON."""
    return {
        "first": behind.first,
        "last": behind.last,
        "count": behind.count,
        "filter": behind.filter_text,
        "exact": behind.is_exact,
    }


def _line(report: Report, line: ActivityLine) -> dict[str, Any]:
    return {
        "what": line.what,
        "details": line.details,
        "bytes_in": line.bytes_in,
        "bytes_out": line.bytes_out,
        "folded": line.folded,
        "folder": line.folder or None,
        "first_ns": report.times.get(line.behind.first) or None,
        "rows": rows_document(line.behind),
    }


def lines(report: Report) -> Iterator[str]:
    """The lines of the object."""
    yield from json.dumps(document(report), indent=2).split("\n")
