"""What makes a web malformed as a whole: dangling names, too much ownership, pledges in a circle, a closed group."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from pydantic_core import PydanticCustomError

from instruments.ground.messages import suggest

if TYPE_CHECKING:
    from instruments.web import Web

FULL = 1.0 + 1e-9
"""Stakes of one issuer may add up to all of it, rounding allowed."""


def check_names(web: Web) -> None:
    """Every name stands for an entity (or an edge, where an edge is meant)."""
    for edge_id, edge in web.edges.items():
        _known(web.entities, edge.payer, f"edges.{edge_id}.from")
        _known(web.entities, edge.payee, f"edges.{edge_id}.to")
        if edge.covers is not None:
            _known(web.entities, edge.covers, f"edges.{edge_id}.covers")
            if edge.covers == edge.payer:
                raise PydanticCustomError("broken_rule", "a guarantor cannot cover its own debts", {"path": f"edges.{edge_id}.covers"})
        if edge.within is not None and (edge.within not in web.edges or edge.within == edge_id):
            context = {"path": f"edges.{edge_id}.within", "value": edge.within, "what": "other edge", "choices": tuple(web.edges)}
            raise PydanticCustomError("unknown_name", "no such edge", context)
    for name, perimeter in web.perimeters.items():
        for entity, parent in perimeter.consolidate.items():
            _known(web.entities, entity, f"perimeters.{name}.consolidate.{entity}")
            _known(web.entities, parent, f"perimeters.{name}.consolidate.{entity}")
            if parent in perimeter.consolidate:
                path = f"perimeters.{name}.consolidate.{entity}"
                raise PydanticCustomError("broken_rule", "consolidate into an entity that is not itself consolidated", {"path": path})
        for index, entity in enumerate(perimeter.outside):
            _known(web.entities, entity, f"perimeters.{name}.outside.{index}")
    for name, edges in web.knock_outs.items():
        for index, edge_id in enumerate(edges):
            if edge_id not in web.edges:
                context = {"path": f"knock_outs.{name}.{index}", "value": edge_id, "what": "edge", "choices": tuple(web.edges)}
                raise PydanticCustomError("unknown_name", "no such edge", context)
    for name, entity in web.entities.items():
        for asset in entity.balance.traded_usd if entity.balance else ():
            if asset not in web.assets:
                path = f"entities.{name}.balance.traded_usd.{asset}"
                context = {"path": path, "value": asset, "what": "traded asset", "choices": tuple(web.assets)}
                raise PydanticCustomError("unknown_name", "no such asset", context)
    for index, link in enumerate(web.dependencies):
        _known(web.entities, link.on, f"dependencies.{index}.on")
        _known(web.entities, link.of, f"dependencies.{index}.of")


def _known(entities: Mapping[str, object], name: str, path: str) -> None:
    if name not in entities:
        context = {"path": path, "name": name, "suggestion": suggest(name, tuple(entities))}
        raise PydanticCustomError("dangling", "the web has no entity {name}", context)


def check_ownership(web: Web) -> None:
    """Stakes in one issuer add up to at most all of it."""
    held: dict[str, float] = {}
    for edge_id, edge in web.edges.items():
        if edge.stake is not None and edge.is_current:
            held[edge.payee] = held.get(edge.payee, 0.0) + edge.stake
            if held[edge.payee] > FULL:
                context = {"path": f"edges.{edge_id}.stake", "issuer": edge.payee, "share": f"{held[edge.payee]:.0%}"}
                raise PydanticCustomError("over_owned", "{share} of {issuer} is held", context)


def check_pledges(web: Web) -> None:
    """No claim secures itself through others."""
    try:
        tuple(TopologicalSorter({edge_id: edge.secured_on for edge_id, edge in web.edges.items() if edge.secured_on}).static_order())
    except CycleError as error:
        members = error.args[1][:-1]
        context = {"path": f"edges.{members[0]}.secured_on", "group": ", ".join(sorted(set(members)))}
        raise PydanticCustomError("pledge_cycle", "pledged in a circle", context) from None


def check_closed_groups(web: Web) -> None:
    """Every entity that takes cash in can pass it on, hand by hand, to an outsider."""
    paying = [edge for edge in web.edges.values() if edge.layer == "cash" and edge.is_current]
    reach = {name for name, entity in web.entities.items() if entity.outside is not None}
    while grown := {edge.payer for edge in paying if edge.payee in reach} - reach:
        reach |= grown
    trapped = _in_order((edge.payee for edge in paying), web.entities, reach)
    if trapped:
        context = {"path": "edges", "group": ", ".join(trapped)}
        raise PydanticCustomError("closed_group", "money never leaves", context)


def _in_order(found: Iterable[str], entities: Iterable[str], reach: set[str]) -> list[str]:
    missing = set(found) - reach
    return [name for name in entities if name in missing]
