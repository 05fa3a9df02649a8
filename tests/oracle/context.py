"""Which items are the context of which: semantics 2.1–2.7, for every key, as a walk upwards from each item."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from cohortgraph.graph.facts import InstanceFacts

FINDING, SINGLE_IMAGE_FINDING, FINDING_SITE, FINDING_CATEGORY = (
    "DCM:121071",
    "DCM:111059",
    "SCT:363698007",
    "SCT:276214006",
)
MEASUREMENT_GROUP = "DCM:125007"
TRACKING = ("DCM:112039", "DCM:112040")
REGIONS = ("DCM:111030", "DCM:121191", "DCM:121214", "DCM:121231", "DCM:130488")
NEVER_INHERITED = ("DCM:121401", "DCM:121402", "DCM:121403", "DCM:121049", "DCM:121058")
CODED = (
    FINDING,
    FINDING_SITE,
    "SCT:370129005",  # Measurement Method
    "SCT:272741003",  # Laterality
    "SCT:106233006",  # Topographical Modifier
    "DCM:126072",  # Time Point Type
    "DCM:121024",  # Subject Class
    "SCT:408732007",  # Subject Relationship
)
TEXTS = (*TRACKING, "UMLS:C2348792", "REGION")
BESIDE_IN_A_GROUP = (FINDING, FINDING_CATEGORY, FINDING_SITE, *TRACKING, "REGION")
VALUES = {
    *("textValue", "numericString", "date", "time", "dateTime", "uid", "personName"),
    *("graphicData", "temporalRangeType"),
}


@dataclass(eq=False, slots=True)
class Item:
    """A content item of a document."""

    position: int
    relationship: str
    value_type: str
    name: str
    value: str
    text: bool
    says: bool
    parent: Item | None = None
    children: list[Item] = field(default_factory=list)

    @property
    def key(self) -> str:
        """The key that its name stands for: regions and segments are one."""
        return "REGION" if self.name in REGIONS else self.name


def contexts(facts: InstanceFacts) -> dict[int, list[int]]:
    """Position of an item → positions of the items that are its context."""
    items = _items(facts)
    keys = {FINDING, *(item.key for item in items if item.name)}
    found = {item.position: [giver for key in keys for giver in _givers(item, key)] for item in items}
    return {position: sorted({giver.position for giver in givers}) for position, givers in found.items()}


def _items(facts: InstanceFacts) -> Sequence[Item]:
    refer = {each.holder for each in facts.references if each.item is None and "fromItem" not in each.properties}
    made = {}
    for child in facts.children:
        if child.label != "ContentItem" or "/" in str(child.properties["path"]):
            continue
        codes = {coded.type: coded.concept for coded in child.codes}
        said = child.properties
        made[child.position] = Item(
            child.position,
            str(said.get("relationshipType")),
            str(said.get("valueType")),
            codes.get("NAME", ""),
            codes.get("VALUE", ""),
            child.position in refer or any(said.get(name) for name in ("textValue", "uid", "graphicData")),
            child.position in refer or "VALUE" in codes or "QUALIFIER" in codes or any(map(said.get, VALUES)),
        )
        if child.parent is not None:
            made[child.position].parent = made[child.parent]
            made[child.parent].children.append(made[child.position])
    return list(made.values())


def _givers(item: Item, key: str) -> list[Item]:
    if item.key == key:  # 2.4: an item named by the key never takes it
        return []
    givers = _own(item, key)  # 2.2
    level = item
    while not givers and key not in NEVER_INHERITED:  # 2.6
        if level.parent is None or level.relationship not in ("CONTAINS", "HAS PROPERTIES"):
            return []
        level = level.parent  # 2.3: the nearest level decides
        if (
            key == FINDING
            and level.name in (FINDING, SINGLE_IMAGE_FINDING)
            and level.value_type == "CODE"
            and level.value
        ):
            return [level]  # 2.5
        givers = _own(level, key)
    if key == FINDING and len({giver.value for giver in givers}) > 1:  # 2.7
        return []
    return givers


def _own(level: Item, key: str) -> list[Item]:
    """What stands on an item's own level: 2.2 and, inside a Measurement Group, 2.4."""
    if level.key == key:
        return []
    named = [child for child in level.children if child.key == key and _has_value(child)]
    return [child for child in named if _is_own(child, level)]


def _is_own(child: Item, level: Item) -> bool:
    if child.relationship == "HAS PROPERTIES":
        return level.value_type != "CONTAINER"
    if child.relationship == "CONTAINS":
        return level.name == MEASUREMENT_GROUP and child.key in BESIDE_IN_A_GROUP
    return child.relationship in ("HAS CONCEPT MOD", "HAS OBS CONTEXT", "HAS ACQ CONTEXT")


def _has_value(child: Item) -> bool:
    if child.key in CODED:
        return bool(child.value)
    return child.text if child.key in TEXTS else child.says
