"""The formats of comparisons. Imports nothing heavy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gvtui.export.documents import DocumentFormat, document_formats

if TYPE_CHECKING:
    from gvtui.export.diff.making import DiffDocument

DIFF_FORMATS: dict[str, DocumentFormat[DiffDocument]] = document_formats("gvtui.export.diff")
"""All formats, by name, in the order of the help."""
