"""The page of a deal: the answer in words, then money, collateral, ratios, tranches, losses, assumptions, sources."""

from __future__ import annotations

from collections.abc import Sequence

from pricing.cli.figures import percent_with_error, usd
from pricing.report.common import (
    assumptions_section,
    audit_lines,
    first,
    in_words,
    of,
    provenance_section,
    remarks_section,
    shown,
    term_in_words,
)
from pricing.report.deal_facility import collateral_section, facilities, fans_section, losses_section, stress_section
from pricing.report.deal_money import pays_section, values_section, waterfall_section
from pricing.report.deal_parts import contract_sections, tornado_section
from pricing.report.deal_results import EXTRAS, DealResults
from pricing.report.page import Page, Section, Tile
from pricing.results import Row

MOST_SAID = 4
"""Contracts that the answer speaks of."""
LOANS_ALONE = ("yields", "support", "dependence", "break_evens")
"""Extras that only a facility has."""
TITLES = {
    "sensitivities": "Sensitivities to single quotes",
    "scenarios": "Standard scenarios and the deal's limits",
    "joint": "The joint loss of all contracts, and wrong-way risk",
    "yields": "The lender's yield and life over the paths",
    "support": "What guarantees add",
    "dependence": "What dependence costs (CVA)",
    "break_evens": "Advance and rent that can be borne",
}


def deal_page(found: DealResults, target: str) -> Page:
    """The page of a deal.

    Args:
        found: what `look_at_deal` returns.
        target: how the deal is named on the command line, for the commands that the page names.
    """
    settings = found.valuation.audit
    again = f"gpufin report {target} --paths {settings['paths']} --seed {settings['seed']}"
    sections: list[Section | None] = [
        values_section(found),
        pays_section(found),
        collateral_section(found),
        fans_section(found),
        waterfall_section(found),
        *contract_sections(found),
        losses_section(found),
        tornado_section(found),
        stress_section(found),
        assumptions_section(found.valuation.assumptions, of(found.valuation.rows, "exposure")),
        provenance_section(found.deal.provenance, found.market),
        remarks_section(found.valuation.warnings, found.failures),
    ]
    asked = [name for name in EXTRAS if name in found.extras]
    return Page(
        kind="deal",
        title=found.deal.name or in_words(found.deal.id),
        subtitle=f"as of {found.market.as_of}, {settings['paths']:,} paths; ± is one standard error",
        answer=tuple(_answer(found)),
        tiles=tuple(_tiles(found)),
        sections=tuple(one for one in sections if one is not None),
        left_out=tuple(_left_out(found, target)),
        audit=audit_lines(settings, again + (f" --with {','.join(asked)}" if asked else "")),
    )


def _answer(found: DealResults) -> list[str]:
    """Sentences filled from the rows, the largest claims first."""
    rows = found.valuation.rows
    heads = [
        row for contract in found.deal.contracts if (row := first(rows, "value", contract=contract, part=None)) and row.value is not None
    ]
    said = [f"{_claim(found, row)} {shown(row)} USD to {found.name(row.party)}{_second(rows, row)}." for row in heads[:MOST_SAID]]
    if len(heads) > MOST_SAID:
        said.append(f"{len(heads) - MOST_SAID} more contracts stand below.")
    said += [line for name in facilities(found) for line in _loan(found, name)]
    said += [line for row in heads if row.kind == "warrant" for line in _warrant(found, row)]
    return [*said, *_rests(found, heads)]


def _claim(found: DealResults, row: Row) -> str:
    name = f"The {in_words(row.kind)}" if row.contract == row.kind else f"The {in_words(row.kind)} '{in_words(row.contract)}'"
    return f"{name} {'are' if row.kind == 'notes' else 'is'} worth"


def _second(rows: Sequence[Row], head: Row) -> str:
    """The second opinion, as it is shown beside the first."""
    other = first(rows, "value", contract=head.contract, part=None, party=head.party, method="quantlib")
    if other is None or other.value is None or other is head:
        return ""
    note = ", a special case" if (other.error_note or "").startswith("special case") else ""
    return f" ({usd(other.value)} by QuantLib{note})"


