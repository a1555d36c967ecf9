"""How many messages a second `gvtui print` puts into words."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

from gvtui.export.formats import LINE_FORMATS
from gvtui.export.selection import Selection
from gvtui.trace.reader import Trace
from tests.benchmarks.intake import typical_messages
from tests.benchmarks.table import print_table
from tests.trace.factory import recorded_datagrams, write_trace

MESSAGES = 50_000
ROUNDS = 3


def printed_a_second(trace: Trace, style: str) -> float:
    """Median of the rounds, each with nothing remembered."""
    rates = []
    for _ in range(ROUNDS):
        export = LINE_FORMATS[style].make(Selection(trace))
        started = time.perf_counter()
        lines = sum(1 for _ in export.lines(trace.first_row, trace.end_row))
        rates.append(lines / (time.perf_counter() - started))
    return statistics.median(rates)


def main() -> None:
    """Print a loop and a recording of a compiler in each format."""
    recorded = recorded_datagrams("compile-2024")
    traces = {
        "read and write in a loop": typical_messages(MESSAGES),
        "compile-2024, once": recorded,
    }
    rows: list[tuple[str, str, str]] = []
    with tempfile.TemporaryDirectory() as folder:
        for number, (name, messages) in enumerate(traces.items()):
            trace = Trace.open(write_trace(Path(folder) / f"{number}.gvtrace", [(1, messages)]))
            rows += [
                (name, style, f"{printed_a_second(trace, style):,.0f}") for style in LINE_FORMATS
            ]
            trace.close()
    print_table("gvtui print", ("messages", "format", "lines/s"), rows)


if __name__ == "__main__":
    main()
