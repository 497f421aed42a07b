"""Of a deal: tranches, classes, months and stages of its contracts, what else is known of each contract, and what the values rest on."""

from __future__ import annotations

from collections.abc import Sequence

from pricing.api import EXPOSURES
from pricing.cli.measure_titles import COLUMNS, EITHER_SIDE, LINES, PARTS, Column
from pricing.cli.risk_tables import DRIVERS
from pricing.measures import GROUPS
from pricing.report.common import first, in_words, of, row_cell, shown, tornado, with_unit
from pricing.report.deal_results import DealResults
from pricing.report.figures import PALETTE, PLAIN, Dot, Line, dots, lines, usd_scale
from pricing.report.page import Block, Chart, Section, Table, number, section, table, text
from pricing.results import Row

MOST_PARTS = 60
"""Of a longer ladder only some parts are shown."""
MOST_CURVES = 8
ODDS = ("draw_probability", "release_probability", "shortfall_probability", "exercise_probability")
"""Odds by part that are drawn where a contract has no curve over time."""


def contract_sections(found: DealResults) -> list[Section | None]:
    """A section for each contract that has parts or measures of its own."""
    return [_contract(found, at, contract_id) for at, contract_id in enumerate(found.deal.contracts)]


def _contract(found: DealResults, at: int, contract_id: str) -> Section | None:
    rows = [row for row in found.valuation.rows if row.contract == contract_id]
    if not rows:
        return None
    kind = in_words(rows[0].kind or "contract")
    title = f"The {kind}" if contract_id == rows[0].kind else f"{in_words(contract_id)[:1].upper()}{in_words(contract_id)[1:]} ({kind})"
    parts = _by_part(found, rows)
    blocks: list[Block | None] = [_vesting(found, at, contract_id), _part_values(found, at, rows), _odds(at, rows), parts]
    if rows[0].kind != "loan":  # of a loan the section on losses says it
        blocks.append(_measures(found, rows))
    return section(title, *blocks) if any(blocks) else None


def _fits(row: Row, column: Column) -> bool:
    return row.measure == column.measure and column.probability in (None, row.probability)


def _mine(rows: Sequence[Row]) -> list[Row]:
    """The default method's numbers, to the holder where both sides have one."""
    method, holder = rows[0].method, rows[0].party
    return [
        row
        for row in rows
        if row.method == method
        and row.alternative is None
        and (row.part is not None or row.party == holder or row.measure not in EITHER_SIDE)
    ]


