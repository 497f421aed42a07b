"""`gpufin price`: the answer first, then by tranche, then how much each assumption moves it."""

from __future__ import annotations

import sys
from argparse import Namespace

from instruments.deal import Deal
from instruments.ground.messages import printable
from pricing.api import EXPOSURES, price
from pricing.cli.figures import number, percent, table, usd
from pricing.cli.inputs import deal_and_market, say, say_failures
from pricing.cli.measure_titles import COLUMNS, EITHER_SIDE, LINES, PARTS, Column
from pricing.cli.offtakes import offtake_text
from pricing.cli.risk_tables import OTHERS, risk_text
from pricing.results import Row, Valuation


def run(arguments: Namespace) -> int:
    """Exit code 0, or 4 where some contracts failed."""
    deal, market = deal_and_market(arguments.deal, arguments.market)
    measures = arguments.measures.split(",") if arguments.measures else None
    valuation = price(
        deal, market, method=arguments.method, measures=measures, paths=arguments.paths, seed=arguments.seed, threads=arguments.threads
    )
    if arguments.format == "json":
        sys.stdout.write(valuation.to_json())
    else:
        print(text_of(deal, valuation))
    say(valuation.warnings, "note")
    say_failures(valuation.failures)
    return 4 if valuation.failures else 0


def text_of(deal: Deal, valuation: Valuation) -> str:
    """The valuation for a terminal."""
    parts = [f"{printable(deal.name or deal.id)}, {valuation.rows[0].date}"]
    for contract in dict.fromkeys(row.contract for row in valuation.rows):
        rows = [row for row in valuation.rows if row.contract == contract]
        parts += [_headline(rows), _by_part(rows), _other(rows), offtake_text(rows), *risk_text(rows), _exposure(rows, valuation)]
    return "\n\n".join(part for part in parts if part)


def _headline(rows: list[Row]) -> str:
    """Values of the whole contract, each with its method and what it leaves out; void ones only stand in the JSON."""
    first = next((row for row in rows if row.measure == "value" and row.part is None), rows[0])
    worth = f"worth {usd(first.value, first.standard_error)} USD to {first.party} " if first.measure == "value" else ""
    lines = [f"{first.contract}: {worth}by {first.method}{_said(first) if worth else ''}"]
    for row in rows:
        seen = (row.party == first.party or row.measure not in EITHER_SIDE) and row.measure not in EXPOSURES
        beside = row.method == "quantlib" and row is not first
        if row.part is None and seen and beside and row.unit == "USD" and row.value is not None:
            label = row.measure.removeprefix("value_").replace("_", " ")
            lines.append(f"  quantlib {label}: {usd(row.value)} USD{_said(row)}")
    return lines_of(lines)


def _said(row: Row) -> str:
    return f" ({row.error_note})" if row.error_note else ""


def lines_of(lines: list[str]) -> str:
    """Lines joined, each made safe for a terminal."""
    return "\n".join(printable(line) for line in lines)


MOST_PARTS = 24
"""Of a longer ladder only some parts are shown."""


def _by_part(rows: list[Row]) -> str:
    """A table of the default method's numbers, a line for each part and one for all."""
    method, first = rows[0].method, rows[0].party
    # the first row of a part is its holder's: classes of notes have holders of their own
    mine = [
        row
        for row in rows
        if row.method == method
        and row.alternative is None
        and (row.part is not None or row.party == first or row.measure not in EITHER_SIDE)
    ]
    shown = {column.measure for column in COLUMNS}
    parts = list(dict.fromkeys(row.part for row in mine if row.part is not None and row.measure in shown))
    columns = [column for column in COLUMNS if any(_fits(row, column) and row.part is not None for row in mine)]
    if not parts or not columns:
        return ""
    body = []
    one_holder = all(next(row.party for row in mine if row.part == part) == rows[0].party for part in parts)
    listed = parts if len(parts) <= MOST_PARTS else [*parts[: -1 : -(-len(parts) // MOST_PARTS)], parts[-1]]
    for part in [*listed, None] if one_holder else listed:
        cells = [part or "all"]
        for column in columns:
            found = next((row for row in mine if row.part == part and _fits(row, column)), None)
            cells.append(_shown(found) if found else "")
        body.append(cells)
    header = [PARTS.get(rows[0].kind or "", "tranche"), *(column.title for column in columns)]
    shown_of = f"\n{len(listed)} of {len(parts)} parts; the JSON has all" if len(listed) < len(parts) else ""
    return table(header, body, right=range(1, len(columns) + 1)) + shown_of


def _fits(row: Row, column: Column) -> bool:
    return row.measure == column.measure and column.probability in (None, row.probability)


def _shown(row: Row) -> str:
    if row.unit in ("USD", "USD/unit"):
        return usd(row.value, row.standard_error)
    if row.unit in ("fraction", "probability", "rate"):
        return percent(row.value, row.standard_error)
    return number(row.value, row.standard_error)


def _other(rows: list[Row]) -> str:
    """Named measures of the whole contract, and of its parts where their line says so."""
    lines = []
    by_part = {row.measure for row in rows if row.part is not None}
    for row in rows:
        line = LINES.get(row.measure)
        if line is None or (row.part is not None and not line.parts) or (row.method == "quantlib" and not line.by_method):
            continue
        if line.unless_by_part and row.measure in by_part:
            continue
        if row.kind == "loan" and row.measure in OTHERS:
            continue  # with the other risk measures of a loan
        if line.own_side and row.party != rows[0].party:
            continue
        part = f" ({row.part})" if row.part else f" of {row.party}" if line.by_party else ""
        odds = f" ({row.probability.replace('_', ' ')})" if row.probability not in (None, "pricing") else ""
        method = f" by {row.method}" if line.by_method else ""
        unit = line.unit or ("USD" if row.unit == "USD" and not line.by_method else "")
        figure = usd(row.value, row.standard_error) if line.unit else _shown(row)
        lines.append(f"{line.title}{part}{odds}{method}: {figure} {unit}".rstrip())
    return lines_of(lines)


SMALL = 0.005
"""Alternatives that move the value by less than this share of the largest move are counted, not listed."""


def _exposure(rows: list[Row], valuation: Valuation) -> str:
    found = [row for row in rows if row.measure == "exposure"]
    most = max((abs(row.value or 0.0) for row in found), default=0.0)
    listed = [row for row in found if abs(row.value or 0.0) > SMALL * most]
    if not listed:
        return ""
    basis = {item.path: item.basis for item in valuation.assumptions}
    body = [
        [row.assumption or "", basis.get(row.assumption or "", ""), row.alternative or "", usd(row.value, row.standard_error)]
        for row in listed
    ]
    title = "What the value rests on: change of value at each alternative, the other terms at base"
    whole = [f"from lowest to highest {usd(row.value)} USD: {row.error_note}" for row in rows if row.measure == "value_soft_range"]
    rest = [f"{len(found) - len(listed)} more move it by less than {usd(SMALL * most)} USD"] if len(found) > len(listed) else []
    return "\n".join([title, *whole, table(["assumption", "basis", "alternative", "change, USD"], body, right=(3,)), *rest])
