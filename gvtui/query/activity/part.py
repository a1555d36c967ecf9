"""A slice of rows with what was resolved of them, as the sections of an activity read it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from gvtui.decode.outcome import NO_FAILURES
from gvtui.points.syscalls import sysnos_by_name
from gvtui.trace.row import Direction

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from gvtui.query.activity.activity import Behind
    from gvtui.query.resolved.lookup import Resolved


@dataclass(frozen=True, slots=True)
class ActivityPart:
    """Consecutive rows, or for each of its places several rows that are alike; each column has a
    value for each of them."""

    start: int
    """The id of the first row."""
    rows: npt.NDArray[np.void]
    passed: npt.NDArray[np.bool_]
    """Which are messages that pass the filter, whole or not, and repeats of others too."""
    chosen: npt.NDArray[np.bool_]
    """Which rows count: whole messages that pass the filter and repeat no other."""
    happened: npt.NDArray[np.int32]
    """The `Happened` flags of those that count; else 0."""
    paths: npt.NDArray[np.int64]
    """The numbers of their paths and addresses among the resolved texts."""
    kinds: npt.NDArray[np.uint8]
    """The `FdKind` of their descriptors."""
    numbers: npt.NDArray[np.int64]
    """The numbers of the descriptions of their descriptors."""
    calls: npt.NDArray[np.int64]
    """Which call or event each row is of: its type times 2**32, plus the number of its call."""
    came: npt.NDArray[np.int64]
    """How many bytes each that counts has read."""
    went: npt.NDArray[np.int64]
    """How many bytes each that counts has written."""
    failed: npt.NDArray[np.bool_]
    """Which of those that count are calls that failed; programs that did not start are apart."""
    behind: Sequence[Behind] | None = None
    """The rows of each place, if they are several that are alike."""
    who: Sequence[str] = ()
    """For each of such places who did it, in words; "" where no line tells it."""

    def row_ids(self, places: npt.NDArray[np.intp]) -> list[int] | list[Behind]:
        """The rows of some places, as `ActivityLines.add` takes them."""
        if self.behind is None:
            return (places + self.start).tolist()  # type: ignore[no-any-return]
        return [self.behind[place] for place in places.tolist()]

    def first_row(self, place: int) -> int:
        """The id of the first row of a place."""
        return self.start + place if self.behind is None else self.behind[place].first

    def count(self, places: npt.NDArray[np.intp]) -> int:
        """How many rows some places have."""
        if self.behind is None:
            return len(places)
        return sum(self.behind[place].count for place in places.tolist())

    def without(self, left_out: npt.NDArray[np.bool_]) -> ActivityPart:
        """The same rows, of which some do not count."""
        return replace(
            self,
            chosen=self.chosen & ~left_out,
            happened=np.where(left_out, 0, self.happened),
            came=np.where(left_out, 0, self.came),
            went=np.where(left_out, 0, self.went),
            failed=self.failed & ~left_out,
        )


def part_of(
    resolved: Resolved, start: int, rows: npt.NDArray[np.void], passed: npt.NDArray[np.bool_]
) -> ActivityPart:
    """What was resolved of rows.

    Args:
        resolved: has read them.
        start: the id of the first.
        rows: consecutive ones.
        passed: which of them are messages that pass the filter.
    """
    count = len(rows)
    chosen = passed & (rows["flags"] == 0) & ~resolved.doubles(start, count)
    numbers = sysnos_by_name(resolved.architecture)
    failed = chosen & (rows["direction"] == Direction.EXIT)
    failed &= ~np.isin(rows["errno"], NO_FAILURES)
    # A program that did not start has a section of its own.
    failed &= ~np.isin(rows["sysno"], [numbers.get("execve", -2), numbers.get("execveat", -2)])
    came, went = (np.where(chosen, each, 0) for each in resolved.moves(start, rows))
    return ActivityPart(
        start,
        rows,
        passed,
        chosen,
        np.where(chosen, resolved.happened(start, rows), 0),
        resolved.paths(start, rows),
        resolved.kinds(start, count),
        resolved.description_numbers(start, count),
        rows["type"].astype(np.int64) << 32 | rows["sysno"].astype(np.int64) & 0xFFFFFFFF,
        came,
        went,
        failed,
    )


def second_side(resolved: Resolved, part: ActivityPart) -> ActivityPart | None:
    """What calls between two descriptors, such as sendfile, did with the second one, as a slice of
    the same rows; None if there are none."""
    found = resolved.second_sides(part.start, part.rows)
    if found is None:
        return None
    numbers, paths, kinds = found
    has = part.chosen & (numbers > 0)
    return replace(
        part,
        chosen=has,
        happened=np.zeros(len(has), np.int32),
        paths=paths,
        kinds=kinds,
        numbers=numbers,
        came=np.where(has, part.went, 0),
        went=np.where(has, part.came, 0),
        failed=np.zeros(len(has), np.bool_),
    )
