"""The parts of a comparison as plain rows, which all formats for people show alike."""

from __future__ import annotations

import shlex
from itertools import groupby
from typing import TYPE_CHECKING

from gvtui.decode.escape import escape
from gvtui.query.compare.compare import CALLS, Sign
from gvtui.query.compare.things import TITLES
from gvtui.words import counted, lower_first, sentence

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gvtui.export.diff.making import DiffDocument, DiffSide
    from gvtui.query.compare.compare import Difference, Measure

TITLE = "What differs"
HEADINGS = ("", "what", "details", "before → after", "rows before", "rows after")
SIGNS = {Sign.NEW: "+", Sign.GONE: "-", Sign.CHANGED: "~"}
_NAMES = {
    "times": "times",
    "bytes_in": "bytes in",
    "bytes_out": "bytes out",
    "calls": "calls",
    "p99_ns": "p99",
}
_MAX_CELL = 400


def heads(diff: DiffDocument) -> Iterator[tuple[str, str]]:
    """What was compared: labels, and what they stand for, escaped for a terminal."""
    for label, side in (("Before", diff.before), ("After", diff.after)):
        yield label, escape(side.head)
        for path, version in side.binaries:
            words = f"{version or 'version not told'}, {path}"
            yield f"gVisor {label.lower()}", escape(words)


def title_of(section: str) -> str:
    """The heading of a section."""
    return "Calls" if section == CALLS else TITLES[section]


def summary(diff: DiffDocument) -> str:
    """The answer in one paragraph."""
    compared = diff.compared
    found = [
        counted(len(compared.differences), "difference"),
        f"{counted(len(compared.untold), 'thing')} of which it cannot be told",
    ]
    same = [f"{lower_first(title_of(key))}: {count:,}" for key, count in compared.same.items()]
    rest = "; ".join(same) or "nothing"
    return f"{' and '.join(found)}. The rest is the same: {rest}."


def by_section(differences: Sequence[Difference]) -> Iterator[tuple[str, list[Difference]]]:
    """Differences with the heading of their section."""
    for section, own in groupby(differences, key=lambda each: each.section):
        yield title_of(section), list(own)


def cells(diff: DiffDocument, difference: Difference) -> tuple[str, ...]:
    """The cells of a difference, in the order of `HEADINGS`, escaped for a terminal."""
    return (
        SIGNS[difference.sign],
        escape(difference.what, _MAX_CELL),
        escape(difference.details, _MAX_CELL),
        "; ".join(_measure(each) for each in difference.measures),
        escape(_rows(diff, difference, diff.before)),
        escape(_rows(diff, difference, diff.after)),
    )


def _rows(diff: DiffDocument, difference: Difference, side: DiffSide) -> str:
    text = diff.filter_of(difference, side)
    thing = difference.before if side is diff.before else difference.after
    about = "about " if thing is not None and not thing.behind.is_exact else ""
    return f"{about}{text}" if text else ""


def _measure(measure: Measure) -> str:
    name, before, after = _NAMES[measure.name], measure.before, measure.after
    if measure.name == "p99_ns":
        return f"{name} {two_digits(before)} → {two_digits(after)}"
    return f"{name} {before:,} → {after:,}"


def two_digits(nanoseconds: int) -> str:
    """A duration with two digits and a unit: `96 µs`, `4.1 ms`."""
    for unit, name in ((1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "µs")):
        if nanoseconds >= unit:
            value = nanoseconds / unit
            return f"{value:.1f} {name}" if value < 9.95 else f"{value:,.0f} {name}"
    return f"{nanoseconds} ns"


def _unseen(diff: DiffDocument) -> Iterator[tuple[str, list[str]]]:
    """What was not seen on one side or on both, a sentence each."""
    first, second = (
        list(dict.fromkeys(escape(sentence(each.text)) for each in side.side.not_seen))
        for side in (diff.before, diff.after)
    )
    both = [text for text in first if text in second]
    yield "Not seen on either side", both
    yield "Not seen before", [text for text in first if text not in both]
    yield "Not seen after", [text for text in second if text not in both]


def lists(diff: DiffDocument) -> Iterator[tuple[str, list[str]]]:
    """Headings with sentences: how it was compared, and what was not seen."""
    yield "What was folded away", [sentence(each) for each in diff.compared.folded]
    yield "What counts as a change", [sentence(each) for each in diff.compared.thresholds]
    yield from ((title, sentences) for title, sentences in _unseen(diff) if sentences)
    yield "How to find the rows", [*finding(diff)]


def finding(diff: DiffDocument) -> Iterator[str]:
    """How the rows of a difference are found on each side."""
    for which, side in (("before", diff.before), ("after", diff.after)):
        yield escape(f"Rows {which}: gvtui print {shlex.quote(side.file)} --filter 'FILTER'")
    for which, side in (("before", diff.before), ("after", diff.after)):
        for number, digest in enumerate(side.side.digests, 1):
            part = f", segment {number}" if len(side.side.digests) > 1 else ""
            yield f"SHA-256 of {escape(side.file)} ({which}{part}): {digest}"
    yield "Times are UTC, sizes are bytes. A filter that begins with about finds other rows too."
