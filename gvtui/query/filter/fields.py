"""The table of the filter language's fields; parser, compiler, completion and help read it."""

from __future__ import annotations

import difflib
import re
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING

from gvtui.query.filter.batch import NumberColumn
from gvtui.query.filter.evtfields import EVENT_FIELDS, POINT
from gvtui.query.filter.fdfields import DESCRIPTOR_FIELDS
from gvtui.query.filter.field import CONNECTION, CONTAINER, CONTAINER_NAME, Field
from gvtui.query.filter.naming import NamesCondition
from gvtui.query.filter.operators import ValueKind
from gvtui.query.filter.procfields import PROCESS_FIELDS
from gvtui.query.filter.texts import TextColumn
from gvtui.trace.containers import container_in
from gvtui.trace.row import NO_UID

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gvtui.query.source import RowSource


def _name_field(name: str, attribute: str, description: str, example: str) -> Field:
    value = attrgetter(attribute)

    def seen(trace: RowSource) -> Iterator[str]:
        return map(value, trace.connections.naming.all())

    condition = partial(NamesCondition, value)
    return Field(name, ValueKind.TEXT, description, example, condition=condition, seen=seen)


NAME_FIELDS = (
    _name_field(
        CONTAINER_NAME,
        "name",
        "what Docker, podman, containerd or Kubernetes calls the container; in a pod, its name there",
        "container.name = web-frontend",
    ),
    _name_field(
        "container.image",
        "image",
        "the image of the container",
        "container.image startswith shop/",
    ),
    _name_field(
        "k8s.pod.name",
        "pod",
        "name of the container's Kubernetes pod",
        "k8s.pod.name glob cart-*",
    ),
    _name_field(
        "k8s.ns.name",
        "namespace",
        "Kubernetes namespace of the container's pod",
        "k8s.ns.name = shop",
    ),
)
"""The fields that ask what operators call a row's container."""

FIELDS: tuple[Field, ...] = (
    *EVENT_FIELDS,
    *PROCESS_FIELDS,
    *DESCRIPTOR_FIELDS,
    Field(
        "user.uid",
        ValueKind.NUMBER,
        "real user id",
        "user.uid = 0",
        NumberColumn("uid", NO_UID),
        needs=("credentials",),
        path="context_data.credentials.real_uid",
    ),
    Field(
        CONTAINER,
        ValueKind.TEXT,
        "container ID; that of the connection if the message has none",
        "container.id startswith dee0",
        TextColumn(
            "container",
            lambda decoded, trace: container_in(decoded),
            of_connection=lambda connections, number: connections.container(number),
            on_connection=lambda connections, number, text: connections.name(number, text),
        ),
        needs=("container_id",),
        path="context_data.container_id",
    ),
    *NAME_FIELDS,
    Field(
        CONNECTION,
        ValueKind.NUMBER,
        "number of the connection",
        "conn.num = 2",
        NumberColumn("conn", 0),
    ),
    Field("point.name", ValueKind.TEXT, "trace point", "point.name glob syscall/sysno/*", POINT),
)
"""Every field, in the order of the help."""

NAMES = frozenset(each.name for each in NAME_FIELDS)

FIELDS_BY_NAME = {field.name: field for field in FIELDS}


_ELEMENT = re.compile(r"(.+)(\[[0-9]{1,4}\])", re.ASCII)


def find_field(name: str) -> tuple[Field, str] | None:
    """The field of a name, and the argument's name after it; None if there is no such field."""
    field = FIELDS_BY_NAME.get(name)
    if field is not None and not field.takes_argument:
        return field, ""
    element = _ELEMENT.fullmatch(name)
    field = FIELDS_BY_NAME.get(element[1]) if element else None
    if field is not None and element is not None and field.is_list:
        return field, element[2]
    for field in FIELDS:
        if field.takes_argument and name.startswith(field.name + "."):
            argument = name[len(field.name) + 1 :]
            return (field, argument) if argument else None
    return None


def similar_fields(name: str) -> list[str]:
    """Names of fields that are similar to a mistyped one."""
    labels = [field.label for field in FIELDS]
    last = name.rpartition(".")[2]
    same_end = [label for label in labels if last and label.rpartition(".")[2] == last]
    return list(dict.fromkeys(same_end + difflib.get_close_matches(name, labels, 3)))[:3]
