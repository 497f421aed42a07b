"""`.plot()` of results and their plain tables in notebooks: the same charts as on the pages."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from instruments.ground.errors import InputError
from instruments.ground.messages import problem
from pricing.cli.figures import usd
from pricing.report.bundle import check_plotly
from pricing.report.common import MOVES, in_words, shown
from pricing.report.figures import BLUE, ORANGE, PLAIN, Bar, Dot, Span, bars, dots, spans, usd_scale
from pricing.results import Row

if TYPE_CHECKING:
    import polars as pl

    from pricing.risk.transfer.report import RiskTransfer, View

SIGN = {"receives more than it gives": BLUE, "gives more than it receives": ORANGE}
NOTHING = 1e-4
"""Amounts below this share of the largest are not drawn."""
MOST_ROWS = 60
"""Of a plain table in a notebook; the frame has all."""
PLAIN_COLUMNS = ("contract", "part", "party", "scenario", "date", "measure", "value", "unit", "standard_error", "method")
Name = Callable[[object], str]
Drawing = dict[str, Any] | None


def drawn(figure: Drawing, what: str) -> Any:
    """A chart as a plotly figure.

    Raises:
        InputError: plotly is not installed: pip install plotly. Or the result holds nothing to draw.
    """
    check_plotly(what)
    if figure is None:
        raise InputError(problem("bad_option", subject=what, value="no rows", expected="a result with values", hint="ask for the value"))
    import plotly.graph_objects as go  # an extra

    axes = {name: {"automargin": True, **figure["layout"].get(name, {})} for name in ("xaxis", "yaxis")}
    return go.Figure(data=figure["data"], layout={**figure["layout"], **axes, "template": "plotly_white"})


def held_values(rows: Iterable[Row]) -> list[Row]:
    """Values of whole contracts to those that hold them, by every method: the party of the contract's first value; where a contract has
    more than two sides, as notes have, every party to whom it is worth something.
    """
    values = [row for row in rows if row.measure == "value" and row.part is None and row.value is not None]
    holders: dict[str | None, set[str | None]] = {}
    for row in values:
        mine = [each for each in values if (each.contract, each.method) == (row.contract, row.method)]
        many = len({each.party for each in mine}) > 2
        holders.setdefault(row.contract, {each.party for each in mine if (each.value or 0.0) > 0.0} if many else {row.party})
    return [row for row in values if row.party in holders[row.contract]]


def value_dots(rows: Iterable[Row], name: Name = in_words) -> Drawing:
    """Value of each claim with its error, by each method."""
    said = [
        Dot(
            f"{in_words(row.contract)}, to {name(row.party)}",
            row.value or 0.0,
            row.standard_error,
            f"{shown(row)} USD by {row.method}",
            in_words(row.method).replace("quantlib", "QuantLib"),
        )
        for row in held_values(rows)
    ]
    scale = usd_scale([dot.value for dot in said])
    return dots(said, scale=scale, axis=f"value, {scale.unit}") if said else None


def party_rows(rows: Iterable[Row]) -> list[Row]:
    """Present values of whole ledgers by party or account; of each ledger they sum to nought."""
    return [row for row in rows if row.measure == "value" and row.part in ("all its contracts", "all its postings")]


def party_bars(rows: Iterable[Row], name: Name = in_words) -> Drawing:
    """Who gains and who gives by each ledger, discounted; an account is counted to its owner."""
    mine = party_rows(rows)
    several = len({row.contract for row in mine}) > 1
    total: dict[str, float] = {}
    for row in mine:
        label = name(str(row.party).split("/")[0]) + (f" ({in_words(row.contract)})" if several else "")
        total[label] = total.get(label, 0.0) + (row.value or 0.0)
    most = max(map(abs, total.values()), default=0.0)
    said = [
        Bar(label, value, f"{usd(value)} USD", "receives more than it gives" if value >= 0.0 else "gives more than it receives")
        for label, value in sorted(total.items(), key=lambda item: -item[1])
        if abs(value) > NOTHING * most
    ]
    scale = usd_scale([bar.value for bar in said])
    return bars(said, scale=scale, axis=f"present value, {scale.unit}", colours=SIGN) if said else None


def scenario_bars(rows: Sequence[Row]) -> Drawing:
    """Change of value by scenario, of one contract to one party; rows of the scenario 'base' and others."""
    base = next((row.value for row in rows if row.scenario == "base"), None)
    if base is None:
        return None
    moved = sorted((row for row in rows if row.scenario != "base" and row.value is not None), key=lambda row: row.value or 0.0)
    said = [
        Bar(
            str(row.scenario),
            (row.value or 0.0) - base,
            f"{usd((row.value or 0.0) - base)} USD, to {shown(row)} USD",
            "lowers" if (row.value or 0.0) < base else "raises",
        )
        for row in moved
    ]
    scale = usd_scale([bar.value for bar in said])
    return bars(said, scale=scale, axis=f"change of value, {scale.unit}", colours=MOVES) if said else None


def stress_bars(rows: Sequence[Row]) -> Drawing:
    """The same for the first contract, to its holder."""
    if not rows:
        return None
    head = rows[0]
    return scenario_bars([row for row in rows if (row.contract, row.party) == (head.contract, head.party)])


def index_spans(rows: Iterable[Row]) -> Drawing:
    """The Finn index of a web under its perimeters and knock-outs: bounds, and what is reached."""
    said: list[Span] = []
    for row in rows:
        if row.measure == "finn_index":
            ends = [getattr(row, name) for name in ("low", "high", "attained_low", "attained_high")]
            label = in_words(getattr(row, "perimeter", "")) + (f", {in_words(row.scenario)}" if row.scenario else "")
            said.append((label, *ends, label))  # type: ignore[arg-type]
    return spans(said, scale=PLAIN, axis="recycled share of activity", percent=True) if said else None


def transfer_bars(found: RiskTransfer, view: View) -> Drawing:
    """Loss that each design moves between holders."""
    from pricing.report.project_page import Reading, moves_figure

    return None if found.compared is None else moves_figure(Reading(found, found.compared.project), view)


def kind_totals(base: pl.DataFrame) -> list[tuple[str, int, float, str]]:
    """Kind, contracts, total and methods of a priced book's base case, the largest first."""
    import polars as pl

    rows = []
    for kind in base["kind"].unique(maintain_order=True).to_list():
        mine = base.filter(pl.col("kind") == kind)
        methods = ", ".join(sorted({in_words(name) for name in mine["method"] if name}))
        rows.append((str(kind), mine.height, math.fsum(mine["value"]), methods))
    return sorted(rows, key=lambda row: -abs(row[2]))


