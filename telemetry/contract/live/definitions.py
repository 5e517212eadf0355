"""Reads any registry in the semantic conventions' ``groups:`` form (v1), such as OpenTelemetry's own.

Unlike :mod:`telemetry.contract.registry`, which reads only what our own registry uses, this knows
``extends``, ``ref_group``, ``prefix``, templates, requirement levels and deprecation.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from telemetry.contract.registry import RegistryError

Group = Mapping[str, Any]

_MANIFESTS = {"manifest.yaml", "registry_manifest.yaml"}
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the one in C takes a tenth of the time
_DEFAULT_REQUIREMENT = "recommended"


@dataclass(frozen=True)
class Attribute:
    """An attribute's definition.

    Attributes:
        type: ``string``, ``int``, ``double``, ``boolean``, ``any``, one of their arrays (``string[]``),
            or ``enum``; of a template, the type of its values.
        members: values of an enumeration.
        deprecated: why it is, in words; empty when it is not.
    """

    name: str
    type: str
    stability: str
    members: tuple[str | int, ...] = ()
    template: bool = False
    deprecated: str = ""


@dataclass(frozen=True)
class Signal:
    """A metric's, span's or event's definition.

    Attributes:
        name: the name emitted; of a span it may be a pattern, with attributes in braces.
        kind: instrument or span kind; empty for an event.
        attributes: requirement level by name: ``required``, ``conditionally_required``, ``recommended``
            or ``opt_in``.
    """

    id: str
    name: str
    kind: str
    unit: str
    stability: str
    attributes: Mapping[str, str]
    deprecated: str = ""
    brief: str = ""


@dataclass
class Definitions:
    """A registry's definitions, by name.

    Attributes:
        imported: names that come from a registry this one depends on: known, but not for it to emit.
        unnamed_span_kinds: kinds of span groups without a name, as OpenTelemetry's own are: which of them
            a span belongs to cannot be told, so that any span of the kind is one.
    """

    attributes: dict[str, Attribute] = field(default_factory=dict)
    templates: dict[str, Attribute] = field(default_factory=dict)
    metrics: dict[str, Signal] = field(default_factory=dict)
    events: dict[str, Signal] = field(default_factory=dict)
    spans: dict[str, Signal] = field(default_factory=dict)
    imported: frozenset[str] = frozenset()
    unnamed_span_kinds: set[str] = field(default_factory=set)


def load_definitions(directories: Iterable[Path]) -> Definitions:
    """Read a registry, and those it depends on.

    Args:
        directories: the registry's, then those of what it depends on; each is searched for ``*.yaml``,
            the manifest left out.

    Raises:
        RegistryError: a directory has no groups, is not in this form, or refers to what none defines.
    """
    groups: dict[str, Group] = {}
    own: set[str] = set()
    for directory in directories:
        found = dict(_groups(directory))
        if not found:
            raise RegistryError(f"{directory} has no *.yaml file with groups: give the registry's directory")
        own = own or set(found)
        groups = found | groups  # what this registry defines anew wins
    definitions = Definitions()
    imported = set()
    for group in groups.values():
        names = [_define(definitions, raw, group) for raw in group.get("attributes") or () if "id" in raw]
        imported |= set() if group["id"] in own else set(names)
    for group in groups.values():
        name = _add_signal(definitions, group, groups)
        imported |= set() if group["id"] in own else {name}
    definitions.imported = frozenset(imported)
    return definitions


def _groups(directory: Path) -> Iterator[tuple[str, Group]]:
    for path in sorted([*directory.rglob("*.yaml"), *directory.rglob("*.yml")]):
        if path.name in _MANIFESTS:
            continue
        try:
            raw = yaml.load(path.read_text(encoding="utf-8"), _LOADER)  # noqa: S506 - a safe loader
        except yaml.YAMLError as error:
            raise RegistryError(f"{path} is not YAML: {error}") from None
        if not isinstance(raw, Mapping):
            continue
        if raw.get("file_format") or raw.get("version"):
            raise RegistryError(f"{path} is in the form of version 2; only groups: (version 1) can be read")
        for group in raw.get("groups") or ():
            if "id" not in group:
                raise RegistryError(f"{path}: a group has no id")
            yield group["id"], group


def _define(definitions: Definitions, raw: Group, group: Group) -> str:
    """Add the attribute that a group defines, and return its name."""
    name = ".".join(filter(None, [group.get("prefix", ""), raw["id"]]))
    kind = raw.get("type", "string")
    members: tuple[str | int, ...] = ()
    if isinstance(kind, Mapping):
        members = tuple(member["value"] for member in kind.get("members", ()))
        kind = "enum"
    template = kind.startswith("template[")
    attribute = Attribute(
        name=name,
        type=kind.removeprefix("template[").removesuffix("]") if template else kind,
        stability=raw.get("stability", group.get("stability", "")),
        members=members,
        template=template,
        deprecated=_deprecation(raw.get("deprecated")),
    )
    into = definitions.templates if template else definitions.attributes
    into[name] = attribute
    return name


def _add_signal(definitions: Definitions, group: Group, groups: Mapping[str, Group]) -> str:
    """Add what a group defines, and return its name; empty of one that defines no signal."""
    kind = group.get("type", "attribute_group")
    by_kind = {"metric": definitions.metrics, "event": definitions.events, "span": definitions.spans}
    if kind not in by_kind:
        return ""
    name = group.get("metric_name") or group.get("name")
    if kind == "span" and not name:
        definitions.unnamed_span_kinds.add(group.get("span_kind", "internal"))
        return ""
    signal = Signal(
        id=group["id"],
        name=name or group["id"].removeprefix(f"{kind}."),
        kind=group.get("instrument") or group.get("span_kind") or "",
        unit=group.get("unit", ""),
        stability=group.get("stability", ""),
        attributes=dict(_attributes(group, groups, definitions)),
        deprecated=_deprecation(group.get("deprecated")),
        brief=str(group.get("brief", "")).strip(),
    )
    by_kind[kind][signal.name] = signal
    return signal.name


def _attributes(
    group: Group, groups: Mapping[str, Group], definitions: Definitions
) -> Iterator[tuple[str, str]]:
    """Yield a group's attributes with their requirement levels; what comes later overrides."""
    for inherited in filter(None, [group.get("extends")]):
        yield from _attributes(_group(inherited, group, groups), groups, definitions)
    for raw in group.get("attributes") or ():
        if "ref_group" in raw:
            yield from _attributes(_group(raw["ref_group"], group, groups), groups, definitions)
            continue
        name = raw.get("ref") or ".".join(filter(None, [group.get("prefix", ""), raw["id"]]))
        if name not in definitions.attributes and name not in definitions.templates:
            raise RegistryError(
                f"{group['id']}: attribute {name} is not defined; give the registry that does besides"
            )
        level = raw.get("requirement_level", _DEFAULT_REQUIREMENT)
        yield name, level if isinstance(level, str) else next(iter(level))


def _group(wanted: str, by: Group, groups: Mapping[str, Group]) -> Group:
    if wanted not in groups:
        raise RegistryError(f"{by['id']} builds on group {wanted}, which is not defined")
    return groups[wanted]


def _deprecation(raw: Any) -> str:
    """Return why something is deprecated, in words."""
    if not raw:
        return ""
    if not isinstance(raw, Mapping):
        return str(raw)
    words = [f"renamed to {raw['renamed_to']}"] if raw.get("renamed_to") else [raw.get("reason", "")]
    return "; ".join(str(word).strip() for word in [*words, raw.get("note")] if word) or "deprecated"
