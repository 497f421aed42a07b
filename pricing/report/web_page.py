"""The page of a web: how much goes round under each perimeter, what stands behind the headlines, which link breaks first."""

from __future__ import annotations

from collections.abc import Sequence

from instruments.ground.provenance import Provenance
from instruments.web import Web
from pricing.cli.figures import number as plain_number, percent, usd
from pricing.cli.run_web import HEADINGS, RUNGS, SPLIT, shown as shown_span
from pricing.report.common import assumptions_section, audit_lines, in_words, of, provenance_section, remarks_section, row_cell
from pricing.report.figures import BLUE, GREEN, ORANGE, PLAIN, Line, Scale, Span, lines, spans, usd_scale
from pricing.report.page import Block, Body, Cell, Chart, Page, Section, Switch, Table, Tile, Words, number, section, table, text
from pricing.report.web_flows import flow_picture
from pricing.web.graph import perimeters_of
from pricing.web.rows import WebReport, WebRow

MOST_NODES = 24
"""Entities of a chart; the table has all."""


def span_cell(row: WebRow | None) -> Cell:
    """An interval or a value as the terminal shows it, sorted by its value or lower end."""
    return Cell("") if row is None else number(shown_span(row), row.value if row.value is not None else row.low)


class WebReading:
    """Rows of a web report by perimeter and knock-out."""

    def __init__(self, web: Web, found: WebReport) -> None:
        self.web, self.found = web, found
        indexed = of(found.rows, "finn_index")
        self.perimeters = [str(name) for name in dict.fromkeys(getattr(row, "perimeter", None) for row in indexed)]
        self.scenarios = list(dict.fromkeys(row.scenario for row in indexed))

    def index(self, measure: str, perimeter: str, scenario: str | None = None) -> WebRow | None:
        """An index of the whole web."""
        return next(
            (
                row
                for row in self.found.rows
                if (row.measure, row.perimeter, row.scenario) == (measure, perimeter, scenario) and row.party is None
            ),
            None,
        )

    def name(self, entity: object) -> str:
        """An entity's name in words."""
        known = self.web.entities.get(str(entity))
        return known.name if known is not None and known.name else in_words(entity)


def web_page(web: Web, found: WebReport, target: str) -> Page:
    """The page of a web.

    Args:
        web, found: what was analysed, and what came out. target: how the web is named on the command line.
    """
    read = WebReading(web, found)
    sections: list[Section | None] = [
        _round_section(read),
        _breaks_section(read),
        _knocked_section(read),
        _depth_section(read),
        _ladder_section(read),
        _matrix_section(read),
        _contracts_section(read),
        assumptions_section(found.assumptions),
        provenance_section(None, None, _sources(web)),
        remarks_section(found.warnings, found.failures),
    ]
    return Page(
        kind="web of firms",
        title=web.name or in_words(web.id),
        subtitle=f"flows from {web.period.start} to {web.period.end}; what is not known is an interval, "
        "'low to high', with what amounts inside it reach in brackets",
        answer=tuple(_answer(read)),
        tiles=tuple(_tiles(read)),
        sections=tuple(one for one in sections if one is not None),
        left_out=(("Every row, with its bounds", f"gpufin web {target} --format json"),),
        audit=audit_lines(found.audit, f"gpufin report {target} --seed {found.audit['seed']}"),
    )


