"""Links that no object names: over a shared Frame of Reference, over a shared Tracking UID (semantics 2.10, 4.2).

Whatever comes, goes or changes its person, the same happens: the ties that change are gathered, the hubs at their other
ends are read whole, and what should lead over these hubs is compared with what is stored. So nothing depends on order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from .. import schema
from ..asking import ask, ids
from ..engine import Batch, EdgeKey, Engine, Row
from . import concatenations, ties
from .concatenations import CONCATENATION
from .levels import Member, place_of
from .references import BY_FRAME, BY_TRACKING, Change
from .ties import FRAME, TRACKED, Tie

_TO_SERIES: EdgeKey = ("REFERENCES_SERIES", "Instance", "Series")
_TO_SEGMENT: EdgeKey = ("REFERENCES", "ContentItem", "Segment")

_Hubs = Mapping[tuple[str, str], list[Tie]]
"""Label and id of a hub → its ties."""

Pair = tuple[str | int, str | int]
"""Keys of the holder of a link and of its target."""


@dataclass(slots=True)
class _Shift:
    """How ties change: ``made`` are there afterwards, ``dropped`` are not; those of what leaves go by themselves."""

    made: set[Tie] = field(default_factory=set)
    dropped: set[Tie] = field(default_factory=set)
    gone: set[Tie] = field(default_factory=set)


def write(engine: Engine, batch: Batch, change: Change, leaving: Iterable[Member]) -> None:
    """Add to ``batch`` the ties and links that follow from what arrives and leaves.

    ``leaving`` says where the stored objects of ``change.leaving`` belong.
    """
    shift = _Shift()
    given = set()
    for facts, ordinal in change.arriving:
        shift.made.update(ties.of_object(facts, ordinal))
        if tie := ties.of_image(str(facts.series["id"]), str(facts.patient["id"]), facts.instance):
            given.add(tie)
    series = {member.place.series for member in leaving}
    stored = ties.stored_of_series(engine, series | {str(tie.key) for tie in given})
    if change.leaving:
        shift.gone = ties.stored_of(engine, change.leaving)
        shift.gone |= {tie for tie in stored if tie.key in change.series_gone}
        kept = ties.of_series(engine, series - change.series_gone, dict.fromkeys(change.leaving))
        shift.dropped = {tie for tie in stored if tie.key in series} - shift.gone - kept - given
    shift.made |= given - stored
    _apply(engine, batch, change, shift)


def move(engine: Engine, batch: Batch, moved: Mapping[str, str], series: Iterable[str]) -> None:
    """Add to ``batch`` what follows where stored objects become another person's.

    Parameters
    ----------
    moved
        SOP Instance UID → id of the Patient that it belongs to from now on.
    series
        The series of these objects.
    """
    shift = _Shift(dropped=ties.stored_of(engine, moved))
    shift.made = {ties.moved(tie, moved[tie.owner]) for tie in shift.dropped}
    stored, wanted = ties.stored_of_series(engine, series), ties.of_series(engine, series, moved)
    shift.made |= wanted - stored
    shift.dropped |= stored - wanted
    _apply(engine, batch, Change(), shift)


def _apply(engine: Engine, batch: Batch, change: Change, shift: _Shift) -> None:
    hubs: dict[str, set[str]] = defaultdict(set)
    for tie in (*shift.made, *shift.dropped, *shift.gone):
        hubs[tie.hub].add(tie.id)
    if not hubs:
        return
    stored = ties.stored_at(engine, hubs)
    staying = stored - shift.gone - shift.dropped
    after = ties.by_hub(staying | shift.made)
    before = ties.by_hub(stored)
    for label, identifier in sorted(after.keys() - before.keys()):
        batch.create_nodes.setdefault(label, []).append(ties.hub_row(label, identifier))
    for label, identifier in sorted(before.keys() - after.keys()):
        batch.drop_nodes.setdefault(label, []).append(identifier)
    for tie in sorted(shift.made - staying):
        batch.create_edges.setdefault((tie.edge, tie.label, tie.hub), []).append(tie.row)
    for tie in sorted(shift.dropped & stored - shift.made):
        if (tie.hub, tie.id) in after:  # else it goes with its hub
            ends = {"source": tie.key, "target": tie.id}
            batch.drop_edges.setdefault((tie.edge, tie.label, tie.hub), []).append(ends)
    _link_frames(engine, batch, change, after, hubs[FRAME])
    _link_tracked(engine, batch, change, after)
    wholes = {
        identifier: {tie.owner: tie.properties for tie in found}
        for (label, identifier), found in after.items()
        if label == CONCATENATION
    }
    concatenations.write(engine, batch, wholes, (facts.sop_instance_uid for facts, _ in change.arriving))


def _link_frames(engine: Engine, batch: Batch, change: Change, after: _Hubs, read: set[str]) -> None:
    """Links from objects that name no image to the series with images in one of their Frames of Reference.

    ``read`` are the hubs that ``after`` tells all about.
    """
    wanted: set[Pair] = set()
    holders: set[str] = set()
    for (label, _), found in after.items():
        if label == FRAME:
            objects = [tie.owner for tie in found if tie.label == "Instance"]
            holders.update(objects)
            wanted.update((uid, tie.key) for uid in objects for tie in found if tie.label == "Series")
    staying = ids(holders - change.leaving.keys())
    query = (
        f"MATCH (i:Instance {{id: r.id}})-[:IN_FRAME]->(h:{FRAME}) MATCH (h)<-[:IN_FRAME]-(x:Series) "
        "RETURN i.id AS id, h.id AS hub, x.id AS series"
    )
    wanted.update((row["id"], row["series"]) for row in ask(engine, query, staying) if row["hub"] not in read)
    query = (
        f"MATCH (i:Instance {{id: r.id}})-[e:REFERENCES_SERIES]->(x:Series) WHERE e.basis = '{BY_FRAME}' "
        "RETURN i.id AS source, x.id AS target"
    )
    stored = {(row["source"], row["target"]) for row in ask(engine, query, staying)}
    _settle(batch, _TO_SERIES, BY_FRAME, wanted, {pair for pair in stored if pair[1] not in change.series_gone})


def _link_tracked(engine: Engine, batch: Batch, change: Change, after: _Hubs) -> None:
    """Links from items without region or segment to the segments that their study tracks under the same UID."""
    joined = [
        ([tie for tie in found if tie.label == "ContentItem" and not tie.said], found)
        for (label, _), found in after.items()
        if label == TRACKED
    ]
    owners = {tie.owner for items, found in joined if items for tie in found}
    study = {f.sop_instance_uid: place_of(f).study for f, _ in change.arriving if f.sop_instance_uid in owners}
    study |= ties.studies(engine, owners - study.keys())
    wanted = {
        (item.key, tie.key)
        for items, found in joined
        for item in items
        for tie in found
        if tie.label == "Segment" and study[tie.owner] == study[item.owner]
    }
    staying = sorted({int(tie.key) for items, _ in joined for tie in items if tie.owner not in change.leaving})
    query = (
        f"MATCH (c:ContentItem {{key: r.key}})-[e:REFERENCES]->(s:Segment) WHERE e.basis = '{BY_TRACKING}' "
        "RETURN c.key AS source, s.key AS target"
    )
    rows = ask(engine, query, [{"key": key} for key in staying])
    left = change.ordinals_leaving
    stored = {(r["source"], r["target"]) for r in rows if r["target"] >> schema.POSITION_BITS not in left}
    _settle(batch, _TO_SEGMENT, BY_TRACKING, wanted, stored)


def _settle(batch: Batch, key: EdgeKey, basis: str, wanted: set[Pair], stored: set[Pair]) -> None:
    made: list[Row] = [{"source": a, "target": b, "basis": basis} for a, b in sorted(wanted - stored, key=str)]
    if made:
        batch.create_edges.setdefault(key, []).extend(made)
    if stored - wanted:
        dropped = [{"source": a, "target": b} for a, b in sorted(stored - wanted, key=str)]
        batch.drop_edges.setdefault(key, []).extend(dropped)
