"""Rows about single edges: the headline ladder by layer, pledges, contracts priced by their engines."""

from __future__ import annotations

from collections.abc import Iterator

from curves.market import Market
from instruments.deal import Deal, Party
from instruments.ground.errors import GpufinError, InputError, Problem, TermsError
from instruments.ground.messages import problem
from instruments.web import Web
from pricing.clearing.circulation import pledge_depth
from pricing.web.amounts import whole_amount
from pricing.web.graph import AS_LISTED
from pricing.web.rows import WebRow, point, span


def ladder_rows(web: Web) -> Iterator[WebRow]:
    """Headline, firm, drawn and drawn from outside, by layer: edges that are gone count in the headline, not in what is current.

    A headline that is not known is the range of the edge. A firm or drawn amount that is not known lies between 0 and the headline.
    """
    for layer in ("cash", "in_kind", "claim", "equity", "contingent", "mark"):
        edges = {name: edge for name, edge in web.edges.items() if edge.layer == layer and edge.within is None}
        if not edges:
            continue
        known = sum(edge.has_amount for edge in edges.values()) / len(edges)
        common = {"deal": web.id, "kind": layer, "perimeter": AS_LISTED, "coverage": known, "method": "sum over edges of the layer"}
        sums = {"headline": [0.0, 0.0], "firm": [0.0, 0.0], "drawn": [0.0, 0.0], "drawn_outside": [0.0, 0.0]}
        blank = [name for name in edges if rungs_of(web, name) is None]
        for name, edge in edges.items():
            for measure, ends in (rungs_of(web, name) or {}).items():
                if measure == "drawn_outside" and web.entities[edge.payer].outside is None:
                    continue
                sums[measure][0] += ends[0]
                sums[measure][1] += ends[1]
        for measure, (low, high) in sums.items():
            if blank:
                note = f"no upper end: nothing is known of {', '.join(blank)}"
                yield WebRow(low=low, attained_low=low, error_note=note, measure=measure, **common)
            else:
                yield span(low, high, (low, high), measure=measure, **common)


def rungs_of(web: Web, name: str) -> dict[str, tuple[float, float]] | None:
    """Headline, firm, drawn and drawn from outside of one edge, USD, each as an interval; None where nothing bounds its size. What comes
    from a member of the web counts as drawn from outside nowhere: `ladder_rows` leaves it out.
    """
    edge = web.edges[name]
    if edge.headline_usd is not None:
        headline = (edge.headline_usd, edge.headline_usd)
    elif edge.has_amount or edge.range_usd is not None or web.unknown_at_most_usd is not None:
        whole = whole_amount(web, name)
        headline = (whole.low, whole.high)
    else:
        return None
    firm, drawn = ((value, value) if value is not None else (0.0, headline[1]) for value in (edge.firm_usd, edge.paid_usd))
    return {"headline": headline, "firm": firm, "drawn": drawn, "drawn_outside": drawn}


def pledge_rows(web: Web) -> Iterator[WebRow]:
    """How many claims stand on one another, by pledged claim."""
    pledges = {name: edge.secured_on for name, edge in web.edges.items() if edge.secured_on and edge.is_current}
    for claim, depth in pledge_depth(pledges).items():
        if claim in pledges:
            yield point(depth, deal=web.id, contract=claim, party=web.edges[claim].payee, measure="pledge_depth", method="longest chain")


def contract_rows(web: Web, market: Market | None, *, paths: int | None, seed: int) -> tuple[list[WebRow], list[Problem], list[str]]:
    """Edges that are contracts, priced by the engines of the library. Without a market they are named in a warning."""
    contracts = {name: edge.contract for name, edge in web.edges.items() if edge.contract is not None and edge.is_current}
    if not contracts:
        return [], [], []
    if market is None:
        return [], [], [f"not priced without a market: {', '.join(contracts)}"]
    from pricing.api import price  # engines and curves load only where a contract is to be priced

    parties = {name: Party(name=entity.name, equity=entity.equity, credit=entity.credit) for name, entity in web.entities.items()}
    try:
        deal = Deal(id=web.id, as_of=market.as_of, parties=parties, contracts=contracts, milestones=web.milestones)
    except TermsError as error:
        why = "; ".join(one.allowed for one in error.problems)
        raise InputError(problem("rejected", subject=web.id, field="edges", why=why)) from error
    try:
        priced = price(deal, market, measures=("value",), paths=paths, seed=seed)
    except GpufinError as error:
        return [], list(error.problems), []
    names = ("contract", "kind", "part", "party", "measure", "probability", "value", "standard_error", "error_note", "method")
    rows = [WebRow(deal=web.id, **{name: getattr(row, name) for name in names}) for row in priced.rows if row.alternative is None]
    return rows, list(priced.failures), list(priced.warnings)
