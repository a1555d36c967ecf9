"""All measurements: `python -m tests.benchmarks [intake|traced|keys|queries|decoding|tunings|printing|memory|opening|crowd|growth|slow|diff|resolving|kept|jumps|compressing]...`."""

from __future__ import annotations

import importlib
import sys

NAMES = (
    "traced",
    "intake",
    "keys",
    "queries",
    "decoding",
    "tunings",
    "printing",
    "memory",
    "opening",
    "crowd",
    "growth",
    "slow",
    "diff",
    "resolving",
    "kept",
    "jumps",
    "compressing",
)


def main() -> None:
    """Run the measurements that are named, or all."""
    for name in sys.argv[1:] or NAMES:
        if name not in NAMES:
            sys.exit(f"no measurement {name!r}; there are: {', '.join(NAMES)}")
        importlib.import_module(f"tests.benchmarks.{name}").main()


if __name__ == "__main__":
    main()
