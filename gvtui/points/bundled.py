"""The trace points that gVisor's releases offer, for machines where no runsc can be asked.

`bundled.json` merges the lists of several releases: each point and each field has the first release
that offers it, and the last one if it was removed. The file is made from what these releases print
(the lists themselves tell their architecture) by

    python -m gvtui.points.bundled RELEASE=METADATA ...
"""

from __future__ import annotations

import functools
import itertools
import json
import re
import sys
from collections import Counter
from dataclasses import dataclass
from datetime import date
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gvtui.errors import GvtuiError
from gvtui.files import write_whole
from gvtui.points.catalogue import Catalogue, Offer, in_order, make_spec, parse_metadata
from gvtui.points.session import NEWER_KEYS
from gvtui.points.syscalls import host_architecture

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_FILE = "bundled.json"
_SIDES = ("enter", "exit")
_USUAL = "x86_64"
"""The architecture whose lists are kept whole; for others, the points that they lack are kept."""
_MONTH = re.compile(r"20\d\d-(0[1-9]|1[0-2])")
_DATE = re.compile(r"(?<![0-9A-Za-z])(20\d\d)(-?)(\d\d)\2(\d\d)(?![0-9A-Za-z])")


class VersionError(GvtuiError):
    """The text of a gVisor version contains no date."""


@dataclass(frozen=True, slots=True)
class _Span:
    """A range of lists, from the first to the last that has a point or a field."""

    first: int
    last: int

    def __contains__(self, place: object) -> bool:
        return isinstance(place, int) and self.first <= place <= self.last

    def within(self, other: _Span) -> _Span:
        return _Span(max(self.first, other.first), min(self.last, other.last))


@functools.cache
def bundled_catalogue(architecture: str = "", gvisor: str = "") -> Catalogue:
    """The catalogue of one gVisor release, from the lists that come with gvtui.

    Args:
        architecture: the architecture of sysnos and points; this machine's if not given. For
            `UNKNOWN_ARCHITECTURE` the points of all architectures, raw ones without a name.
        gvisor: a version or a date, such as `release-20260914.0`, `20240729` or `2024-07`; the
            newest list if not given. For a date between two lists, what only one of them has is in
            doubt.

    Raises:
        VersionError: the version contains no date.
    """
    text = resources.files("gvtui.points").joinpath(_FILE).read_text("utf-8")
    return unfold(json.loads(text), architecture or host_architecture(), gvisor)


@dataclass(frozen=True, slots=True)
class _Moment:
    """A version's position among the lists: at one, between two, before all or after all."""

    before: int | None
    after: int | None
    text: str

    @classmethod
    def of(cls, gvisor: str, releases: Sequence[str]) -> _Moment:
        newest = len(releases) - 1
        if not gvisor:
            return cls(newest, newest, f"runsc {releases[newest]}")
        dates = [_date_of(release) for release in releases]
        for place, each in enumerate(dates):
            if gvisor in (releases[place], f"{each:%Y-%m}"):
                return cls(place, place, f"runsc {releases[place]}")
        wanted = _date_of(gvisor)
        before = [place for place, each in enumerate(dates) if each <= wanted]
        after = [place for place, each in enumerate(dates) if each >= wanted]
        if not after:
            words = f"runsc {releases[newest]}, the newest list, for {wanted}"
            return cls(newest, None, words)
        if not before:
            return cls(None, 0, f"runsc {releases[0]}, the oldest list, for {wanted}")
        low, high = before[-1], after[0]
        if low == high:
            return cls(low, high, f"runsc {releases[low]}")
        return cls(low, high, f"runsc of {wanted}, between {releases[low]} and {releases[high]}")

    def offers(self, span: _Span) -> bool:
        """Whether this version has, or may have, what the span belongs to."""
        return self.before in span or self.after in span

    def doubt(self, span: _Span, months: Sequence[str]) -> str:
        """Why gvtui does not know whether this version has it; empty if it knows."""
        if self.before is None or self.after is None or self.before == self.after:
            return ""
        if self.before in span and self.after in span:
            return ""
        having, lacking = (
            (self.before, self.after) if self.before in span else (self.after, self.before)
        )
        return f"the list of {months[having]} has it, that of {months[lacking]} has not"


