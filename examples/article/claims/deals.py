"""Deals of the other examples, priced with the study's figures in place of their own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pydantic import JsonValue

from curves import Market, load_market, with_quote
from examples.article.claims.inputs import Inputs
from instruments import Deal, load_deal
from instruments.variants import with_term
from pricing import price, simulate

EXAMPLES = Path(__file__).parents[2]
WARRANT = ("amd_warrant_shares", "amd_close_before_usd", "amd_volatility", "amd_last_hurdle_usd")
LETTER = ("nvidia_letter_usd", "nvidia_letter_gw", "nvidia_content_usd_per_gw")
MEET = "contracts.warrant.tranches.*.condition.legs.1.meet"
TARGETS = "contracts.warrant.tranches.*.condition.legs.1.at_least"


@dataclass(frozen=True, slots=True)
class WarrantPrice:
    """What the AMD warrant is worth to OpenAI at the last close before its grant, USD."""

    value: float
    error: float
    low: float
    """Price targets tested once, on the day of each delivery."""
    high: float
    """Targets low until the last."""
    upper_bound: float
    """Any dependence, any way of watching (QuantLib)."""
    undiluted: float
    """All shares at the spot."""


@lru_cache(maxsize=8)
def _terms(name: str) -> tuple[Deal, Market]:
    folder = EXAMPLES / name
    return load_deal(folder), load_market(folder)


def warrant(inputs: Inputs) -> WarrantPrice:
    return _warrant(tuple(inputs[name] for name in WARRANT), inputs.paths, inputs.seed)


@lru_cache(maxsize=32)
def _warrant(values: tuple[float, ...], paths: int, seed: int) -> WarrantPrice:
    shares, spot, volatility, hurdle = values
    deal, market = _terms("amd_openai")
    market = with_quote(with_quote(market, "equity.AMD.spot_usd", spot), "equity.AMD.volatility", volatility)
    ladder: list[JsonValue] = [spot + (hurdle - spot) * k / 6 for k in range(1, 7)]
    deal = with_term(with_term(deal, "contracts.warrant.tranches.*.shares", _tranches(shares, 6)), TARGETS, ladder)
    found = price(deal, market, measures=("value", "value_upper_bound"), paths=paths, seed=seed)
    whole = next(row for row in found.rows if row.measure == "value" and row.part is None and row.party == "openai")
    once = price(with_term(deal, MEET, "at_date"), market, measures=("value",), paths=paths, seed=seed)
    flat = price(with_term(deal, TARGETS, [*[ladder[0]] * 5, hurdle]), market, measures=("value",), paths=paths, seed=seed)
    ends = [next(row.value or 0.0 for row in other.rows if row.part is None and row.party == "openai") for other in (once, flat)]
    return WarrantPrice(
        value=whole.value or 0.0,
        error=whole.standard_error or 0.0,
        low=ends[0],
        high=ends[1],
        upper_bound=next(abs(row.value or 0.0) for row in found.rows if row.measure == "value_upper_bound"),
        undiluted=shares * spot,
    )


def _tranches(shares: float, count: int) -> list[JsonValue]:
    whole, rest = divmod(round(shares), count)
    return [whole + (k < rest) for k in range(count)]


@dataclass(frozen=True, slots=True)
class LetterPrice:
    """The letter of intent on its day, USD: four numbers that a headline does not tell apart."""

    headline: float
    expected: float
    error: float
    firm: float
    financed_share: float
    """Part of each gigawatt that the vendor's money would have paid."""


def letter(inputs: Inputs) -> LetterPrice:
    return _letter(tuple(inputs[name] for name in LETTER), inputs.paths, inputs.seed)


def _letter_terms(values: tuple[float, ...]) -> tuple[Deal, Market]:
    cap, units, content = values
    deal, market = _terms("nvidia_openai_staged")
    deal = with_term(deal, "contracts.letter.ladder.cap_usd", cap)
    deal = with_term(deal, "contracts.letter.ladder.per_unit.usd", cap / units)
    return with_term(deal, "milestones.deployments.price_per_unit_usd", content), market


@lru_cache(maxsize=32)
def _letter(values: tuple[float, ...], paths: int, seed: int) -> LetterPrice:
    deal, market = _letter_terms(values)
    found = price(deal, market, measures=("headline", "expected", "firm", "financed_share"), paths=paths, seed=seed)
    whole = {row.measure: row for row in found.rows if row.part is None and row.method == "monte_carlo"}
    headline, expected, firm, share = (whole[name].value or 0.0 for name in ("headline", "expected", "firm", "financed_share"))
    return LetterPrice(headline, expected, whole["expected"].standard_error or 0.0, firm, share)


@dataclass(frozen=True, slots=True)
class Audit:
    """Claims under the letter on the ledger, mean over paths, USD."""

    due: float
    paid: float
    deferred: float
    lost: float

    @property
    def unexplained(self) -> float:
        return self.due - self.paid - self.deferred - self.lost


def letter_on_the_ledger(inputs: Inputs) -> Audit:
    return _audit(tuple(inputs[name] for name in LETTER), inputs.paths, inputs.seed)


@lru_cache(maxsize=8)
def _audit(values: tuple[float, ...], paths: int, seed: int) -> Audit:
    found = simulate(*_letter_terms(values), paths=paths, seed=seed)
    sums = dict.fromkeys(("due", "cash", "deferred", "written_off"), 0.0)
    for run in found.contracts:
        total = run.mean_ledger.sum(axis=0)
        owed = {(p.payer, p.payee, p.contract, p.reason) for p in run.plan.postings if p.claim == "due"}
        for i, posting in enumerate(run.plan.postings):
            if (posting.payer, posting.payee, posting.contract, posting.reason) in owed and posting.claim in sums:
                sums[posting.claim] += float(total[i])
    return Audit(sums["due"], sums["cash"], sums["deferred"], sums["written_off"])
