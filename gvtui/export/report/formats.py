"""The formats of reports. Imports nothing heavy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.export.documents import DocumentFormat, document_formats

if TYPE_CHECKING:
    from gvtui.export.report.making import Report

REPORT_FORMATS: dict[str, DocumentFormat[Report]] = document_formats("gvtui.export.report")
"""All formats, by name, in the order of the help."""

REPORTS_BY_SUFFIX = {suffix: each for each in REPORT_FORMATS.values() for suffix in each.suffixes}
"""All formats, by the suffix of a file's name."""