def _date_of(version: str) -> date:
    text = f"{version}-01" if _MONTH.fullmatch(version) else version
    told = version_date(text)
    if told is None:
        raise VersionError(
            f"{version!r} tells no date: give one such as 20240729, 2024-07 or release-20260914.0"
        )
    return told


def version_date(version: str) -> date | None:
    """The date in a version; None if it contains none.

    Releases are named `release-20260914.0`, Debian's packages `0.0~20240729.0`, and builds between
    releases as git describes them, `release-20260914.0-12-g1a2b3c4d5e6f`: the date is that of the
    release before. A plain build has the version `VERSION_MISSING`, or a bare hash.
    """
    for year, _, month, day in _DATE.findall(version):
        try:
            return date(int(year), int(month), int(day))
        except ValueError:
            continue
    return None


def unfold(values: Mapping[str, Any], architecture: str, gvisor: str = "") -> Catalogue:
    """The catalogue in the values of `bundled.json`, as `bundled_catalogue` gives it."""
    releases: list[str] = values["releases"]
    months = _months(releases)
    moment = _Moment.of(gvisor, releases)
    points = _spans_by_point(values, months)
    lacking = frozenset(values["lacking"].get(architecture, ()))
    specs = []
    later: dict[Offer, str] = {}
    doubts: dict[Offer, str] = {}

    def offered(point: str, fields: Mapping[str, _Span]) -> tuple[str, ...]:
        found = [field for field, span in fields.items() if moment.offers(span)]
        for field in found:
            span = fields[field]
            if span.first:
                later[point, field] = months[span.first]
            if doubt := moment.doubt(span, months):
                doubts[point, field] = doubt
        return tuple(found)

    for name, (own, optional, context) in points.items():
        if name not in lacking and offered(name, {"": own}):
            fields = offered(name, optional), offered(name, context)
            specs.append(make_spec(name, *fields, architecture))
    keys = {key: _span(month, months) for key, month in NEWER_KEYS.items() if month in months}
    for key, span in keys.items():
        if moment.offers(span) and (doubt := moment.doubt(span, months)):
            doubts["", key] = doubt
    known = f", {architecture}" if architecture in values["lacking"] else ""
    return Catalogue(
        in_order(specs),
        tuple(values["sinks"]),
        f"bundled ({moment.text}{known})",
        architecture,
        is_bundled=True,
        oldest=months[0],
        later=later,
        doubts=doubts,
        lacking=lacking,
        is_later=moment.after is None,
        is_earlier=moment.before is None,
        lacking_keys=frozenset(key for key, span in keys.items() if not moment.offers(span)),
    )


_Fields = dict[str, _Span]


def _spans_by_point(
    values: Mapping[str, Any], months: Sequence[str]
) -> dict[str, tuple[_Span, _Fields, _Fields]]:
    """For each point the lists that have it, and its optional and context fields."""

    def spans(texts: Mapping[str, str], own: _Span) -> _Fields:
        return {name: _span(text, months).within(own) for name, text in texts.items()}

    usual: dict[str, str] = values["context_fields"]
    unusual: dict[str, dict[str, str]] = values["other_context_fields"]
    points = {}
    for name, texts in values["points"].items():
        own = _span(texts[""], months)
        optional = {field: text for field, text in texts.items() if field}
        points[name] = own, spans(optional, own), spans(unusual.get(name, usual), own)
    for text, ranges in values["raw"].items():
        own = _span(text, months)
        context = spans(usual, own)
        numbers = itertools.chain(*(range(first, last + 1) for first, last in ranges))
        for number, side in itertools.product(numbers, _SIDES):
            points[f"syscall/sysno/{number}/{side}"] = own, {}, context
    return points


def _months(releases: Iterable[str]) -> list[str]:
    return [f"{_date_of(release):%Y-%m}" for release in releases]