def _answer(read: WebReading) -> list[str]:
    said = []
    for at, perimeter in enumerate(read.perimeters):
        finn, round_, inside = (read.index(name, perimeter) for name in ("finn_index", "circularity", "circularity_of_inside"))
        if finn is None:
            continue
        amount = f": {shown_span(round_)} USD goes round, {shown_span(inside)} of what firms pay one another" if round_ and inside else ""
        whose = "of all activity is" if at == 0 else "is"
        said.append(f"Under the perimeter '{in_words(perimeter)}' {shown_span(finn)} {whose} recycled money{amount}.")
    links = [row for row in of(read.found.rows, "first_link") if row.value is not None]
    breaks = [row for row in of(read.found.rows, "first_break") if row.value is not None]
    if breaks:
        worst = min(breaks, key=lambda row: row.value or 0.0)
        link = next((row for row in links if (row.kind, row.part) == (worst.kind, worst.part)), None)
        ends = f"; the first link to break is {getattr(link, 'source', '')}, {usd(link.value)} USD" if link is not None else ""
        said.append(
            f"A shock of {percent(worst.value)} to {read.name(worst.part)} ({in_words(worst.kind)}) is the smallest that breaks something: "
            f"{read.name(worst.party)} goes first{ends}."
        )
    depths = [
        row for row in of(read.found.rows, "flow_depth") if getattr(row, "perimeter", None) == read.perimeters[0] and row.value is not None
    ]
    if depths:
        deepest = max(depths, key=lambda row: row.value or 0.0)
        said.append(
            f"A dollar that is at {read.name(deepest.party)} has passed through {plain_number(deepest.value)} firms: the deepest doll."
        )
    return said or ["No cash flows inside this web."]


def _tiles(read: WebReading) -> list[Tile]:
    tiles = []
    for perimeter in read.perimeters[:2]:
        for measure, title in (("finn_index", "of activity is recycled"), ("path_length", "activity per outside dollar")):
            row = read.index(measure, perimeter)
            if row is not None:
                tiles.append(Tile(shown_span(row).split(" (")[0], f"{title}, {in_words(perimeter)}"))
    return tiles


def _round_section(read: WebReading) -> Section | None:
    """The perimeter switch: flows with their circular part, indices, entities."""
    panels: list[tuple[str, tuple[Block, ...]]] = []
    known = perimeters_of(read.web, tuple(read.perimeters)) if len(read.perimeters) > 1 else {}
    for at, perimeter in enumerate(read.perimeters):
        blocks: list[Block | None] = [
            flow_picture(read.web, perimeter, known.get(perimeter), read.name, at),
            _index_table(read, perimeter),
            *_entities(read, perimeter, at),
        ]
        panels.append((in_words(perimeter), tuple(block for block in blocks if block is not None)))
    if not panels:
        return None
    words = Words(("Which firms count as one is a choice, and part of the answer: the same flows under each perimeter.",))
    return section("What goes round", words, Switch("perimeter", "perimeter", tuple(panels)))


def _index_table(read: WebReading, perimeter: str) -> Table:
    body = []
    for measure, heading in HEADINGS.items():
        row = read.index(measure, perimeter)
        if row is not None:
            body.append([text(heading), span_cell(row), text(row.method)])
    return table("Indices of the whole", ("index", "value", "how it is bounded"), body, right=(1,))


def _entities(read: WebReading, perimeter: str, at: int) -> tuple[Block | None, ...]:
    rows = [row for row in read.found.rows if row.perimeter == perimeter and row.scenario is None and row.party is not None]
    known = {(row.measure, row.party): row for row in rows}
    parties = list(dict.fromkeys(row.party for row in rows if row.measure == "self_funded"))
    measures = ("self_funded", "revenue_reported", "revenue_net_of_recycled", "revenue_from_customers", "flow_depth")
    head = (
        "entity",
        "funds itself",
        "revenue, USD",
        "net of recycled, USD",
        "traced to end customers, USD",
        "firms a dollar here has passed",
    )
    body = [[text(read.name(party)), *(span_cell(known.get((measure, party))) for measure in measures)] for party in parties]
    if not body:
        return ()
    order = sorted((known["self_funded", party] for party in parties), key=lambda row: -(row.low or 0.0))[:MOST_NODES]
    figure = spans(
        [(read.name(row.party), row.low, row.high, row.attained_low, row.attained_high, shown_span(row)) for row in order],
        scale=PLAIN,
        axis="",
        percent=True,
    )
    note = "Chance that a dollar paid by the firm comes back to it. Thin: bounds over all unknown amounts; thick: what some of them reach."
    chart = Chart(f"self-funded-{at}", "How much of its revenue each firm funds itself", figure, note)
    return chart, table("By entity", head, body, right=range(1, 6))


