"""The parts of an HTML file that loads nothing and runs nothing."""

from __future__ import annotations

from html import escape as in_html
from typing import TYPE_CHECKING

from gvtui.decode.escape import escape

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""What a browser may load: nothing. The style is the file's own."""

_STYLE = (
    "body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:90rem;padding:0 1rem;"
    "color-scheme:light dark}"
    "table{border-collapse:collapse;width:100%}"
    "th,td{text-align:left;vertical-align:top;padding:.2rem .6rem;border-bottom:1px solid #8885;"
    "overflow-wrap:break-word}"
    "td{font-family:ui-monospace,monospace;font-size:13px;overflow-wrap:anywhere;min-width:10ch}"
    "th:first-child{white-space:nowrap}"
    "td:first-child{overflow-wrap:break-word;min-width:1ch;max-width:60ch}"
)


def page_start(title: str) -> Iterator[str]:
    """The lines up to the body, which the caller ends."""
    yield "<!DOCTYPE html>"
    yield '<html lang="en"><head><meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    yield f"<title>{shown(title)}</title>"
    yield f"<style>{_STYLE}</style></head><body>"


def shown(text: str) -> str:
    """A text from a sandbox as HTML."""
    return in_html(escape(text))


def table(headings: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """The lines of a table whose cells are escaped for a terminal."""
    yield "<table>"
    yield f"<tr>{''.join(f'<th>{heading}</th>' for heading in headings)}</tr>"
    for row in rows:
        yield f"<tr>{''.join(f'<td>{in_html(cell)}</td>' for cell in row)}</tr>"
    yield "</table>"


def bullets(sentences: Iterable[str]) -> Iterator[str]:
    """The lines of a list of sentences that are escaped for a terminal."""
    yield "<ul>"
    for sentence in sentences:
        yield f"<li>{in_html(sentence)}</li>"
    yield "</ul>"
