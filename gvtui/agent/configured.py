"""Finds the runsc binaries in the configurations of Docker, containerd, CRI-O and podman."""

from __future__ import annotations

import io
import json
import shutil
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gvtui.files import open_to_read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_MAX_FILE = 1 << 20
_MAX_DEPTH = 12
_RUNSC_WORDS = ("runsc", "gvisor")


@dataclass(frozen=True, slots=True)
class ConfiguredRuntime:
    """A container runtime that a configuration file names."""

    engine: str
    """`docker`, `containerd`, `crio` or `podman`; the paths of its runtimes' roots contain it."""
    name: str
    path: str
    file: Path
    """The configuration file."""

    @property
    def why(self) -> str:
        """Where the runtime was found, in words for a list of binaries."""
        return f"{self.engine}'s runtime {self.name} in {self.file}"


def configured_runtimes(top: Path = Path("/")) -> list[ConfiguredRuntime]:
    """The configured runtimes that can be runsc; files that cannot be read are skipped.

    The keys are those of Docker's daemon.json (`runtimes`), containerd's CRI plugin and shim
    (`runtimes`, `BinaryName`, `ConfigPath`, `binary_name`), CRI-O (`runtimes`, `runtime_path`) and
    containers.conf (`engine.runtimes`).
    """
    found: dict[tuple[str, str], ConfiguredRuntime] = {}
    for each in _all(top):
        found.setdefault((each.engine, each.path), each)
    return list(found.values())


def _all(top: Path) -> Iterator[ConfiguredRuntime]:
    for file in (top / "etc/docker/daemon.json", Path.home() / ".config/docker/daemon.json"):
        yield from _named_tables("docker", file, _read(file, json.loads), top)
    containerd = [top / "etc/containerd/config.toml"]
    containerd += sorted((top / "etc/containerd").glob("conf.d/*.toml"))
    for file in containerd:
        yield from _named_tables("containerd", file, _read(file, tomllib.loads), top)
    shim = top / "etc/containerd/runsc.toml"
    yield from _one("containerd", "runsc", _read(shim, tomllib.loads).get("binary_name"), shim)
    crio = [top / "etc/crio/crio.conf", *sorted((top / "etc/crio").glob("crio.conf.d/*.conf"))]
    for file in crio:
        yield from _named_tables("crio", file, _read(file, tomllib.loads), top)
    for file in (
        top / "usr/share/containers/containers.conf",
        top / "etc/containers/containers.conf",
    ):
        yield from _named_tables("podman", file, _read(file, tomllib.loads), top)


def _read(file: Path, parse: Callable[[str], Any]) -> dict[str, Any]:
    try:
        with io.TextIOWrapper(open_to_read(file), "utf-8") as opened:
            values = parse(opened.read(_MAX_FILE))
    except (OSError, ValueError, RecursionError):
        return {}
    return values if isinstance(values, dict) else {}


def _named_tables(
    engine: str, file: Path, values: dict[str, Any], top: Path, depth: int = 0
) -> Iterator[ConfiguredRuntime]:
    """The entries of every table `runtimes`, whose depth depends on the engine's version."""
    for key, inner in values.items():
        if not isinstance(inner, dict) or depth > _MAX_DEPTH:
            continue
        if key == "runtimes":
            for name, entry in inner.items():
                yield from _entry(engine, str(name), entry, file, top)
        else:
            yield from _named_tables(engine, file, inner, top, depth + 1)


def _entry(
    engine: str, name: str, entry: object, file: Path, top: Path
) -> Iterator[ConfiguredRuntime]:
    if isinstance(entry, list):
        for path in entry:
            yield from _one(engine, name, path, file)
        return
    if not isinstance(entry, dict):
        return
    options = entry.get("options")
    options = options if isinstance(options, dict) else {}
    for path in (entry.get("path"), entry.get("runtime_path"), options.get("BinaryName")):
        yield from _one(engine, name, path, file)
    shim = options.get("ConfigPath")
    if isinstance(shim, str) and shim.startswith("/"):
        place = top / shim[1:]
        yield from _one(engine, name, _read(place, tomllib.loads).get("binary_name"), place)


def _one(engine: str, name: str, path: object, file: Path) -> Iterator[ConfiguredRuntime]:
    if not isinstance(path, str) or not path or "\0" in path:
        return
    if not any(word in f"{name} {Path(path).name}".lower() for word in _RUNSC_WORDS):
        return
    where = path if path.startswith("/") else shutil.which(path)
    if where:
        yield ConfiguredRuntime(engine, name, where, file)