def _loan(found: DealResults, loan_id: str) -> list[str]:
    rows = [row for row in found.rows if row.contract == loan_id and row.kind == "loan"]
    odds, back, rate, lost = (
        first(rows, name, part=None)
        for name in ("default_probability", "recovery_rate", "expected_loss_rate", "expected_shortfall_discounted")
    )
    if odds is None or rate is None or lost is None:
        return []
    recovered = (
        f"; then {percent_with_error(back.value, back.standard_error)} of the claim comes back" if back and back.value is not None else ""
    )
    said = [
        f"The lenders write off {shown(rate)} of what they lend on average ({shown(lost)} USD). "
        "An event of default by maturity has odds of "
        f"{shown(odds)}{recovered}."
    ]
    fair = first(rows, "fair_margin", part=None) or first(rows, "fair_margin")
    if fair is not None and fair.value is not None:
        error = f" ± {fair.standard_error * 1e4:.0f}" if fair.standard_error else ""
        said.append(f"At a margin of {fair.value * 1e4:.0f}{error} basis points the loan would be worth what is lent.")
    return said


def _warrant(found: DealResults, head: Row) -> list[str]:
    rows = [row for row in found.valuation.rows if row.contract == head.contract]
    share = first(rows, "share_of_hardware", part=None)
    said = []
    if share is not None and share.value is not None:
        said.append(f"That is {shown(share)} of the price of the hardware behind it: what the vendor gives away to sell it.")
    odds = [row for row in of(rows, "vesting_probability") if row.probability == "pricing" and row.part is not None]
    if len(odds) > 1:
        said.append(
            f"The tranche {odds[0].part} vests with odds of {shown(odds[0])}, {odds[-1].part} with {shown(odds[-1])} (pricing measure)."
        )
    return said


def _rests(found: DealResults, heads: Sequence[Row]) -> list[str]:
    """The assumption that moves the first contract most."""
    for head in heads[:1]:
        moves = [row for row in of(found.valuation.rows, "exposure") if row.contract == head.contract and row.value is not None]
        most = max(moves, key=lambda row: abs(row.value or 0.0), default=None)
        if most is not None and most.value:
            direction = "lowers" if most.value < 0.0 else "raises"
            return [
                f"It hangs most on an assumption: {term_in_words(most.assumption or '')} at '{most.alternative}' {direction} the value by "
                f"{usd(abs(most.value), most.standard_error)} USD."
            ]
    return []


def _tiles(found: DealResults) -> list[Tile]:
    rows = found.valuation.rows
    tiles = []
    for contract in list(found.deal.contracts)[:2]:
        head = first(rows, "value", contract=contract, part=None)
        if head is not None and head.value is not None:
            tiles.append(Tile(f"{shown(head)} USD", f"{in_words(contract)}, to {found.name(head.party)}"))
    for measure, title in (
        ("expected_loss_rate", "expected loss, of what is lent"),
        ("default_probability", "event of default by maturity"),
        ("recovery_rate", "recovered after a default"),
        ("share_of_hardware", "of the price of the hardware"),
        ("dilution_full", "of the issuer's shares at most"),
    ):
        row = first((*rows, *found.rows), measure, part=None)
        if row is not None and row.value is not None and len(tiles) < 6:
            tiles.append(Tile(shown(row), title))
    whole = first(rows, "value_soft_range", contract=next(iter(found.deal.contracts)))
    if whole is not None and whole.value:
        tiles.append(Tile(f"{usd(whole.value)} USD", "lowest to highest value over the assumptions"))
    return tiles


def _left_out(found: DealResults, target: str) -> list[tuple[str, str]]:
    lines = []
    for name in EXTRAS:
        if name in found.extras or (name in LOANS_ALONE and not facilities(found)) or (name == "joint" and found.simulation is None):
            continue
        lines.append((TITLES[name], f"gpufin report {target} --with {name} -o FILE.html"))
    if found.stress is None or found.stress.reverse is None:
        lines.append(("The mildest shock that breaks a limit", f"gpufin report {target} --reverse '{_a_limit(found)}' -o FILE.html"))
    if found.simulation is None:
        lines.append(("A ledger of payments: nothing of this deal has a simulator; its price", f"gpufin price {target}"))
    lines.append(("Laws that must hold, searched for a market that breaks them", f"gpufin stress {target}"))
    return lines


def _a_limit(found: DealResults) -> str:
    """A limit that means something for this deal: the lender's loss, else half of what the first claim is worth."""
    if facilities(found):
        return "lender.expected_loss_rate > 0.02"
    head = first(found.valuation.rows, "value", part=None)
    worth = (head.value if head is not None else None) or 0.0
    return f"{head.party if head is not None else 'holder'}.value < {worth * (0.5 if worth > 0.0 else 2.0):.0f}"
