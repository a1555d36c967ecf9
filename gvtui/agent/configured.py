"""Finds the runsc binaries in the configurations of Docker, containerd, CRI-O and podman."""

from __future__ import annotations

import io
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gvtui import toml
from gvtui.files import open_to_read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_MAX_FILE = 1 << 20
_MAX_DEPTH = 12
_RUNSC_WORDS = ("runsc", "gvisor")
_POD_INIT = "pod-init-config"
"""The name of runsc's flag for a pod init file."""


@dataclass(frozen=True, slots=True)
class ConfiguredRuntime:
    """A container runtime that a configuration file names."""

    engine: str
    """`docker`, `containerd`, `crio` or `podman`; the paths of its runtimes' roots contain it."""
    name: str
    path: str
    file: Path
    """The configuration file."""
    pod_init: str = ""
    """The pod init file that it starts containers with; "" if none is configured."""

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


def traced_runtimes(top: Path = Path("/")) -> list[ConfiguredRuntime]:
    """The configured runtimes that start containers with a pod init file.

    Docker has runsc's flags in `runtimeArgs`; containerd and CRI-O in the table `runsc_config` of
    the shim's file, which `ConfigPath` or `runtime_config_path` names.
    """
    return [each for each in _all(top) if each.pod_init]


def _all(top: Path) -> Iterator[ConfiguredRuntime]:
    for file in (top / "etc/docker/daemon.json", Path.home() / ".config/docker/daemon.json"):
        yield from _named_tables("docker", file, read_config(file, json.loads), top)
    containerd = [top / "etc/containerd/config.toml"]
    containerd += sorted((top / "etc/containerd").glob("conf.d/*.toml"))
    for file in containerd:
        yield from _named_tables("containerd", file, read_config(file, toml.loads), top)
    yield from _shim("containerd", "runsc", "/etc/containerd/runsc.toml", top)
    crio = [top / "etc/crio/crio.conf", *sorted((top / "etc/crio").glob("crio.conf.d/*.conf"))]
    for file in crio:
        yield from _named_tables("crio", file, read_config(file, toml.loads), top)
    for file in (
        top / "usr/share/containers/containers.conf",
        top / "etc/containers/containers.conf",
    ):
        yield from _named_tables("podman", file, read_config(file, toml.loads), top)


def read_config(file: Path, parse: Callable[[str], Any]) -> dict[str, Any]:
    """The values in a configuration file; none if it cannot be read or parsed.

    Args:
        file: at most its first MiB is read.
        parse: as `json.loads`.
    """
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
    pod_init = _flag(entry.get("runtimeArgs"))
    for path in (entry.get("path"), entry.get("runtime_path"), options.get("BinaryName")):
        yield from _one(engine, name, path, file, pod_init)
    for shim in (options.get("ConfigPath"), entry.get("runtime_config_path")):
        yield from _shim(engine, name, shim, top)


def _shim(engine: str, name: str, path: object, top: Path) -> Iterator[ConfiguredRuntime]:
    """The runsc that containerd's shim starts, by the shim's own file."""
    if not isinstance(path, str) or not path.startswith("/"):
        return
    place = top / path[1:]
    values = read_config(place, toml.loads)
    flags = values.get("runsc_config")
    pod_init = flags.get(_POD_INIT) if isinstance(flags, dict) else None
    # Where the file names none, the shim takes the runsc of its PATH.
    binary = values.get("binary_name") or (values and "runsc")
    yield from _one(engine, name, binary, place, pod_init if isinstance(pod_init, str) else "")


def _flag(arguments: object) -> str:
    """The pod init file among runsc's arguments; "" if there is none."""
    words = (
        [each for each in arguments if isinstance(each, str)] if isinstance(arguments, list) else []
    )
    for place, word in enumerate(words):
        name, is_whole, value = word.lstrip("-").partition("=")
        if word.startswith("-") and name == _POD_INIT:
            return value if is_whole else "".join(words[place + 1 : place + 2])
    return ""


def _one(
    engine: str, name: str, path: object, file: Path, pod_init: str = ""
) -> Iterator[ConfiguredRuntime]:
    if not isinstance(path, str) or not path or "\0" in path:
        return
    if not any(word in f"{name} {Path(path).name}".lower() for word in _RUNSC_WORDS):
        return
    where = path if path.startswith("/") else shutil.which(path)
    if where:
        yield ConfiguredRuntime(engine, name, where, file, pod_init)
