"""What operators call containers: names, images, pods and labels, and the trace mark of them.

Names come from the programs that manage containers, and users of these choose many of them. So a
name identifies nothing: two containers may have the same one. Everywhere the container's ID tells
them apart, and a name is known of one connection's containers alone.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from dataclasses import asdict, dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from gvtui.trace.containers import MAX_ID
from gvtui.trace.details import text_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_NAME = 256
"""Characters of a name, an image, or a label's name or value; the names of Kubernetes have 253."""
_MAX_LABELS = 64
_MAX_LABEL_BYTES = 4 << 10
"""Bytes of all labels together: a mark of a connection is small."""

MAX_NAMED = 1 << 15
"""Containers of connections whose names are known; of more, the newest."""


@dataclass(frozen=True, slots=True)
class Names:
    """What the operator of one container calls it; texts are "" where nobody has told."""

    manager: str = ""
    """The program that tells: `docker`, `podman`, `containerd`, `cri-o`, `nerdctl`."""
    name: str = ""
    """The container's name: in a pod, its name there."""
    image: str = ""
    pod: str = ""
    """The name of its Kubernetes pod."""
    namespace: str = ""
    """The Kubernetes namespace of its pod."""
    labels: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.name or self.pod or self.image)

    @property
    def label(self) -> str:
        """The name for lists: `web`, `pod/container`, or the pod's for its own sandbox."""
        return "/".join(filter(None, (self.pod, self.name)))

    @property
    def full(self) -> str:
        """The name with its namespace: `shop/cart-7d9f/web`."""
        return "/".join(filter(None, (self.namespace, self.label)))

    @property
    def spellings(self) -> frozenset[str]:
        """The words by which a user may mean the container, or its pod."""
        found = {self.name, self.label, self.full, self.pod}
        if self.pod and self.namespace:
            found.add(f"{self.namespace}/{self.pod}")
        return frozenset(found - {""})

    def details(self) -> dict[str, Any]:
        """The names as they lie in a recording; empty ones are left out."""
        return {name: value for name, value in asdict(self).items() if value}

    @classmethod
    def read(cls, details: object) -> Names:
        """The names from what lies in a recording, cut to their largest sizes."""
        if not isinstance(details, dict):
            return cls()
        return cls(
            text_in(details, "manager", MAX_NAME),
            text_in(details, "name", MAX_NAME),
            text_in(details, "image", MAX_NAME),
            text_in(details, "pod", MAX_NAME),
            text_in(details, "namespace", MAX_NAME),
            short_labels(details.get("labels")),
        )


def short_labels(labels: object) -> dict[str, str]:
    """Labels as a recording keeps them: of many or long ones the first, texts alone."""
    kept: dict[str, str] = {}
    left = _MAX_LABEL_BYTES
    given: dict[str, Any] = labels if isinstance(labels, dict) else {}
    for name in given:
        if len(kept) >= _MAX_LABELS or not isinstance(name, str):
            continue
        pair = text_in({"": name}, "", MAX_NAME), text_in(given, name, MAX_NAME)
        left -= sum(len(text.encode()) for text in pair)
        if left < 0:
            break
        kept[pair[0]] = pair[1]
    return kept


@dataclass(frozen=True, slots=True)
class NamesMark:
    """What the operator calls a container of the row's connection."""

    kind: ClassVar = "names"

    container_id: str
    names: Names

    @property
    def text(self) -> str:
        """The mark for people."""
        image = f", image {self.names.image}" if self.names.image else ""
        by = f" by {self.names.manager}" if self.names.manager else ""
        if not self.names.label:
            return f"container {self.container_id} has{image[1:]}"
        return f"container {self.container_id} is called {self.names.full}{by}{image}"

    def details(self) -> dict[str, Any]:
        """The mark as it lies in the recording."""
        return {
            "kind": self.kind,
            "text": self.text,
            "container_id": self.container_id,
            "names": self.names.details(),
        }

    @classmethod
    def read(cls, details: dict[str, Any]) -> NamesMark:
        """The mark from what lies in the recording."""
        return cls(text_in(details, "container_id", MAX_ID), Names.read(details.get("names")))


MOST_OF_ONE = 64
"""Containers of one connection that have names; a pod has a few."""


def named(details: dict[str, Any], mark: NamesMark) -> dict[str, Any]:
    """The details of a connection with what a container of it is called."""
    known = details.get("names")
    names = {
        **(known if isinstance(known, dict) else {}),
        mark.container_id: mark.names.details(),
    }
    return {**details, "names": names} if len(names) <= MOST_OF_ONE else details


_NOBODY = Names()
_NO_CONTAINERS: Mapping[str, Names] = MappingProxyType({})


class Naming:
    """The names of the containers of a trace's connections, as its marks tell them."""

    def __init__(self) -> None:
        self.version = 0
        """Grows when a name has come or changed."""
        self._by_conn: OrderedDict[int, dict[str, Names]] = OrderedDict()
        self._count = 0
        self._newest: OrderedDict[str, Names] = OrderedDict()
        self._shared: tuple[int, frozenset[str]] = 0, frozenset()

    def take(self, conn: int, container: str, names: Names) -> None:
        """Note the names of a connection's container; of too many, the oldest are forgotten."""
        known = self._by_conn.setdefault(conn, {})
        is_full = len(known) >= MOST_OF_ONE and container not in known
        if not container or is_full or known.get(container, _NOBODY) == names:
            return
        self._count += container not in known
        known[container] = self._newest[container] = names
        self.version += 1
        if len(self._newest) > MAX_NAMED:
            self._newest.popitem(last=False)
        while self._count > MAX_NAMED and len(self._by_conn) > 1:
            self._count -= len(self._by_conn.popitem(last=False)[1])

    def of(self, conn: int, container: str) -> Names:
        """The names of a connection's container; empty where nobody has told any."""
        return self._by_conn.get(conn, _NO_CONTAINERS).get(container, _NOBODY)

    def newest(self, container: str) -> Names:
        """The names that were told last of a container, on whatever connection."""
        return self._newest.get(container, _NOBODY)

    def is_shared(self, label: str) -> bool:
        """Whether more than one container has this label."""
        version, shared = self._shared
        if version != self.version:
            labels = Counter(names.label for names in self._newest.values())
            shared = frozenset(label for label, count in labels.items() if count > 1)
            self._shared = self.version, shared
        return label in shared

    def on(self, conn: int) -> Mapping[str, Names]:
        """All containers of a connection that have names, by ID."""
        return self._by_conn.get(conn, _NO_CONTAINERS)

    def all(self) -> Iterator[Names]:
        """The names of all containers, the newest connections first."""
        for known in reversed(self._by_conn.values()):
            yield from known.values()