def _breaks_section(read: WebReading) -> Section | None:
    """Shocks: what breaks first, and who pays."""
    found: dict[tuple[str | None, str | None], dict[str, WebRow]] = {}
    for row in of(read.found.rows, "first_break", "tipping_size", "first_link", "outside_multiplier", "balance_multiplier", "friction"):
        assert isinstance(row, WebRow)
        found.setdefault((row.kind, row.part), {})[(row.source if row.measure == "friction" else None) or row.measure] = row
    body = []
    for (kind, node), rows in found.items():
        link = rows.get("first_link")
        body.append(
            [
                text(in_words(kind)),
                text(read.name(node)),
                _break(read, rows.get("first_break")),
                _break(read, rows.get("tipping_size")),
                number(f"{link.source}, {usd(link.value)} USD", link.value) if link is not None else Cell(""),
                *(row_cell(rows.get(name)) for name in SPLIT),
            ]
        )
    if not body:
        return None
    head = (
        "shock",
        "to",
        "first to break, at",
        "first other default, at",
        "first link to break",
        "gross",
        "outside",
        *(in_words(name) for name in SPLIT[2:]),
    )
    savings = [
        [text(in_words(row.kind)), text(read.name(row.part)), text(read.name(row.party) if row.party else ""), row_cell(row)]
        for row in of(read.found.rows, "removal_saving")
    ]
    pairs = [
        [text(in_words(row.party)), text(row.part), row_cell(row) if row.value is not None else text(row.error_note)]
        for row in of(read.found.rows, "superadditivity")
    ]
    return section(
        "The first link to break",
        Words(("Each firm and asset is shocked until something gives way. What the shock costs outsiders over its own size: 'outside'.",)),
        table("", head, body, right=range(5, 5 + len(SPLIT))),
        table("Frictions saved by outside money in place of a firm or a link", ("removed", "from", "to", "saved, USD"), savings, right=(3,))
        if savings
        else None,
        table("Two shocks together over the same apart", ("holders", "worst pair", "ratio"), pairs, right=(2,)) if pairs else None,
    )


def _break(read: WebReading, row: WebRow | None) -> Cell:
    if row is None:
        return Cell("")
    return text("never") if row.value is None else number(f"{percent(row.value)} {read.name(row.party)}", row.value)


def _knocked_section(read: WebReading) -> Section | None:
    if len(read.scenarios) < 2:
        return None
    panels: list[tuple[str, tuple[Block, ...]]] = []
    for at, perimeter in enumerate(read.perimeters):
        body: Body = []
        drawn: list[Span] = []
        for scenario in read.scenarios:
            label = in_words(scenario) if scenario else "as it is"
            rows = [
                read.index(measure, perimeter, scenario)
                for measure in ("finn_index", "path_length", "circularity", "circularity_of_inside")
            ]
            body.append([text(label), *(span_cell(row) for row in rows)])
            if rows[0] is not None:
                drawn.append((label, rows[0].low, rows[0].high, rows[0].attained_low, rows[0].attained_high, shown_span(rows[0])))
        head = ("knock-out", "recycled share", "activity per outside dollar", "goes round, USD", "of inside flows")
        chart = Chart(
            f"knocked-{at}",
            "Recycled share of activity (Finn index)",
            spans(drawn, scale=PLAIN, axis="", percent=True),
            "",
            table("", head, body, right=range(1, 5)),
        )
        panels.append((in_words(perimeter), (chart,)))
    words = Words(("A link is taken out by putting outside money in its place, both ways, so that nobody has less to spend.",))
    return section("What each link carries", words, Switch("knocked", "perimeter", tuple(panels)))


