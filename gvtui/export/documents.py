"""The formats of documents: reports and comparisons have the same. Imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator

_Document = TypeVar("_Document")


@dataclass(frozen=True, slots=True)
class DocumentFormat(Generic[_Document]):
    """A format of one kind of document."""

    name: str
    suffixes: tuple[str, ...]
    """How the names of such files end, the usual one first."""
    words: str
    """What it is, for help texts."""
    module: str
    """The module whose `lines` makes it."""

    def lines(self, document: _Document) -> Iterator[str]:
        """The lines of a document, without their ends."""
        made: Iterator[str] = import_module(self.module).lines(document)
        return made


def document_formats(room: str) -> dict[str, DocumentFormat[Any]]:
    """All formats of the documents of a room, by name, in the order of the help."""
    return {
        name: DocumentFormat(name, suffixes, words, f"{room}.{name}")
        for name, suffixes, words in (
            ("text", (".txt",), "plain text"),
            ("markdown", (".md",), "tables for a pull request"),
            ("json", (".json",), "one object, version 1 of its schema"),
            ("html", (".html",), "one file that loads nothing"),
        )
    }
