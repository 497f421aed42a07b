"""Of a facility: the fleet's four values against the loan, the fans of its ratios, covenants, and who loses how much."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from pricing.cli.figures import number as plain_number, percent, usd
from pricing.report.common import first, in_words, of, row_cell, shown, with_unit
from pricing.report.deal_results import DealResults
from pricing.report.figures import BLUE, GOLD, GREEN, GREY, ORANGE, PLAIN, PURPLE, RED, Dot, Line, dots, fan, lines, usd_scale
from pricing.report.page import Block, Chart, Section, Table, Words, number, section, table, text
from pricing.report.plots import scenario_bars
from pricing.results import Row
from pricing.risk.names import CASH_ALONE
from pricing.simulation import Ledger

VALUES = (
    ("book_value", "book value", BLUE),
    ("income_value", "income value", GREEN),
    ("orderly_value", "orderly sale", GOLD),
    ("forced_value", "forced sale", ORANGE),
)
OTHERS = {
    "value": "value to the lender",
    "fair_margin": "margin at par, a year",
    "expected_loss_rate": "expected loss over what is lent",
    "expected_shortfall_discounted": "expected write-offs, discounted",
    "default_probability": "event of default by maturity",
    "lgd": "of the claim lost at an event of default",
    "ead": "claim at an event of default",
    "recovery_rate": "recovered after it",
    "shortfall_probability": "odds that something is written off",
    "guarantee_value": "what the guarantee adds",
    "guarantor_default_cost": "what the guarantor's own credit takes off it",
    "cva": "default-free value less value",
    "cva_without_dependence": "the same, rents and credits independent",
    "wrong_way_cost": "what dependence costs",
    "effective_rate": "effective rate, on the plan",
    "irr": "internal rate of the mean flows",
    "wal_years": "average life, on the plan",
    "advance_rate": "advance, drawn on the plan over cost",
    "advance_rate_for_loss": "advance at an",
    "break_even_rent_at_par": "contract rent at par",
    "break_even_rent_for_loss": "contract rent at an",
}
"""Measures of a loan as a whole, as titled."""
CLIPPED = 2.5
"""Times the covenant's level at which the picture of coverage ends."""
BY_PART = ("guarantee_value", "guarantor_default_cost", "advance_rate_for_loss", "break_even_rent_for_loss")
"""Those that have a part by their nature: a guarantee, a loss rate."""


def facility_rows(found: DealResults, loan_id: str) -> list[Row]:
    """Rows of a facility's loan by simulation."""
    return [row for row in found.rows if row.contract == loan_id and row.kind == "loan" and row.method == "simulation"]


def facilities(found: DealResults) -> list[str]:
    """Loans that were simulated with their hardware."""
    ledgers = found.simulation.ledgers if found.simulation else {}
    return [name for name, ledger in ledgers.items() if isinstance(ledger, Ledger)]


def collateral_section(found: DealResults) -> Section | None:
    """The four values of the fleet against what is owed."""
    return section("Collateral against the loan", *(_collateral(found, name) for name in facilities(found)))


def _by_date(rows: Sequence[Row], measure: str) -> dict[dt.date, Row]:
    return {row.date: row for row in rows if row.measure == measure and row.date is not None and row.part in (None, "fleet", "maintenance")}


def _collateral(found: DealResults, loan_id: str) -> Chart | None:
    rows = [row for row in found.rows if row.contract == loan_id]
    series = {measure: _by_date(rows, measure) for measure, _, _ in VALUES}
    dates = sorted({date for by in series.values() for date in by})
    owed = _by_date(rows, "balance")
    if not dates or not owed:
        return None
    drawn = [
        Line(title, list(by), [row.value for row in by.values()], [f"{shown(row)} USD" for row in by.values()], colour, markers=True)
        for measure, title, colour in VALUES
        if (by := series[measure])
    ]
    balance = list(owed.values())
    loan = Line("loan outstanding", list(owed), [row.value for row in balance], [f"{shown(row)} USD" for row in balance], GREY, "dot", 3.0)
    scale = usd_scale([value for line in (*drawn, loan) for value in line.y])
    body = [[text(date), *(row_cell(series[measure].get(date)) for measure, _, _ in VALUES), row_cell(owed.get(date))] for date in dates]
    head = ("date", *(f"{title}, USD" for _, title, _ in VALUES), "loan outstanding")
    note = (
        "Four values, never blended: cost less straight-line depreciation; contract cash, then letting again, then scrap; sold in calm; "
        "sold in lots after repossession. On the plan, without a default. Below the line of the loan a way out does not repay it."
    )
    numbers = table("", head, body, right=range(1, 6))
    return Chart(
        _id(found, "collateral", loan_id),
        f"{_title(loan_id)}: what the hardware is worth, and what is owed",
        lines([*drawn, loan], scale=scale, axis=scale.unit),
        note,
        numbers,
    )