def kind_bars(base: pl.DataFrame) -> Drawing:
    """Total value of a book by kind of contract."""
    rows = kind_totals(base)
    scale = usd_scale([total for _, _, total, _ in rows])
    said = [Bar(in_words(kind), total, f"{usd(total)} USD in {count:,} contracts") for kind, count, total, _ in rows]
    return bars(said, scale=scale, axis=scale.unit) if said else None


def plain_table(frame: pl.DataFrame) -> str:
    """A frame of results as a plain HTML table for a notebook: no plotly, no script; text escaped, empty columns left out."""
    kept = [name for name in PLAIN_COLUMNS if name in frame.columns and frame[name].null_count() < frame.height]
    further = [
        name
        for name in ("perimeter", "design", "low", "high", "quantile")
        if name in frame.columns and frame[name].null_count() < frame.height
    ]
    columns = [*kept, *further]
    head = "".join(f"<th>{escape(in_words(name))}</th>" for name in columns)
    lines = ["".join(_plain_cell(value) for value in line) for line in frame.select(columns).head(MOST_ROWS).iter_rows()]
    more = f"<p>{MOST_ROWS} of {frame.height:,} rows; the frame has all</p>" if frame.height > MOST_ROWS else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(f'<tr>{line}</tr>' for line in lines)}</tbody></table>{more}"


def _plain_cell(value: object) -> str:
    if isinstance(value, float):
        return f'<td style="text-align:right">{value:,.6g}</td>'
    return f"<td>{'' if value is None else escape(str(value))}</td>"