def _span(text: str, months: Sequence[str]) -> _Span:
    first, _, last = text.partition("..")
    return _Span(months.index(first), months.index(last) if last else len(months) - 1)


def fold(lists: Mapping[str, Catalogue], others: Iterable[Catalogue] = ()) -> dict[str, Any]:
    """Merge the lists of several releases into the values of `bundled.json`.

    Args:
        lists: those of the usual architecture by release, oldest first.
        others: the lists of the newest release on other architectures.

    Raises:
        ValueError: a point or field was removed and added again, a raw point has fields of its own,
            or another architecture has a point that the usual one lacks.
    """
    months = _months(lists)
    found = list(lists.values())

    def span(has: Sequence[bool]) -> str:
        first, last = has.index(True), len(has) - 1 - has[::-1].index(True)
        if not all(has[first : last + 1]):
            raise ValueError("something went and came again")
        return months[first] + (f"..{months[last]}" if last < len(months) - 1 else "")

    def spans(name: str, kind: str) -> dict[str, str]:
        own = [getattr(spec, kind) if (spec := each.get(name)) else () for each in found]
        return {
            field: span([field in fields for fields in own])
            for field in dict.fromkeys(itertools.chain(*own))
        }

    names = in_order(itertools.chain(*found))
    held = {name: span([name in each for each in found]) for name in names}
    context = {name: spans(name, "context_fields") for name in names}
    usual = dict(Counter(tuple(each.items()) for each in context.values()).most_common(1)[0][0])

    def is_usual(name: str) -> bool:
        own = _span(held[name], months)
        fields, expected = (
            {field: _span(text, months).within(own) for field, text in texts.items()}
            for texts in (context[name], usual)
        )
        return fields == expected

    raw: dict[str, list[int]] = {}
    points = {}
    for name, spec in names.items():
        if spec.sysno is None:
            points[name] = {"": held[name], **spans(name, "optional_fields")}
            continue
        if spec.optional_fields or not is_usual(name):
            raise ValueError(f"{name} has fields of its own")
        raw.setdefault(held[name], []).append(spec.sysno)

    return {
        "releases": list(lists),
        "sinks": list(found[-1].sinks),
        "context_fields": usual,
        "other_context_fields": {name: context[name] for name in points if not is_usual(name)},
        "points": points,
        "raw": {text: _ranges(sorted(set(numbers))) for text, numbers in raw.items()},
        "lacking": {each.architecture: _lacking(found[-1], each) for each in others},
    }


def _lacking(usual: Catalogue, other: Catalogue) -> list[str]:
    if more := set(other.points) - set(usual.points):
        raise ValueError(f"{other.architecture} has {', '.join(sorted(more))} besides")
    return [name for name in usual.points if name not in other]


def _ranges(numbers: list[int]) -> list[tuple[int, int]]:
    ranges: list[tuple[int, int]] = []
    for number in numbers:
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1] = (ranges[-1][0], number)
        else:
            ranges.append((number, number))
    return ranges


def read_lists(texts: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The values of `bundled.json` from what releases print, oldest first.

    Args:
        texts: names of releases, each with its list; for other architectures only the newest.
    """
    lists = {}
    others = []
    for release, text in texts:
        catalogue = parse_metadata(text, release)
        if catalogue.architecture == _USUAL:
            lists[release] = catalogue
        else:
            others.append(catalogue)
    return fold(lists, others)


def as_text(values: Mapping[str, Any]) -> str:
    """The text of `bundled.json`: one value a line."""
    lines = ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in values.items())
    return f"{{\n{lines}\n}}\n"


def _main(*words: str) -> None:
    if not words:
        sys.exit(__doc__)
    pairs = [(release, path) for release, _, path in (word.partition("=") for word in words)]
    values = read_lists((release, Path(path).read_text("utf-8")) for release, path in pairs)
    write_whole(Path(__file__).with_name(_FILE), as_text(values).encode())


if __name__ == "__main__":
    _main(*sys.argv[1:])