def _names(rows: Sequence[Row]) -> list[str]:
    """Parts that a table has a line for, at most `MOST_PARTS` of them."""
    titled = {column.measure for column in COLUMNS}
    parts = list(dict.fromkeys(row.part for row in rows if row.part is not None and row.measure in titled))
    return parts if len(parts) <= MOST_PARTS else [*parts[: -1 : -(-len(parts) // MOST_PARTS)], parts[-1]]


def _by_part(found: DealResults, rows: Sequence[Row]) -> Table | None:
    """A line for each part and one for all, a column for each measure that the contract has."""
    mine = _mine(rows)
    parts = _names(mine)
    columns = [column for column in COLUMNS if any(_fits(row, column) and row.part is not None for row in mine)]
    if not parts or not columns:
        return None
    one_holder = all(next(row.party for row in mine if row.part == part) == rows[0].party for part in parts)
    body = []
    for part in [*parts, None] if one_holder else parts:
        cells = [next((row for row in mine if row.part == part and _fits(row, column)), None) for column in columns]
        body.append([text(part or "all"), *(row_cell(cell) for cell in cells)])
    every = len({row.part for row in mine if row.part is not None})
    said = f"{len(parts)} of {every} parts" if len(parts) < every and every > MOST_PARTS else "By part, method " + in_words(rows[0].method)
    return table(
        said, (PARTS.get(rows[0].kind or "", "part"), *(column.title for column in columns)), body, right=range(1, len(columns) + 1)
    )


def _vesting(found: DealResults, at: int, contract_id: str) -> Chart | None:
    """Odds of having vested, by date and tranche."""
    rows = [row for row in found.vesting if row.contract == contract_id]
    parts = list(dict.fromkeys(row.part for row in rows))
    drawn = parts if len(parts) <= MOST_CURVES else [*parts[: -1 : -(-len(parts) // MOST_CURVES)], parts[-1]]
    if not rows:
        return None
    curves = []
    for index, part in enumerate(drawn):
        mine = [row for row in rows if row.part == part and row.date is not None]
        curves.append(
            Line(
                str(part),
                [row.date for row in mine if row.date],
                [row.value for row in mine],
                [shown(row) for row in mine],
                PALETTE[index % len(PALETTE)],
                errors=[row.standard_error for row in mine],
                markers=True,
            )
        )
    dates = list(dict.fromkeys(row.date for row in rows))
    known = {(row.part, row.date): row for row in rows}
    body = [[text(date), *(row_cell(known.get((part, date))) for part in parts)] for date in dates]
    note = "Pricing measure, on the paths that the price averages; bars are 95 %. The last date is the expiry."
    return Chart(
        f"vesting-{at}",
        "Odds that each tranche has vested by a date",
        lines(curves, scale=PLAIN, axis="", percent=True, height=380),
        note,
        table("", ("by", *(str(part) for part in parts)), body, right=range(1, len(parts) + 1)),
    )


def _part_values(found: DealResults, at: int, rows: Sequence[Row]) -> Chart | None:
    """Value of each part by each method."""
    parts = _names(_mine(rows))
    held = [row for row in rows if row.measure == "value" and row.part in parts and row.value is not None and row.alternative is None]
    holder: dict[str | None, str | None] = {part: next((row.party for row in held if row.part == part), None) for part in parts}
    mine = [row for row in held if row.party == holder[row.part]]
    if len({row.part for row in mine}) < 2 or len(parts) > MOST_PARTS // 2:
        return None
    drawn = [
        Dot(str(row.part), row.value or 0.0, row.standard_error, f"{shown(row)} USD", in_words(row.method).replace("quantlib", "QuantLib"))
        for row in mine
    ]
    scale = usd_scale([dot.value for dot in drawn])
    body = [[text(row.part), text(found.name(row.party)), row_cell(row), text(row.method), text(row.error_note)] for row in mine]
    return Chart(
        f"parts-{at}",
        "Value of each part",
        dots(drawn, scale=scale, axis=f"value, {scale.unit}"),
        "",
        table("", ("part", "to", "value, USD", "method", "note"), body, right=(2,)),
    )


def _odds(at: int, rows: Sequence[Row]) -> Chart | None:
    """Odds by part of a contract that has no curve over time: of draws, releases, losses, exercises."""
    mine = [row for row in of(_mine(rows), *ODDS) if row.part is not None and row.value is not None]
    measures = list(dict.fromkeys(row.measure for row in mine))[:2]
    kept = [row for row in mine if row.measure in measures]
    if len({row.part for row in kept}) < 2:
        return None
    several = len({row.probability for row in kept}) > 1
    named = {row.measure: in_words(row.measure.removesuffix("_probability")) for row in kept}
    drawn = [
        Dot(
            str(row.part),
            row.value or 0.0,
            row.standard_error,
            shown(row),
            named[row.measure] + (f", {in_words(row.probability)}" if several else ""),
        )
        for row in kept
    ]
    figure = dots(drawn, scale=PLAIN, axis="odds")
    figure["layout"]["xaxis"]["tickformat"] = ".0%"
    body = [[text(row.part), text(named[row.measure]), text(row.probability), row_cell(row)] for row in kept]
    return Chart(
        f"odds-{at}",
        f"Odds by part: {', '.join(named.values())}",
        figure,
        "Bars are 95 %.",
        table("", ("part", "of", "measure", "odds"), body, right=(3,)),
    )


def _measures(found: DealResults, rows: Sequence[Row]) -> Table | None:
    """What else the contract's engines say of it."""
    body = []
    by_part = {row.measure for row in rows if row.part is not None}
    for row in rows:
        line = LINES.get(row.measure)
        if (
            line is None
            or row.alternative is not None
            or (row.part is not None and not line.parts)
            or row.measure in GROUPS["sensitivities"]
        ):
            continue
        if (
            (line.unless_by_part and row.measure in by_part)
            or (row.method == "quantlib" and not line.by_method)
            or row.measure in EXPOSURES
        ):
            continue
        if line.own_side and row.party != rows[0].party:
            continue
        part = f" ({row.part})" if row.part else f" of {found.name(row.party)}" if line.by_party else ""
        odds = f" ({in_words(row.probability)})" if row.probability not in (None, "pricing") else ""
        body.append([text(f"{line.title}{part}{odds}"), number(with_unit(row), row.value), text(row.method), text(row.error_note)])
    return table("What else is known of it", ("", "number", "method", "note"), body, right=(1,)) if body else None


def tornado_section(found: DealResults) -> Section | None:
    """What the values rest on: assumed and weak terms, and sensitivities to quotes where they were asked for."""
    blocks: list[Block | None] = []
    for at, contract_id in enumerate(found.deal.contracts):
        rows = [row for row in found.valuation.rows if row.contract == contract_id]
        whole = first(rows, "value_soft_range")
        said = (
            f" From lowest to highest: {shown(whole)} USD, one assumption at a time; together they could move it further." if whole else ""
        )
        note = f"Each term at its alternatives, the other terms at base, on the same random numbers.{said}"
        holder = found.name(rows[0].party) if rows else ""
        blocks.append(tornado(f"tornado-{at}", f"{in_words(contract_id)}: change of its value to {holder}", of(rows, "exposure"), note))
    return section("What the values rest on", *blocks, _sensitivities(found))


def _sensitivities(found: DealResults) -> Table | None:
    rows = [row for row in of((*found.valuation.rows, *found.rows), *GROUPS["sensitivities"])]
    body = [
        [
            text(row.contract),
            text(DRIVERS.get(row.measure, LINES[row.measure].title if row.measure in LINES else in_words(row.measure))),
            text(row.part),
            row_cell(row),
            text(row.unit),
        ]
        for row in rows
    ]
    head = ("contract", "driver", "of", "value", "unit")
    return table("Sensitivities to single quotes, on common paths", head, body, right=(3,)) if body else None
