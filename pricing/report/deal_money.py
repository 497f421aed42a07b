"""Of a deal: what each claim is worth and to whom, who pays whom for what, and where the vehicle's money goes, year by year."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pricing.cli.figures import usd
from pricing.ledger.plan import Posting
from pricing.report.common import in_words, of, row_cell
from pricing.report.deal_results import DealResults
from pricing.report.figures import BLUE, BROWN, GOLD, GREEN, GREY, ORANGE, PURPLE, RED, TEAL, Bar, Flow, bars, columns, sankey, usd_scale
from pricing.report.page import Block, Body, Chart, Section, Table, Words, number, section, table, text
from pricing.report.plots import held_values, party_bars, party_rows, value_dots
from pricing.simulation import ContractLedger, Ledger

NOTHING = 1e-4
"""Flows below this share of the largest are in the table, not in the picture."""
MOST_BARS = 24
"""Reasons that are drawn between two parties; the table has all."""
MOST_SERIES = 8
"""Colours of a stack; smaller reasons are added up."""
STEPS = {
    "rent": ("rent", "relet", "rent of later tenants"),
    "drawn and paid in": ("draw_floating", "draw_fixed", "draw", "equity"),
    "support and sales": ("support", "cure", "guarantee", "sale"),
    "hardware": ("capex", "price of the asset"),
    "running costs": ("power", "site", "transition", "management_fee", "running costs"),
    "fees": ("agent_fee", "undrawn_fee", "fees", "upfront_fee"),
    "interest": ("interest_floating", "interest_fixed", "swap"),
    "principal": ("principal_floating", "principal_fixed"),
    "owners": ("distribution",),
}
"""Steps of a facility's waterfall and the reasons of their postings; any other reason stands for itself."""
REASONS = {reason: step for step, reasons in STEPS.items() for reason in reasons}
COLOURS = {
    "rent": BLUE,
    "drawn and paid in": TEAL,
    "support and sales": BROWN,
    "hardware": GREY,
    "running costs": ORANGE,
    "fees": GOLD,
    "interest": PURPLE,
    "principal": GREEN,
    "owners": RED,
}
ORDER = ("running costs", "fees", "interest", "principal", "hardware", "owners")
"""Uses in order of priority."""


@dataclass(frozen=True, slots=True)
class Paid:
    """Mean cash of one posting, over all dates, and its yearly sums."""

    posting: Posting
    total: float
    by_year: Mapping[int, float]


def postings_of(ledger: Ledger | ContractLedger) -> list[Paid]:
    """Postings in money: cash, and values that stand at the end; means over paths, not discounted."""
    dates = ledger.dates if isinstance(ledger, Ledger) else ledger.run.dates
    mean = ledger.mean if isinstance(ledger, Ledger) else ledger.run.mean_ledger
    years = np.array([date.year for date in dates])
    found = []
    for column, posting in enumerate(ledger.plan.postings):
        if posting.unit == "USD" and posting.claim in ("cash", "terminal"):
            by_year = {int(year): float(mean[years == year, column].sum()) for year in np.unique(years)}
            found.append(Paid(posting, float(mean[:, column].sum()), by_year))
    return found


def values_section(found: DealResults) -> Section | None:
    """Every claim with its error, by each method that prices it; and who gains by the ledgers."""
    rows = held_values(found.valuation.rows)
    figure = value_dots(rows, found.name)
    if figure is None:
        return None
    body = [
        [
            text(row.contract),
            text(found.name(row.party)),
            text("" if row.measure == "value" else in_words(row.measure)),
            row_cell(row),
            text(row.method),
            text(row.error_note),
        ]
        for row in [*rows, *of(found.valuation.rows, "value_lower_bound", "value_upper_bound")]
    ]
    note = "Bars are 95 % of the simulation's own error. A second method stands beside the first; what it leaves out is said in the table."
    numbers = table("", ("claim", "worth to", "", "value, USD", "method", "note"), body, right=(3,))
    return section(
        "What each claim is worth",
        Chart("values", "Value of each claim to the party that holds it", figure, note, numbers),
        _by_party(found),
    )


