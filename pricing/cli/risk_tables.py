"""Risk rows on the terminal: tails, fans, yields, what can be borne, sensitivities. Shared by `price` and `simulate`."""

from __future__ import annotations

from collections.abc import Callable

from instruments.ground.messages import printable
from pricing.cli.figures import number, percent, percent_with_error, table, usd
from pricing.results import Row
from pricing.risk.names import CASH_ALONE

Show = Callable[[float | None, float | None], str]


def risk_text(rows: list[Row]) -> list[str]:
    """Blocks of text for whatever risk rows of one contract are there; those of other families are left to them."""
    mine = [row for row in rows if row.method == "simulation" and row.kind == "loan"]
    parts = [_defaults(mine), _tails(mine), _fan(mine, "dscr_fan", "Trailing coverage"), _fan(mine, "ltv_fan", "Loan to market value")]
    return [
        part for part in (*parts, _yields(mine), _lines(mine), _break_evens(mine), _sensitivities(mine), *_loss_sensitivities(mine)) if part
    ]


DRIVERS = {
    "value_per_rent_percent": "forward rents",
    "value_per_rent_volatility_point": "volatility of rents",
    "value_per_resale_percent": "resale values",
    "value_per_hazard_bp": "hazard",
    "value_per_sofr_bp": "interest rate",
    "value_per_power_cent": "price of power",
    "value_per_correlation_tenth": "correlation",
    "value_per_contract_rent_percent": "contract rent",
    "value_per_utilisation_point": "utilisation",
    "value_per_delay_month": "later acceptance",
    "value_per_attrition_point": "attrition a year",
    "value_per_pue_hundredth": "PUE",
    "value_per_running_cost_percent": "colocation and upkeep",
}
"""Sensitivities of a facility, as titled."""
LOSS_TITLES: dict[str, tuple[str, Show]] = {
    "default_probability": ("Odds of an event of default, in bp of probability", lambda value, error: number(*_in_bp(value, error))),
    "expected_loss_rate": ("Expected loss rate, in bp of what is lent", lambda value, error: number(*_in_bp(value, error))),
    "shortfall_tail_mean": ("Mean write-off on the worst paths", usd),
}
"""Odds and losses whose sensitivities are shown, as titled."""
TAILS = ("shortfall_tail_mean",)
"""Of them those with a level."""
OTHERS = {
    "cva": "CVA: default-free value less value",
    "cva_without_dependence": "CVA with rents and credits independent",
    "wrong_way_cost": "what dependence costs",
    "guarantee_value": "what the guarantee adds to the loan",
    "guarantor_default_cost": "what the guarantor's own credit takes off it",
}
"""Measures of a loan that stand on a line of their own; other families have some of them too."""
FINE = 1e-3
"""An error below this share of its value is not worth a column's width."""


def _of(rows: list[Row], *measures: str) -> list[Row]:
    return [row for row in rows if row.measure in measures]


def _defaults(rows: list[Row]) -> str:
    lines = []
    by_date = _of(rows, "pd")
    if by_date:
        odds = ", ".join(f"{percent(row.value, row.standard_error)} by {row.date}" for row in by_date)
        lines.append(f"event of default: {odds}")
    for measure, title, show in (
        ("lgd", "of the claim lost at an event of default (LGD)", percent_with_error),
        ("ead", "claim at an event of default (EAD), USD", usd),
        ("shortfall_probability", "odds that the lender writes something off", percent_with_error),
    ):
        lines += [f"{title}: {show(row.value, row.standard_error)}" for row in _of(rows, measure)]
    return "\n".join(lines)


def _tails(rows: list[Row]) -> str:
    body = []
    for kind, title in (("shortfall", "written off by {}"), ("loss", "loss of {}")):
        means = {(row.party, row.quantile): row for row in _of(rows, f"{kind}_tail_mean")}
        found = [row for row in _of(rows, f"{kind}_quantile") if CASH_ALONE not in (row.error_note or "")]
        for row in found:
            mean = means.get((row.party, row.quantile))
            body.append(
                [
                    title.format(row.party),
                    _level(row),
                    usd(row.value, row.standard_error),
                    _interval(row),
                    usd(mean.value, mean.standard_error) if mean else "",
                ]
            )
    header = ["discounted, USD", "quantile", "value", "95 % interval", "mean beyond it"]
    title = "Tails of losses: order statistics with their intervals; the mean beyond a quantile is its expected shortfall"
    return title + "\n" + table(header, body, right=(1, 2, 3, 4)) if body else ""


