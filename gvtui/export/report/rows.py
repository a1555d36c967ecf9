"""The tables of a report as plain rows, which all formats for people show alike."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from gvtui.decode.escape import escape
from gvtui.words import counted, sentence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gvtui.export.report.making import Report
    from gvtui.query.activity.activity import ActivityLine, Section

TITLE = "What the sandbox did"
HEADINGS = ("what", "details", "times", "in", "out", "first", "rows")
FINDING = (
    "What stands last of each line is a filter for the rows behind it. To print them: "
    "gvtui print {file} --filter 'FILTER'. Where it begins with about, it finds others too."
)
_MAX_CELL = 400


def finding(report: Report) -> str:
    """How the rows behind a line are found, in words."""
    own = f" Join it to the report's own filter: {report.filter_text}" if report.filter_text else ""
    return FINDING.format(file=shlex.quote(report.file)) + own


def title_of(section: Section) -> str:
    """The heading of a section, with its count."""
    return f"{section.title}: {section.total:,}"


def cells(report: Report, line: ActivityLine) -> tuple[str, ...]:
    """A line's cells, in the order of `HEADINGS`, escaped for a terminal."""
    about = "" if line.behind.is_exact else "about "
    return (
        escape(line.what, _MAX_CELL),
        escape(line.details, _MAX_CELL),
        f"{line.behind.count:,}",
        f"{line.bytes_in:,}" if line.bytes_in else "",
        f"{line.bytes_out:,}" if line.bytes_out else "",
        report.when(line),
        f"{about}{line.behind.filter_text}",
    )


def unseen(report: Report) -> Iterator[str]:
    """What was not seen, a sentence each."""
    for each in report.activity.not_seen:
        yield escape(sentence(each.text))


def ending(report: Report) -> Iterator[str]:
    """The digests of the recording."""
    for number, digest in enumerate(report.digests, 1):
        which = f" of segment {number}" if len(report.digests) > 1 else ""
        yield f"SHA-256{which}: {digest}"
    yield f"{counted(len(report.activity.sections), 'section')}; times are UTC, sizes are bytes."