def _by_party(found: DealResults) -> Chart | None:
    figure = party_bars(found.rows, found.name)
    if figure is None:
        return None
    body = [[text(row.contract), text(found.name(row.party)), row_cell(row)] for row in party_rows(found.rows)]
    note = "Over all parties the bars add up to nought: the ledger has two sides. An account's balance is counted to its owner."
    numbers = table("", ("ledger", "party or account", "present value, USD"), body, right=(2,))
    return Chart("parties", "Present value of all that each party receives less what it gives, mean over paths", figure, note, numbers)


def pays_section(found: DealResults) -> Section | None:
    """Who pays whom for what: from the ledgers, else from the contracts and what they are worth."""
    if found.simulation is None:
        return section("Who gives whom what", _from_values(found))
    blocks: list[Block] = []
    body: Body = []
    flows: list[tuple[str, str, float]] = []
    for contract_id, ledger in found.simulation.ledgers.items():
        for paid in postings_of(ledger):
            payer, payee, amount = paid.posting.payer, paid.posting.payee, paid.total
            if amount < 0.0:
                payer, payee, amount = payee, payer, -amount
            if amount < 1.0:
                continue  # less than a dollar is rounding of sums of billions
            reason = _reason(paid.posting) + (" (value at the end)" if paid.posting.claim == "terminal" else "")
            body.append(
                [
                    text(found.name(payer)),
                    text(found.name(payee)),
                    text(reason),
                    text(contract_id if contract_id == paid.posting.contract else f"{contract_id}: {paid.posting.contract}"),
                    number(usd(amount), amount),
                ]
            )
            if payer.split("/")[0] != payee.split("/")[0]:
                flows.append((found.name(payer.split("/")[0]), found.name(payee.split("/")[0]), amount))
    body.sort(key=lambda cells: -float(cells[4].value or 0.0))
    if not body:
        return None
    numbers = table("", ("payer", "payee", "for", "under", "mean over paths, USD"), body, right=(4,))
    drawn = _added(flows)
    count = len({flow.start for flow in drawn} | {flow.end for flow in drawn})
    figure = sankey(drawn, height=max(320, 40 * count)) if count > 2 else _paid_bars(body)
    blocks.append(
        Chart(
            "flows",
            "Money from payer to payee over the life of the deal, mean over paths",
            figure,
            "Not discounted, so that the sums are those of the ledger. A firm that pays and is paid stands in the middle.",
            numbers,
        )
    )
    return section("Who pays whom for what", *blocks, _cash_table(found))


def _paid_bars(body: Body) -> dict[str, Any]:
    """Between two parties: one bar for each reason, the largest first."""
    said = [
        Bar(f"{cells[2].text}, to {cells[1].text}", float(cells[4].value or 0.0), f"{cells[4].text} USD", f"to {cells[1].text}")
        for cells in body[:MOST_BARS]
    ]
    scale = usd_scale([bar.value for bar in said])
    return bars(said, scale=scale, axis=scale.unit)


def _reason(posting: Posting) -> str:
    return posting.reason.replace("_", " ")


def _added(flows: Iterable[tuple[str, str, float]]) -> list[Flow]:
    total: dict[tuple[str, str], float] = {}
    for payer, payee, amount in flows:
        total[payer, payee] = total.get((payer, payee), 0.0) + amount
    most = max(total.values(), default=0.0)
    return [Flow(payer, payee, amount, f"{usd(amount)} USD") for (payer, payee), amount in total.items() if amount > NOTHING * most]


def _cash_table(found: DealResults) -> Table | None:
    if found.simulation is None:
        return None
    body = [
        [text(contract), text(found.name(party)), *(number(usd(amount if abs(amount) >= 1.0 else 0.0), amount) for amount in amounts)]
        for contract, party, *amounts in found.simulation.by_party.iter_rows()
    ]
    head = ("ledger", "party", "receives, USD", "pays", "net", "present value of net")
    return table("Cash by party, mean over paths", head, body, right=(2, 3, 4, 5))


def _from_values(found: DealResults) -> Table | None:
    """A deal without a ledger: each contract, from the side that gives to the side that holds."""
    rows = [row for row in found.valuation.rows if row.measure == "value" and row.part is None and row.method != "quantlib"]
    body = []
    for contract_id, contract in found.deal.contracts.items():
        mine = [row for row in rows if row.contract == contract_id and row.value is not None]
        if mine:
            gives, holds = min(mine, key=lambda row: row.value or 0.0), max(mine, key=lambda row: row.value or 0.0)
            body.append(
                [
                    text(found.name(gives.party)),
                    text(found.name(holds.party)),
                    text(contract.kind.replace("_", " ")),
                    text(contract_id),
                    row_cell(holds),
                ]
            )
    head = ("gives", "receives", "what", "contract", "worth, USD")
    return (
        table("A deal without a cash ledger: what each contract hands over, at its value today", head, body, right=(4,)) if body else None
    )