def _worth(row: Row) -> float | None:
    """The error, where it is large enough to be shown."""
    error = row.standard_error
    return error if error and error > FINE * abs(row.value or 0.0) else None


def _level(row: Row) -> str:
    return f"{100 * (row.quantile or 0.0):g} %"


def _interval(row: Row) -> str:
    low, high = (usd(end) if end is not None else "no end" for end in (row.interval_low, row.interval_high))
    return f"{low} to {high}"


def _fan(rows: list[Row], measure: str, title: str) -> str:
    found = _of(rows, measure)
    if not found:
        return ""
    levels = list(dict.fromkeys(row.quantile for row in found))
    there = {row.date: row for row in _of(rows, "performing_probability")}
    body = []
    for date in dict.fromkeys(row.date for row in found):
        at = {row.quantile: row for row in found if row.date == date}
        odds = there.get(date)
        shown = [number(at[level].value, _worth(at[level])) if level in at else "" for level in levels]
        body.append([str(date), *shown, percent(odds.value, odds.standard_error) if odds else ""])
    header = ["date", *(f"{100 * (level or 0.0):g} %" for level in levels), "of the paths"]
    return f"{title}: quantiles over the paths that still perform\n" + table(header, body, right=range(1, len(header)))


def _yields(rows: list[Row]) -> str:
    body = []
    for measure, title, show in (
        ("irr_quantile", "lender's yearly rate", percent_with_error),
        ("wal_quantile", "average life, years", number),
    ):
        found = _of(rows, measure)
        if found:
            body.append([title, *(show(row.value, _worth(row)) for row in found)])
    if not body:
        return ""
    levels = list(dict.fromkeys(row.quantile for row in _of(rows, "irr_quantile", "wal_quantile")))
    header = ["path by path", *(f"{100 * (level or 0.0):g} %" for level in levels)]
    none = [
        f"\nno yearly rate: {percent_with_error(row.value, row.standard_error)} of the paths" for row in _of(rows, "no_irr_probability")
    ]
    return "Life and yield by path\n" + table(header, body, right=range(1, len(header))) + "".join(none)


def _lines(rows: list[Row]) -> str:
    return "\n".join(
        printable(f"{title}{f' ({row.part})' if row.part else ''}: {usd(row.value, row.standard_error)} USD")
        for measure, title in OTHERS.items()
        for row in _of(rows, measure)
    )


def _break_evens(rows: list[Row]) -> str:
    titles: dict[str, tuple[str, Show]] = {
        "advance_rate": ("advance, drawn on the plan over cost", percent_with_error),
        "advance_rate_for_loss": ("advance at an", percent_with_error),
        "break_even_rent_at_par": ("contract rent at which the loan is worth what is lent, USD/h", number),
        "break_even_rent_for_loss": ("contract rent, USD/h, at an", number),
    }
    return "\n".join(
        printable(f"{title}{f' {row.part}' if row.part else ''}: {_or_why(row, show)}")
        for measure, (title, show) in titles.items()
        for row in _of(rows, measure)
    )


def _or_why(row: Row, show: Show) -> str:
    return "not reached by any that was tried" if row.value is None else show(row.value, row.standard_error)


def _sensitivities(rows: list[Row]) -> str:
    body = [
        [title, row.part or "", usd(row.value, row.standard_error), row.unit or ""]
        for measure, title in DRIVERS.items()
        for row in _of(rows, measure)
    ]
    title = "Value to the lender per unit of each driver, on common paths"
    return title + "\n" + table(["driver", "of", "value", "unit"], body, right=(2,)) if body else ""


def _in_bp(value: float | None, error: float | None) -> tuple[float | None, float | None]:
    return None if value is None else 1e4 * value, None if error is None else 1e4 * error


def _loss_sensitivities(rows: list[Row]) -> list[str]:
    """A table for each of odds, loss rate and tail."""
    found: list[str] = []
    for of, (title, show) in LOSS_TITLES.items():
        body = [
            [driver, row.part or "", *([percent(row.quantile)] if of in TAILS else []), show(row.value, row.standard_error), _per(row)]
            for measure, driver in DRIVERS.items()
            for row in _of(rows, f"{of}_{measure.removeprefix('value_')}")
        ]
        header = ["driver", "of", *(["beyond"] if of in TAILS else []), "change", "per"]
        if body:
            found.append(f"{title}, per unit of each driver, on common paths\n" + table(header, body, right=(len(header) - 2,)))
    return found


def _per(row: Row) -> str:
    """The driver's part of the unit."""
    return (row.unit or "").partition("/")[2]
