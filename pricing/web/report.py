"""`analyse_web`: a web's indices under its perimeters, ladder, knock-outs, value matrix and priced contracts in one report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from hashlib import sha256
from importlib.metadata import version
from typing import Any

from curves.market import Market
from instruments.ground.errors import InputError, NetworkError, Problem
from instruments.ground.messages import problem
from instruments.ground.provenance import SOFT
from instruments.web import Edge, Entity, Perimeter, Web
from pricing.results import Assumption
from pricing.web.graph import flow_graph, perimeters_of
from pricing.web.indices import index_rows, middle_rows, node_rows
from pricing.web.ladder import contract_rows, ladder_rows, pledge_rows
from pricing.web.matrix import matrix_rows
from pricing.web.rows import WebReport, WebRow
from pricing.web.sweep import sweep_rows

STAND_INS = ("outside-payer", "outside-payee")
"""Entities that stand for the outside money of a knock-out."""


def analyse_web(
    web: Web, market: Market | None = None, *, perimeters: Iterable[str] | None = None, paths: int | None = None, seed: int = 0
) -> WebReport:
    """Flow measures, headline ladder, pledges, value matrix and contracts of a web.

    Every index is reported under each perimeter, as an interval over the amounts that are not known, with the share of edges that have
    amounts (how the bounds are made: `pricing.web.bounds`). A perimeter without an answer is a failure; the others are there.

    Args:
        web: the terms.
        market: prices edges that are contracts; without one they are named in a warning.
        perimeters: at least two names; None takes `as_listed` and all that the web names.
        paths, seed: for simulations of contracts, the search inside the bounds and the random webs of the null model.

    Raises:
        InputError: options are unusable, or a node does not balance as written.
        NetworkError: no perimeter has an answer.

    Example:
        >>> import datetime as dt
        >>> from instruments.web import Entity, Period, Web
        >>> year = Period(start=dt.date(2026, 1, 1), end=dt.date(2027, 1, 1))
        >>> idle = Web(id="idle", as_of=year.start, period=year, entities={"a": Entity()})
        >>> analyse_web(idle, perimeters=["as_listed"])
        Traceback (most recent call last):
        ...
        instruments.ground.errors.InputError: perimeters = ('as_listed',): must be at least two; add [perimeters.NAME] to the web, or ...
    """
    if seed < 0:
        raise InputError(problem("bad_option", subject="seed", value=seed, expected="at or above 0", hint="seeds are counted from 0"))
    chosen = perimeters_of(web, None if perimeters is None else tuple(perimeters))
    rows: list[WebRow] = []
    failures: list[Problem] = []
    for name, perimeter in chosen.items():
        try:
            rows += _flows(web, name, perimeter, seed)
        except NetworkError as error:
            failures += [replace(found, subject=f"{web.id}.{name}") for found in error.problems]
    if failures and not rows:
        raise NetworkError(*failures)
    rows += sweep_rows(web)
    for label, edge_ids in web.knock_outs.items():
        less = knocked_out(web, edge_ids)
        for name, perimeter in chosen.items():
            try:
                rows += [replace(row, scenario=label) for row in index_rows(less, flow_graph(less, name, perimeter), seed=seed)]
            except NetworkError as error:
                failures += [replace(found, subject=f"{web.id}.{name}.{label}") for found in error.problems]
    matrix, without = matrix_rows(web)
    priced, unpriced, warnings = contract_rows(web, market, paths=paths, seed=seed)
    rows += [*ladder_rows(web), *pledge_rows(web), *matrix, *priced]
    return WebReport(
        rows=tuple(rows),
        failures=(*failures, *without, *unpriced),
        warnings=(*_warnings(web), *warnings),
        assumptions=tuple(_assumptions(web)),
        audit=_audit(web, market, seed, paths),
    )


def _flows(web: Web, name: str, perimeter: Perimeter | None, seed: int) -> list[WebRow]:
    graph = flow_graph(web, name, perimeter)
    if not graph.edge_ids:
        return []
    return [*index_rows(web, graph, seed=seed), *node_rows(web, graph), *middle_rows(web, graph, seed=seed)]


def knocked_out(web: Web, edge_ids: Iterable[str]) -> Web:
    """The web with each named edge replaced by outside money both ways: the payer still pays it out, the payee still gets it.

    Raises:
        InputError: the web has no such edge.
    """
    payer, payee = STAND_INS
    edges: dict[str, Edge] = dict(web.edges)
    for edge_id in edge_ids:
        if edge_id not in edges:
            raise InputError(problem("unknown_name", subject="knock_outs", value=edge_id, what="edge", choices=tuple(web.edges)))
        edge = edges.pop(edge_id)
        edges[f"{edge_id}-out"] = edge.evolve(payee=payee, stake=None)
        edges[f"{edge_id}-in"] = edge.evolve(payer=payer, stake=None)
    outsiders = {payer: Entity(name="outside money", outside="equity"), payee: Entity(name="outside money", outside="suppliers")}
    return web.evolve(entities={**web.entities, **outsiders}, edges=edges, knock_outs={})


def _warnings(web: Web) -> Iterator[str]:
    soft = [name for name, edge in web.edges.items() if edge.is_current and (p := web.provenance_of(edge)) is not None and p.basis in SOFT]
    if soft:
        yield f"{len(soft)} of {len(web.edges)} edges rest on weak or assumed figures: {', '.join(soft)}"
    if web.balance == "derived":
        yield "nodes are balanced by outside money marked as derived: circularity is measured on the edges that are listed"


def _assumptions(web: Web) -> Iterator[Assumption]:
    for name, edge in web.edges.items():
        found = web.provenance_of(edge)
        if found is not None and found.basis in SOFT and edge.is_current:
            span = (f"{edge.range_usd[0]:g} to {edge.range_usd[1]:g} USD",) if edge.range_usd else ()
            yield Assumption(path=f"edges.{name}", basis=found.basis, why=found.why, alternatives=span, largest_move_usd=None)
    for index, link in enumerate(web.dependencies):
        if link.provenance.basis in SOFT:
            ends = (f"{link.share[0]:g} to {link.share[1]:g}", f"x {link.multiple[0]:g} to {link.multiple[1]:g}")
            why = link.provenance.why
            yield Assumption(path=f"dependencies.{index}", basis=link.provenance.basis, why=why, alternatives=ends, largest_move_usd=None)


def _audit(web: Web, market: Market | None, seed: int, paths: int | None) -> dict[str, Any]:
    def mark(terms: Web | Market | None) -> str | None:
        return None if terms is None else sha256(terms.model_dump_json(by_alias=True).encode()).hexdigest()

    versions = {name: version(name) for name in ("gpufin", "numpy", "scipy")}
    return {"versions": versions, "web": mark(web), "market": mark(market), "seed": seed, "paths": paths}
