"""Rows of the joint losses of a deal: by party and of all, with and without dependence, the tail, and its parts."""

from __future__ import annotations

from curves import Market
from instruments.deal import Deal
from pricing.paths.residual import DefaultModel
from pricing.registry import Settings
from pricing.results import Row
from pricing.risk.party_values import losses_by_party
from pricing.risk.wrong_way import TAIL, Estimate, decomposition, shortfall, wrong_way

METHOD = "simulation"
DEFINED = "value without any default less value; a gain is below nought"
CUT = "correlations of credits set to none; survival and forwards as they are"
ALONE = "all switches off"
SHOWN = {"common factor": "correlations of credits", "contracts": "all contracts on the same paths", "sales": "impact of sales on prices"}


def joint_rows(deal: Deal, market: Market, settings: Settings, model: DefaultModel = "endogenous", method: str = METHOD) -> tuple[Row, ...]:
    """Every measure of the joint loss of a deal, facilities' vehicles defaulting by a model; about twenty simulations of it."""
    made: list[Row] = []

    def add(measure: str, found: Estimate, party: str | None = None, part: str | None = None, note: str | None = None) -> None:
        made.append(
            Row(
                deal=deal.id, kind="deal", part=part, party=party, date=market.as_of, measure=measure, probability="pricing",
                value=found.value, standard_error=found.error, error_note=note, method=method,
            )
        )  # fmt: skip

    losses = losses_by_party(deal, market, settings, model)
    for party, found in wrong_way(deal, market, settings, model).items():
        add("joint_loss", found.loss, party, note=DEFINED)
        add("joint_loss_without_dependence", found.cut, party, note=CUT)
        if found.ratio is not None:
            add("wrong_way_ratio", found.ratio, party, note=CUT)
        add("joint_shortfall", shortfall(losses.total if party is None else losses.of(party)), party, part=f"{TAIL:.0%}")
    for measure, level in (("joint_loss_part", None), ("joint_shortfall_part", TAIL)):
        for part, value in decomposition(deal, market, settings, level, model).items():
            add(measure, value, part=part, note=SHOWN.get(part, ALONE))
    return tuple(made)
