"""Reads the date of a release from the text of a gVisor version."""

from __future__ import annotations

import re
from datetime import date

_DATE = re.compile(r"(?<![0-9A-Za-z])(20\d\d)(-?)(\d\d)\2(\d\d)(?![0-9A-Za-z])")


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