def _depth_section(read: WebReading) -> Section | None:
    """How deep the dolls are: rounds of activity, and claims secured on claims."""
    curves: list[Line] = []
    body: Body = []
    for at, perimeter in enumerate(read.perimeters):
        rows = [row for row in of(read.found.rows, "impulse") if getattr(row, "perimeter", None) == perimeter and row.scenario is None]
        if rows:
            said = [plain_number(row.value) for row in rows]
            curves.append(
                Line(
                    in_words(perimeter),
                    [str(row.part).removeprefix("round ") for row in rows],
                    [row.value for row in rows],
                    said,
                    (BLUE, ORANGE, GREEN)[at % 3],
                    markers=True,
                )
            )
            body += [[text(in_words(perimeter)), text(row.part), row_cell(row)] for row in rows]
    figure = lines(curves, scale=PLAIN, axis="activity in the round", height=300) if curves else None
    if figure is not None:
        figure["layout"]["xaxis"] |= {"type": "category", "title": {"text": "round"}}
    chart = (
        Chart(
            "impulse",
            "One outside dollar, round by round",
            figure,
            "A curve that falls slowly goes through many hands before it leaves.",
            table("", ("perimeter", "round", "activity"), body, right=(2,)),
        )
        if figure is not None
        else None
    )
    pledged = sorted(of(read.found.rows, "pledge_depth"), key=lambda row: -(row.value or 0.0))
    lines_ = [[text(row.contract), text(read.name(row.party)), row_cell(row)] for row in pledged]
    return section(
        "How deep the dolls are",
        chart,
        table("Claims secured on claims, the longest chain down from each", ("claim", "of", "depth"), lines_, right=(2,))
        if lines_
        else None,
    )


def _ladder_section(read: WebReading) -> Section | None:
    rows = {(row.kind, row.measure): row for row in of(read.found.rows, *RUNGS) if isinstance(row, WebRow) and row.contract is None}
    layers = list(dict.fromkeys(kind for kind, _ in rows))
    if not layers:
        return None
    cash = [(rung, rows[layers[0], rung]) for rung in RUNGS if (layers[0], rung) in rows]
    scale: Scale = usd_scale([end for _, row in cash for end in (row.low, row.high)])
    drawn = [(in_words(rung), row.low, row.high, row.attained_low, row.attained_high, f"{shown_span(row)} USD") for rung, row in cash]
    body = [[text(in_words(layer)), *(span_cell(rows.get((layer, rung))) for rung in RUNGS)] for layer in layers]
    numbers = table("", ("layer, USD", "headline", "firm", "drawn", "drawn from outside"), body, right=range(1, 5))
    note = "Announced, unconditional at signing, moved to date, moved from outside the perimeter. "
    note += "No upper bound is known where a line runs to the edge."
    return section(
        "What stands behind the headlines",
        Chart("ladder", f"From headline to money: {in_words(layers[0])}", spans(drawn, scale=scale, axis=scale.unit), note, numbers),
    )


def _matrix_section(read: WebReading) -> Section | None:
    effects = [row for row in read.found.rows if row.measure == "value_effect"]
    if not effects:
        return None
    body = [[text(read.name(row.part)), text(read.name(row.party)), text(row.kind), span_cell(row)] for row in effects]
    sums = [row for row in read.found.rows if row.measure in ("spectral_radius", "resonance_margin", "gross_multiplier")]
    whole = [[text(in_words(row.measure)), text(read.name(row.part) if row.part else ""), span_cell(row)] for row in sums]
    return section(
        "Whose value hangs on whose",
        table("", ("if this falls by 1", "this falls by", "through", "effect"), body, right=(3,)),
        table("Resonance: below 1 a loss dies out", ("measure", "shock to", "value"), whole, right=(2,)),
    )


def _contracts_section(read: WebReading) -> Section | None:
    rows = [row for row in read.found.rows if row.measure == "value"]
    body = [[text(row.contract), text(read.name(row.party)), row_cell(row), text(row.method), text(row.error_note)] for row in rows]
    return (
        section("Edges that are priced contracts", table("", ("contract", "to", "value, USD", "method", "note"), body, right=(2,)))
        if body
        else None
    )


def _sources(web: Web) -> Sequence[Sequence[str]]:
    found = []
    for edge_id, edge in web.edges.items():
        source: Provenance | None = web.provenance_of(edge)
        if source is not None:
            found.append(
                (
                    f"{edge_id}: {in_words(edge.payer)} to {in_words(edge.payee)}, {in_words(edge.kind)}",
                    source.basis.value,
                    source.source,
                    source.why,
                )
            )
    return found