def _id(found: DealResults, what: str, contract_id: str) -> str:
    return f"{what}-{list(found.deal.contracts).index(contract_id)}"


def _title(contract_id: str) -> str:
    return contract_id.replace("_", " ")


def fans_section(found: DealResults) -> Section | None:
    """Loan to value, coverage and covenants over the paths."""
    charts: list[Block | None] = []
    for name in facilities(found):
        rows = facility_rows(found, name)
        ledger = found.simulation.ledgers[name] if found.simulation else None
        level = ledger.run.facility.plan.threshold if isinstance(ledger, Ledger) else 0.0
        charts += [
            _fan(
                found,
                name,
                rows,
                "ltv_fan",
                "ltv",
                "loan to market value",
                "Loan to market value of the hardware",
                1.0,
                "loan equals market value",
            ),
            _fan(
                found, name, rows, "dscr_fan", "trailing_dscr", "coverage", "Trailing debt service coverage", level, "the covenant's level"
            ),
            _breaches(found, name, rows),
        ]
    return section("Ratios and covenants over the paths", *charts)


def _fan(
    found: DealResults, loan_id: str, rows: Sequence[Row], measure: str, planned: str, axis: str, title: str, level: float, name: str
) -> Chart | None:
    mine = of(rows, measure)
    dates = sorted({row.date for row in mine if row.date is not None})
    if not dates:
        return None
    known = {(row.quantile, row.date): row for row in mine}
    levels = sorted({row.quantile for row in mine if row.quantile is not None})
    values = {each: [known[each, date].value if (each, date) in known else None for date in dates] for each in levels}
    plan = [row for row in _by_date(rows, planned).values() if row.date is not None and dates[0] <= row.date <= dates[-1]]
    others = [
        Line(
            "on the plan",
            [row.date for row in plan if row.date],
            [row.value for row in plan],
            [shown(row) for row in plan],
            GREEN,
            "dash",
            1.6,
        )
    ]
    if level > 0.0:
        others.append(Line(name, [dates[0], dates[-1]], [level, level], [plain_number(level)] * 2, RED, "dot", 1.6))
    there = _by_date(rows, "performing_probability")
    body = [[text(date), *(row_cell(known.get((each, date))) for each in levels), row_cell(there.get(date))] for date in dates]
    head = ("date", *(f"{100 * each:g} %" for each in levels), "of the paths")
    note = "Quantiles over the paths that still perform as the date comes: a path that has defaulted has left the fan."
    figure = fan(dates, values, others, axis=axis)
    top, most = CLIPPED * level, max((value for line in values.values() for value in line if value is not None), default=0.0)
    if measure == "dscr_fan" and 0.0 < top < most:
        figure["layout"]["yaxis"]["range"] = [0.0, top]
        note += f" The picture ends at {plain_number(top)}, where coverage is ample; the table has all, up to {plain_number(most)}."
    numbers = table("", head, body, right=range(1, len(head)))
    return Chart(_id(found, measure.replace("_", "-"), loan_id), f"{_title(loan_id)}: {title.lower()}", figure, note, numbers)


