"""`gpufin web`: how much of a web goes round, what stands behind the headlines, whose value hangs on whose."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

from curves.files import load_market
from instruments.files.webs import load_web
from instruments.web import Web
from pricing.cli.figures import number, percent, table, usd
from pricing.cli.inputs import say, say_failures
from pricing.web.report import analyse_web
from pricing.web.rows import WebReport, WebRow

HEADINGS = {
    "finn_index": "recycled share of activity (Finn index)",
    "path_length": "activity per outside dollar (path length)",
    "circularity": "goes round in the period, USD",
    "circularity_of_inside": "goes round, share of inside flows",
    "activity": "activity in the period, USD",
    "new_external_share": "new external cash over activity",
    "coverage": "edges with an amount",
}
NODE_MEASURES = ("self_funded", "revenue_reported", "revenue_from_customers")
SPLIT = ("balance_multiplier", "outside_multiplier", "fire_sale", "default_cost", "belief", "business")
RUNGS = ("headline", "firm", "drawn", "drawn_outside")


def run(arguments: Namespace) -> int:
    """Exit code 0, or 4 where a perimeter or contract failed."""
    web = load_web(arguments.web)
    place = Path(arguments.web)
    sibling = (place if place.is_dir() else place.parent) / "market.toml"
    market = load_market(arguments.market or sibling) if arguments.market or sibling.exists() else None
    report = analyse_web(web, market, perimeters=arguments.perimeter, paths=arguments.paths, seed=arguments.seed)
    if arguments.format == "json":
        sys.stdout.write(report.to_json())
    else:
        print(text_of(web, report))
    say(report.warnings, "note")
    say_failures(report.failures)
    return 4 if report.failures else 0


def text_of(web: Web, report: WebReport) -> str:
    """The report for a terminal: intervals as 'low to high', what a search reached in brackets."""
    parts = [f"{web.name or web.id}, flows from {web.period.start} to {web.period.end}"]
    names = list(dict.fromkeys(row.perimeter for row in report.rows if row.measure == "finn_index"))
    scenarios = list(dict.fromkeys(row.scenario for row in report.rows if row.measure == "finn_index"))
    for scenario in scenarios:
        body = []
        for measure, heading in HEADINGS.items():
            found = {row.perimeter: row for row in report.rows if row.measure == measure and row.scenario == scenario}
            body.append([heading, *(shown(found[name]) if name in found else "" for name in names)])
        parts.append(table([f"knock-out {scenario}" if scenario else "index", *map(str, names)], body, right=range(1, len(names) + 1)))
    parts += [
        part
        for part in (_nodes(report, names), _ladder(report), _matrix(report), _sweep(report), _savings(report), _contracts(report))
        if part
    ]
    return "\n\n".join(parts)


def shown(row: WebRow) -> str:
    """A value, or an interval as 'low to high' with what is reached in brackets."""
    show = usd if row.unit == "USD" else percent if row.unit == "fraction" else number
    if row.value is not None:
        return show(row.value)
    ends = f"{show(row.low)} to {show(row.high)}" if row.high is not None else f"at least {show(row.low)}"
    reached = (row.attained_low, row.attained_high)
    return ends if None in reached or reached == (row.low, row.high) else f"{ends} ({show(reached[0])} to {show(reached[1])})"


def _nodes(report: WebReport, names: list[str | None]) -> str:
    here = [row for row in report.rows if row.measure in NODE_MEASURES and row.perimeter == names[0]] if names else []
    parties = list(dict.fromkeys(row.party for row in here))
    cells = {(row.party, row.measure): shown(row) for row in here}
    header = [f"entity ({names[0]})" if names else "entity", "funds itself", "revenue, USD", "traced to end customers, USD"]
    return table(header, [[str(p), *(cells.get((p, m), "") for m in NODE_MEASURES)] for p in parties], right=(1, 2, 3)) if here else ""


def _ladder(report: WebReport) -> str:
    rows = {(row.kind, row.measure): shown(row) for row in report.rows if row.measure in RUNGS}
    layers = list(dict.fromkeys(kind for kind, _ in rows))
    body = [[str(layer), *(rows[layer, rung] for rung in RUNGS)] for layer in layers]
    return table(["layer, USD", "headline", "firm", "drawn", "drawn from outside"], body, right=(1, 2, 3, 4)) if body else ""


def _matrix(report: WebReport) -> str:
    entries = [[str(row.part), str(row.party), str(row.kind), shown(row)] for row in report.rows if row.measure == "value_effect"]
    if not entries:
        return ""
    sums = [
        [row.measure.replace("_", " "), row.part or "", shown(row)]
        for row in report.rows
        if row.measure in ("spectral_radius", "resonance_margin", "gross_multiplier")
    ]
    return (
        table(["if this falls by 1", "this falls by", "through", "effect"], entries, right=(3,))
        + "\n\n"
        + table(["resonance", "shock to", "value"], sums, right=(2,))
    )


def _sweep(report: WebReport) -> str:
    found: dict[tuple[str | None, str | None], dict[str, WebRow]] = {}
    for row in report.rows:
        if row.measure in ("first_break", "tipping_size", "first_link", "outside_multiplier", "balance_multiplier", "friction"):
            found.setdefault((row.kind, row.part), {})[(row.source if row.measure == "friction" else None) or row.measure] = row
    body = [
        [
            str(kind),
            str(node),
            *(_break(rows.get(name)) for name in ("first_break", "tipping_size")),
            f"{link.source}, {usd(link.value)}" if (link := rows.get("first_link")) else "",
            *(number(row.value) if (row := rows.get(name)) else "" for name in SPLIT),
        ]
        for (kind, node), rows in found.items()
    ]
    header = [
        "shock",
        "to",
        "first break",
        "first other default",
        "first link to break",
        "gross",
        "outside",
        *(name.replace("_", " ") for name in SPLIT[2:]),
    ]
    return table(header, body, right=range(5, 11)) if body else ""


def _break(row: WebRow | None) -> str:
    return "" if row is None else "never" if row.value is None else f"{percent(row.value)} {row.party}"


def _savings(report: WebReport) -> str:
    body = [[str(row.kind), str(row.part), row.party or "", usd(row.value)] for row in report.rows if row.measure == "removal_saving"]
    pairs = [
        [str(row.party), row.part or "", number(row.value) if row.value is not None else (row.error_note or "")]
        for row in report.rows
        if row.measure == "superadditivity"
    ]
    tables = [table(["holders", "worst pair of shocks", "together over apart"], pairs, right=(2,))] if pairs else []
    tables += [table(["removed", "from", "to", "frictions saved, USD"], body, right=(3,))] if body else []
    return "\n\n".join(tables)


def _contracts(report: WebReport) -> str:
    body = [
        [str(row.contract), row.party or "", usd(row.value, row.standard_error), row.method or ""]
        for row in report.rows
        if row.measure == "value"
    ]
    return table(["contract", "to", "value, USD", "method"], body, right=(2,)) if body else ""