def waterfall_section(found: DealResults) -> Section | None:
    """Where the money of each ledger's vehicle comes from and goes to, year by year."""
    charts: list[Block] = []
    for contract_id, ledger in (found.simulation.ledgers if found.simulation else {}).items():
        vehicle = _vehicle(found, ledger)
        if vehicle is not None:
            charts.append(_waterfall(found, contract_id, vehicle, postings_of(ledger)))
    words = Words(
        ("Above the line what comes in, below it what goes out; of a facility, steps that are paid first stand nearest to the line.",)
    )
    return section("The payment waterfall", words, *charts) if charts else None


def _vehicle(found: DealResults, ledger: Ledger | ContractLedger) -> str | None:
    """Whose payments are shown: the borrower of a facility, else the party with accounts or the most payments to others."""
    if isinstance(ledger, Ledger):
        return ledger.run.facility.loan.borrower
    payers = [posting.payer for posting in ledger.plan.postings if posting.claim == "cash" and posting.unit == "USD"]
    firms = [name for name in dict.fromkeys(payers) if "/" not in name]
    with_accounts = [name for name in firms if any(each.startswith(f"{name}/") for each in (p.payee for p in ledger.plan.postings))]
    return with_accounts[0] if with_accounts else None


def _waterfall(found: DealResults, contract_id: str, vehicle: str, paid: Sequence[Paid]) -> Chart:
    total: dict[str, dict[int, float]] = {}
    years: set[int] = set()
    for one in paid:
        sides = (one.posting.payer.split("/")[0] == vehicle, one.posting.payee.split("/")[0] == vehicle)
        if sides[0] == sides[1] or one.posting.claim != "cash":
            continue  # between others, or between the vehicle and its own accounts
        name = REASONS.get(one.posting.reason, one.posting.reason.replace("_", " "))
        stack = total.setdefault(name, {})
        for year, amount in one.by_year.items():
            stack[year] = stack.get(year, 0.0) + (-amount if sides[0] else amount)
            years.add(year)
    most = max((abs(value) for stack in total.values() for value in stack.values()), default=0.0)
    stacks = _fewer({name: stack for name, stack in total.items() if max(map(abs, stack.values())) > NOTHING * most})
    known = set(stacks) <= set(COLOURS)  # a facility; another vehicle's steps are named by its contract, in their order
    order = sorted(stacks, key=lambda name: ORDER.index(name) if known and name in ORDER else -1)
    steps = sorted(years)
    series = {name: [stacks[name].get(year, 0.0) for year in steps] for name in order}
    scale = usd_scale([value for values in series.values() for value in values])
    said = {name: [f"{usd(value)} USD" for value in values] for name, values in series.items()}
    figure = columns(
        [str(year) for year in steps], series, said, scale=scale, axis=f"a year, {scale.unit}", colours=COLOURS if known else None
    )
    body = [[text(name), *(number(usd(value if abs(value) >= 1.0 else 0.0), value) for value in values)] for name, values in series.items()]
    return Chart(
        f"waterfall-{list(found.deal.contracts).index(contract_id)}",
        f"{found.name(vehicle)}: money in and out, mean over paths",
        figure,
        "Reserves that are filled and released stay inside the vehicle and are not shown.",
        table("", ("step", *map(str, steps)), body, right=range(1, len(steps) + 1)),
    )


def _fewer(total: dict[str, dict[int, float]]) -> dict[str, dict[int, float]]:
    """As many stacks as there are colours: the smaller ones are added up."""
    order = sorted(total, key=lambda name: -sum(abs(value) for value in total[name].values()))
    kept = order[: MOST_SERIES - 1] if len(order) > MOST_SERIES and not set(order) <= set(COLOURS) else order
    out = {name: total[name] for name in total if name in kept}
    for name in total:
        if name not in kept:
            rest = out.setdefault("other", {})
            for year, value in total[name].items():
                rest[year] = rest.get(year, 0.0) + value
    return out
