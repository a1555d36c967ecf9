"""Programs that behave as runsc does, as far as the commands look."""

from __future__ import annotations

from pathlib import Path

METADATA = Path(__file__).parent.parent / "data" / "metadata-2024-07.txt"

_SCRIPT = """#!/bin/sh
PATH=/usr/bin:/bin
for word; do
    case $word in
        --version) echo "runsc version {version}"; exit 0 ;;
        flags) echo "{flags}" >&2; exit 0 ;;
        metadata) cat {metadata}; exit 0 ;;
        --platform={platform}) usable=1 ;;
        do) [ -n "$usable" ] && exit 0; echo "no such platform" >&2; exit 128 ;;
    esac
done
exit 1
"""


def fake_runsc(
    folder: Path, platform: str = "ptrace", version: str = "0.0~20240729.0", flags: str = ""
) -> str:
    """A runsc that can run sandboxes on one platform alone; its path."""
    path = folder / "runsc"
    path.write_text(
        _SCRIPT.format(metadata=METADATA, platform=platform, version=version, flags=flags)
    )
    path.chmod(0o755)
    return str(path)