def _breaches(found: DealResults, loan_id: str, rows: Sequence[Row]) -> Chart | None:
    breached = of(rows, "breach_probability")
    if not breached:
        return None
    drawn: list[Line] = []
    for at, part in enumerate(dict.fromkeys(row.part or "maintenance test" for row in breached)):
        mine = [row for row in breached if (row.part or "maintenance test") == part and row.date is not None]
        dates, values, said = [row.date for row in mine if row.date], [row.value for row in mine], [shown(row) for row in mine]
        drawn.append(Line(f"breached: {part}", dates, values, said, (ORANGE, PURPLE, GOLD, BLUE)[at % 4]))
    failed = [row for row in of(rows, "pd") if row.date is not None]
    if failed:
        dates = [row.date for row in failed if row.date]
        errors = [row.standard_error for row in failed]
        drawn.append(
            Line(
                "event of default by then",
                dates,
                [row.value for row in failed],
                [shown(row) for row in failed],
                RED,
                errors=errors,
                markers=True,
            )
        )
    body = [[text(row.date), text(row.part or "maintenance test"), row_cell(row)] for row in breached]
    body += [[text(row.date), text("event of default by then"), row_cell(row)] for row in failed]
    note = "Breaches are odds on each test date among the paths still tested, before cures."
    return Chart(
        _id(found, "breaches", loan_id),
        f"{_title(loan_id)}: odds of a breach and of an event of default",
        lines(drawn, scale=PLAIN, axis="", percent=True),
        note,
        table("", ("date", "what", "odds"), body, right=(2,)),
    )


def losses_section(found: DealResults) -> Section | None:
    """What the lender loses, how bad it can be, and for whom."""
    blocks: list[Block | None] = []
    for name in facilities(found):
        rows = facility_rows(found, name)
        blocks += [_whole(name, rows), _tails(found, name, rows), _yields(rows), _classes(name, rows)]
    return section("Losses", *blocks, _joint(found))


def _whole(loan_id: str, rows: Sequence[Row]) -> Table | None:
    lender = rows[0].party if rows else None
    kept = [row for row in rows if row.measure in OTHERS and row.party == lender and (row.part is None or row.measure in BY_PART)]
    body = [
        [
            text(OTHERS[row.measure] + (f" {in_words(row.part)}" if row.part else "")),
            number(with_unit(row), row.value),
            text(row.error_note),
        ]
        for row in kept
    ]
    return table(f"{_title(loan_id)}: the loan in numbers", ("", "number", "note"), body, right=(1,)) if body else None


def _tails(found: DealResults, loan_id: str, rows: Sequence[Row]) -> Chart | None:
    """Quantiles of what each party loses."""
    quantiles = [row for row in rows if row.measure in ("loss_quantile", "shortfall_quantile") and CASH_ALONE not in (row.error_note or "")]
    means = {
        (row.measure.replace("_tail_mean", "_quantile"), row.party, row.quantile): row
        for row in of(rows, "loss_tail_mean", "shortfall_tail_mean")
    }
    titles = {"shortfall_quantile": "written off by {}", "loss_quantile": "loss of {}"}
    drawn = [
        Dot(
            titles[row.measure].format(found.name(row.party)),
            row.value or 0.0,
            row.standard_error,
            f"{shown(row)} USD",
            f"{100 * (row.quantile or 0.0):g} % of paths",
        )
        for row in quantiles
        if row.value is not None
    ]
    if not drawn:
        return None
    scale = usd_scale([dot.value for dot in drawn])
    body = []
    for row in quantiles:
        beyond = means.get((row.measure, row.party, row.quantile))
        span = " to ".join(usd(end) if end is not None else "no end" for end in (row.interval_low, row.interval_high))
        body.append(
            [
                text(titles[row.measure].format(found.name(row.party))),
                number(f"{100 * (row.quantile or 0.0):g} %", row.quantile),
                row_cell(row),
                text(span),
                row_cell(beyond),
            ]
        )
    head = ("discounted, USD", "of paths lose less than", "value", "95 % interval", "mean beyond it")
    note = "A quantile is a loss that this share of the paths stays below; below nought is a gain. Order statistics with their 95 % bars."
    return Chart(
        _id(found, "tails", loan_id),
        f"{_title(loan_id)}: how bad it gets, by holder",
        dots(drawn, scale=scale, axis=f"loss, {scale.unit}"),
        note,
        table("", head, body, right=(1, 2, 3, 4)),
    )


def _yields(rows: Sequence[Row]) -> Table | None:
    mine = of(rows, "irr_quantile", "wal_quantile")
    levels = list(dict.fromkeys(row.quantile for row in mine))
    body = []
    for measure, title in (("irr_quantile", "lender's yearly rate"), ("wal_quantile", "average life, years")):
        known = {row.quantile: row for row in mine if row.measure == measure}
        if known:
            body.append([text(title), *(row_cell(known.get(level)) for level in levels)])
    head = ("path by path", *(f"{100 * (level or 0.0):g} %" for level in levels))
    return table("Yield and life over the paths", head, body, right=range(1, len(head))) if body else None


