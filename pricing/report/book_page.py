"""The page of a book: its total, how values are spread, kinds, scenarios, the largest rows, and what failed."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import polars as pl

from curves import Market
from pricing.books.pricer import BookResult
from pricing.books.slices import BASE
from pricing.cli.figures import usd
from pricing.report.common import MOVES, audit_lines, in_words, provenance_section, remarks_section
from pricing.report.figures import PLAIN, Bar, Dot, bars, columns, dots, usd_scale
from pricing.report.page import Chart, Page, Section, Tile, number, section, table, text
from pricing.report.plots import kind_bars, kind_totals

MOST_ROWS = 200
"""Rows of the table of contracts: the largest by size; the command that writes all is named."""
BINS = 24
FEW = 30
"""Contracts that are drawn one by one."""


def book_page(found: BookResult, market: Market, target: str) -> Page:
    """The page of a priced book.

    Args:
        found, market: what was priced, and on what. target: how the book is named on the command line.
    """
    base = found.results.filter(pl.col("scenario") == BASE)
    sections: list[Section | None] = [
        _kinds_section(base),
        _spread_section(base),
        _scenarios_section(found),
        _largest_section(base, target),
        _failures_section(found),
        provenance_section(None, market),
        remarks_section(found.warnings, ()),
    ]
    audit = found.audit
    return Page(
        kind="book of contracts",
        title=f"{base.height:,} contracts, {market.as_of}",
        subtitle=f"{target}; {found.failures.height:,} rows could not be priced; ± is one standard error",
        answer=tuple(_answer(found, base)),
        tiles=(
            Tile(f"{usd(found.total)} USD", "total of the base case"),
            Tile(f"{base.height:,}", "contracts priced"),
            Tile(f"{found.failures.height:,}", "problems"),
            *(Tile(f"{usd(_error(base))} USD", "standard error of the total") for _ in range(1) if _error(base) > 0.0),
        ),
        sections=tuple(one for one in sections if one is not None),
        left_out=(
            ("Every row", f"gpufin batch {target} --output FILE.parquet"),
            (
                "What each market factor does to each loan (deltas), and totals as a spreadsheet",
                f"gpufin batch {target} --summary FILE.xlsx",
            ),
        ),
        audit=audit_lines(audit, f"gpufin report {target} --paths {audit['paths']} --seed {audit['seed']}"),
    )


def _error(base: pl.DataFrame) -> float:
    """Error of the total where rows are simulated on streams of their own."""
    return math.sqrt(math.fsum(float(error) ** 2 for error in base["standard_error"] if error))


def _answer(found: BookResult, base: pl.DataFrame) -> list[str]:
    said = [f"{base.height:,} contracts are worth {usd(found.total)} USD together; {found.failures.height:,} more could not be priced."]
    if base.height:
        top = base.sort(pl.col("value").abs(), descending=True).head(5)
        whole = math.fsum(abs(value) for value in base["value"])
        if whole > 0.0:
            share = math.fsum(abs(value) for value in top["value"]) / whole
            said.append(
                f"The five largest hold {100.0 * share:.0f} % of all values by size; "
                f"the largest is {top['id'][0] or top['row'][0]}, {usd(top['value'][0])} USD."
            )
    totals = _totals(found)
    if len(totals) > 1:
        worst = min(totals, key=lambda label: totals[label])
        said.append(f"Under the worst of {len(totals) - 1} scenarios, {worst}, the book is worth {usd(totals[worst])} USD.")
    return said


def _totals(found: BookResult) -> dict[str, float]:
    """Sum of values by scenario, correctly rounded."""
    labels = found.results["scenario"].unique(maintain_order=True).to_list()
    return {label: math.fsum(found.results.filter(pl.col("scenario") == label)["value"]) for label in labels}


def _kinds_section(base: pl.DataFrame) -> Section | None:
    figure = kind_bars(base)
    if figure is None:
        return None
    body = [
        [text(in_words(kind)), number(f"{count:,}", count), number(usd(total), total), text(methods)]
        for kind, count, total, methods in kind_totals(base)
    ]
    numbers = table("", ("kind", "contracts", "total, USD", "methods"), body, right=(1, 2))
    return section("What the book holds", Chart("kinds", "Total value by kind of contract", figure, "", numbers))


def _spread_section(base: pl.DataFrame) -> Section | None:
    """Every contract of a small book, a histogram of a large one."""
    if base.height < 2:
        return None
    if base.height <= FEW:
        order = base.sort("value", descending=True, maintain_order=True).select("id", "row", "value", "standard_error").iter_rows()
        said = [Dot(str(ident or f"row {row}"), value, error, f"{usd(value, error)} USD") for ident, row, value, error in order]
        scale = usd_scale([dot.value for dot in said])
        return section(
            "Contract by contract", Chart("spread", "Value of each contract", dots(said, scale=scale, axis=scale.unit), "Bars are 95 %.")
        )
    counts, edges = np.histogram(base["value"].to_numpy(), bins=BINS)
    labels = [f"{usd(float(low))} to {usd(float(high))}" for low, high in pairwise(edges)]
    heights, said_ = [float(count) for count in counts], [f"{count:,} contracts" for count in counts]
    figure = columns(labels, {"contracts": heights}, {"contracts": said_}, scale=PLAIN, axis="contracts")
    figure["layout"] |= {"showlegend": False, "bargap": 0.08}
    figure["layout"]["margin"]["t"] = 10
    body = [[number(label, float(low)), number(f"{count:,}", int(count))] for label, low, count in zip(labels, edges, counts, strict=False)]
    numbers = table("", ("value, USD", "contracts"), body, right=(0, 1))
    return section("How values are spread", Chart("spread", "Contracts by value, USD", figure, "", numbers))


def _scenarios_section(found: BookResult) -> Section | None:
    totals = _totals(found)
    if len(totals) < 2:
        return None
    base = totals[BASE]
    moved = sorted(((label, total - base) for label, total in totals.items() if label != BASE), key=lambda item: item[1])
    said = [
        Bar(label, move, f"{usd(move)} USD, to {usd(totals[label])} USD", "lowers" if move < 0.0 else "raises") for label, move in moved
    ]
    scale = usd_scale([move for _, move in moved])
    body = [[text(label), number(usd(total), total), number(usd(total - base), total - base)] for label, total in totals.items()]
    chart = Chart(
        "scenarios",
        "Change of the total by scenario",
        bars(said, scale=scale, axis=scale.unit, colours=MOVES),
        "",
        table("", ("scenario", "total, USD", "against base"), body, right=(1, 2)),
    )
    return section("Under scenarios", chart)


def _largest_section(base: pl.DataFrame, target: str) -> Section | None:
    if not base.height:
        return None
    top = base.sort(pl.col("value").abs(), descending=True, maintain_order=True).head(MOST_ROWS)
    body = [
        [
            number(str(row), row),
            text(ident),
            text(in_words(kind)),
            number(usd(value, error), value),
            text(in_words(method) if method else ""),
            text(note),
        ]
        for row, ident, kind, value, error, method, note in top.select(
            "row", "id", "kind", "value", "standard_error", "method", "error_note"
        ).iter_rows()
    ]
    more = f"The {top.height:,} largest of {base.height:,}" if base.height > top.height else ""
    return section("Contracts", table(more, ("row", "id", "kind", "value, USD", "method", "note"), body, right=(0, 3)))


def _failures_section(found: BookResult) -> Section | None:
    lost = found.failures
    if not lost.height:
        return None
    counted = lost.group_by("reason", "field", maintain_order=True).len().sort("len", descending=True, maintain_order=True)
    kinds = [[text(in_words(reason)), text(field), number(f"{count:,}", count)] for reason, field, count in counted.iter_rows()]
    body = [
        [number(str(row), row), text(ident), text(field), text(value), text(allowed), text(remedy)]
        for row, ident, field, value, allowed, remedy in lost.select("row", "id", "field", "value", "allowed", "remedy")
        .head(MOST_ROWS)
        .iter_rows()
    ]
    more = f"The first {MOST_ROWS:,} of {lost.height:,}" if lost.height > MOST_ROWS else "Row by row"
    return section(
        "What could not be priced",
        table("By reason", ("reason", "field", "rows"), kinds, right=(2,)),
        table(more, ("row", "id", "field", "value", "what is allowed", "what to do"), body, right=(0,)),
    )