def _classes(loan_id: str, rows: Sequence[Row]) -> Table | None:
    """Value and loss of every tranche of a loan."""
    parts = [(row.part, row.party) for row in rows if row.measure == "expected_shortfall_discounted" and row.part is not None]
    head = ("tranche, senior first", "holder", "value, USD", "expected shortfall", "over what is lent")
    measures = ("value", "expected_shortfall_discounted", "expected_loss_rate")
    body = [[text(part), text(party), *(row_cell(first(rows, name, part=part, party=party)) for name in measures)] for part, party in parts]
    return table(f"{_title(loan_id)}: its tranches", head, body, right=(2, 3, 4)) if body else None


def _joint(found: DealResults) -> Chart | None:
    """The joint loss of all contracts, with dependence and without."""
    rows = [row for row in found.rows if row.kind == "deal"]
    mine = of(rows, "joint_loss", "joint_loss_without_dependence")
    if not mine:
        return None
    series = {"joint_loss": "as it is", "joint_loss_without_dependence": "dependence cut"}
    names = {row.party: found.name(row.party) if row.party else "all that lose" for row in mine}
    drawn = [Dot(names[row.party], row.value or 0.0, row.standard_error, f"{shown(row)} USD", series[row.measure]) for row in mine]
    scale = usd_scale([dot.value for dot in drawn])
    columns = ("joint_loss", "joint_loss_without_dependence", "wrong_way_ratio", "joint_shortfall")
    body = [[text(name), *(row_cell(first(rows, measure, party=party, part=None)) for measure in columns)] for party, name in names.items()]
    body += [
        [text(f"part: {row.part}"), row_cell(row), text(""), text(""), row_cell(first(rows, "joint_shortfall_part", part=row.part))]
        for row in of(rows, "joint_loss_part")
    ]
    head = ("party", "expected loss, USD", "dependence cut", "ratio", "worst 5 %, mean")
    return Chart(
        "joint",
        "What defaults cost each party, all contracts together",
        dots(drawn, scale=scale, axis=f"expected loss, {scale.unit}"),
        "The two differ by wrong-way risk: what is lost because things fall together.",
        table("", head, body, right=range(1, 5)),
    )


def stress_section(found: DealResults) -> Section | None:
    """Scenarios against the base, the deal's limits, and the reverse stress in one sentence."""
    report = found.stress
    if report is None:
        return None
    blocks: list[Block | None] = []
    if report.reverse is not None:
        blocks.append(
            Words((f"Reverse stress: {report.reverse.sentence}", f"{report.reverse.prices:,} markets were priced in the search."))
        )
    base = {(row.contract, row.party): row for row in report.rows if row.scenario == "base"}
    gains = [key for key, row in base.items() if (row.value or 0.0) >= 0.0 or row.contract in facilities(found)]
    for contract in dict.fromkeys(contract for contract, _ in gains):
        party = next(p for c, p in gains if c == contract)
        mine = [row for row in report.rows if (row.contract, row.party) == (contract, party)]
        if len(mine) > 1:
            blocks.append(_scenarios(found, str(contract), str(party), mine))
    if report.limits:
        body = [
            [
                text("broken" if one.broken else "held"),
                text(one.limit),
                text(one.scenario),
                number(_reading(one.reading.value, one.reading.unit), one.reading.value),
            ]
            for one in report.limits
        ]
        blocks.append(table("Limits of the deal", ("", "what must not be", "scenario", "it stands at"), body, right=(3,)))
    return section("Under stress", *blocks)


def _reading(value: float, unit: str | None) -> str:
    return usd(value) if unit == "USD" else percent(value) if unit in ("fraction", "probability", "rate") else plain_number(value)


def _scenarios(found: DealResults, contract: str, party: str, rows: Sequence[Row]) -> Chart | None:
    figure = scenario_bars(rows)
    if figure is None:
        return None
    at_base = next(row.value or 0.0 for row in rows if row.scenario == "base")
    body = [[text(row.scenario), row_cell(row), number(usd((row.value or 0.0) - at_base), (row.value or 0.0) - at_base)] for row in rows]
    numbers = table("", ("scenario", "value, USD", "against base"), body, right=(1, 2))
    return Chart(
        _id(found, "scenarios", contract), f"{_title(contract)}: change of value to {found.name(party)} by scenario", figure, "", numbers
    )
