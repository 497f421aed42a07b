"""The page of a project: who loses less and who more under each of its financings, on the same paths."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from curves import Market
from instruments.project import BUYERS_OF_HARDWARE, BUYERS_OF_SHARES, Project
from pricing.cli.figures import percent
from pricing.cli.run_project import TITLES
from pricing.report.common import audit_lines, in_words, of, provenance_section, remarks_section
from pricing.report.figures import GREY, PALETTE, PLAIN, Bar, Dot, Line, bars, dots, lines
from pricing.report.page import Block, Body, Cell, Chart, Page, Section, Switch, Table, Tile, Words, number, section, table, text
from pricing.report.project_terms import assumed_section
from pricing.risk.transfer.report import DEAD_WEIGHT, RiskTransfer, View
from pricing.risk.transfer.rows import SUFFIX, TransferRow
from pricing.risk.transfer.sensitivity import Sensitivity

UNIT = "USD per 100 USD of hardware"
BREAK = re.compile(r"(?<=\.) (?=In the worst|The capacity)")
"""Where the sentence of a comparison is cut into paragraphs."""
SMALL = 0.005
"""Moves below this, per 100 USD, are nought to a reader."""


def two_digits(row: TransferRow | None) -> Cell:
    """A loss per 100 USD of hardware: cents, with the error."""
    if row is None or row.value is None:
        return Cell("")
    error = f" ± {row.standard_error:.2f}" if row.standard_error else ""
    return number(f"{row.value + 0.0:.2f}".replace("-0.00", "0.00") + error, row.value)


class Reading:
    """Rows of a comparison by what they are about."""

    def __init__(self, found: RiskTransfer, project: Project) -> None:
        self.found, self.project = found, project
        self.rows = {(row.measure, row.design, row.party, row.part): row for row in found.rows}
        self.designs = tuple(found.runs)
        self.baseline = found.compared.baseline if found.compared else self.designs[0]
        self.holders = found.compared.holders if found.compared else ()
        moved = {row.party for row in found.rows if row.measure.startswith("transfer") and abs(row.value or 0.0) >= SMALL}
        self.moved = tuple(holder for holder in self.holders if holder in moved)

    def row(self, measure: str, design: str, party: str | None = None, part: str | None = None) -> TransferRow | None:
        """A row, where there is one."""
        return self.rows.get((measure, design, party, part))

    def title(self, design: str) -> str:
        """A design's name in words."""
        return self.project.designs[design].title or in_words(design)

    def name(self, holder: str) -> str:
        """A holder's name in words."""
        known = self.project.parties.get(holder)
        return known.name if known is not None and known.name else in_words(holder)

    @property
    def others(self) -> tuple[str, ...]:
        """Designs beside the baseline."""
        return tuple(name for name in self.designs if name != self.baseline)

    def colour(self, holder: str) -> str:
        """One colour a holder, the same in every chart."""
        return PALETTE[self.moved.index(holder) % (len(PALETTE) - 1)] if holder in self.moved else GREY


def project_page(project: Project, market: Market, found: RiskTransfer, target: str, assumed: Sensitivity | None = None) -> Page:
    """The page of a comparison of financings.

    Args:
        project, market, found: what was compared, on what, and what came out.
        target: how the project is named on the command line.
        assumed: every assumed term at its ends, where that was asked for.
    """
    read = Reading(found, project)
    sections: list[Section | None] = [
        _moves_section(read),
        _dial_section(read),
        _losses_section(read),
        _ultimate_section(read),
        _weight_section(read),
        _benefits_section(read),
        _together_section(read),
        assumed_section(project, assumed),
        provenance_section(project.provenance, market),
        remarks_section(found.warnings, found.failures),
    ]
    paths, seed = found.audit["paths"], found.audit["seed"]
    return Page(
        kind="project: one plant, many financings",
        title=project.name or in_words(project.id),
        subtitle=f"as of {project.as_of}, {paths:,} paths; losses per 100 USD of hardware; ± is one standard error unless said",
        answer=(
            *BREAK.split(found.sentence),
            f"All on the same paths, with fair margins: a design moves risk and no mispricing. {_alone(read)}",
        ),
        tiles=tuple(_tiles(read)),
        sections=tuple(one for one in sections if one is not None),
        left_out=(
            *(
                [("Assumptions by how much they matter", f"gpufin report {target} --with assumptions -o FILE.html")]
                if assumed is None
                else []
            ),
            ("Every row, and the ledger of each design", f"gpufin simulate {target} --format json; in Python compare_financings(...).runs"),
        ),
        audit=audit_lines(
            found.audit, f"gpufin report {target} --paths {paths} --seed {seed}" + (" --with assumptions" if assumed else "")
        ),
    )


def _alone(read: Reading) -> str:
    owner = next(iter(read.found.runs[read.baseline].design.equity))
    said = [f"{two_digits(read.row(f'holder_loss{SUFFIX[view]}', read.baseline, owner)).text} {name}" for view, name in TITLES.items()]
    return f"Under {read.title(read.baseline)} the owners lose {'; '.join(said)} (below nought is a gain)."


def _tiles(read: Reading) -> list[Tile]:
    last = (*read.designs, *read.found.dial_designs)[-1]
    tiles = []
    for holder in read.holders:
        row = read.row("transfer_in_tail", last, holder)
        if row is not None and abs(row.value or 0.0) >= SMALL:
            tiles.append(Tile(f"{row.value or 0.0:+.2f}", f"{read.name(holder)}: change of loss in the worst 5 %"))
    weight = read.row("dead_weight_in_tail", last)
    return [*tiles[:5], *([Tile(f"{weight.value or 0.0:+.2f}", "dead weight in the worst 5 %")] if weight else [])]


def _moves_section(read: Reading) -> Section | None:
    panels: list[tuple[str, tuple[Block, ...]]] = []
    for view, name in TITLES.items():
        panels.append((name, (_moves(read, view),)))
    words = Words(
        (
            f"Loss of each holder less its loss under {read.title(read.baseline)}, per 100 USD of hardware. "
            "To the right somebody loses more, "
            "to the left less; the two sides differ by the dead weight, which nobody gains.",
        )
    )
    return section("Who loses less, who more", words, Switch("moves", "view", tuple(panels)))


def _moves(read: Reading, view: View) -> Chart:
    names = [*read.holders, DEAD_WEIGHT]
    body = []
    for design in read.others:
        cells = [read.row(f"transfer{SUFFIX[view]}", design, holder) for holder in read.holders]
        body.append([text(read.title(design)), *(two_digits(row) for row in (*cells, read.row(f"dead_weight{SUFFIX[view]}", design)))])
    head = ("design", *(DEAD_WEIGHT if holder == DEAD_WEIGHT else read.name(holder) for holder in names))
    numbers = table("", head, body, right=range(1, len(head)))
    return Chart(f"moves-{view.replace('_', '-')}", f"Loss moved by each design, {TITLES[view]}", moves_figure(read, view), "", numbers)


def moves_figure(read: Reading, view: View) -> dict[str, Any]:
    """Transfers of each design as bars that add up, a colour a holder."""
    said = []
    for holder in read.moved:
        for design in read.others:
            row = read.row(f"transfer{SUFFIX[view]}", design, holder)
            if row is not None and abs(row.value or 0.0) >= SMALL:
                said.append(Bar(read.title(design), row.value or 0.0, f"{read.name(holder)} {two_digits(row).text}", read.name(holder)))
    colours = {read.name(holder): read.colour(holder) for holder in read.moved}
    return bars(_in_design_order(read, said), scale=PLAIN, axis=UNIT, stacked=True, colours=colours)


def _in_design_order(read: Reading, said: Sequence[Bar]) -> list[Bar]:
    """Rows follow the designs, whatever bar comes first."""
    order = [read.title(design) for design in read.others]
    known = {bar.label for bar in said}
    rows = [label for label in order if label in known]
    series = list(dict.fromkeys(bar.series for bar in said))
    first = [
        Bar(label, 0.0, "", series[0]) for label in rows if series and not any(b.label == label and b.series == series[0] for b in said)
    ]
    return sorted((*said, *first), key=lambda bar: (series.index(bar.series), rows.index(bar.label)))


def _dial_section(read: Reading) -> Section | None:
    steps = read.found.dial_designs
    if len(steps) < 2:
        return None
    labels = [read.title(step) for step in steps]
    curves: list[Line] = []
    body: Body = []
    for holder in read.holders:
        rows = [read.row("holder_loss_in_tail", step, holder) for step in steps]
        if max((abs(row.value or 0.0) for row in rows if row), default=0.0) < SMALL:
            continue
        curves.append(
            Line(
                read.name(holder),
                labels,
                [row.value if row else None for row in rows],
                [two_digits(row).text for row in rows],
                read.colour(holder),
                errors=[row.standard_error if row else None for row in rows],
                markers=True,
            )
        )
        for step in steps:
            odds, correlated = read.row("holder_loss_probability", step, holder), read.row("tail_correlation", step, holder)
            body.append(
                [
                    text(read.title(step)),
                    text(read.name(holder)),
                    two_digits(read.row("holder_loss_in_tail", step, holder)),
                    two_digits(read.row("holder_shortfall", step, holder)),
                    number(percent(odds.value) if odds else "", odds.value if odds else None),
                    two_digits(correlated),
                ]
            )
    figure = lines(curves, scale=PLAIN, axis=UNIT, height=380)
    figure["layout"]["yaxis"] = {"title": figure["layout"]["yaxis"]["title"], "zeroline": True}
    figure["layout"]["xaxis"] |= {"tickangle": 0, "type": "category"}
    head = ("step", "holder", "loss in the tail", "own worst 2.5 %", "odds of a loss", "correlation with the tail")
    note = "Step by step more of the hardware is somebody else's risk. Mean loss of each holder in the project's worst 5 %; bars are 95 %."
    chart = Chart("dial", "Who bears the tail, step by step", figure, note, table("", head, body, right=range(2, 6)))
    said = [[text(read.title(step)), text(read.found.sentence_for(step))] for step in steps[1:]]
    return section("The dial", chart, table("Each step in words", ("step", "against the baseline"), said, folded=True))


def _losses_section(read: Reading) -> Section | None:
    panels: list[tuple[str, tuple[Block, ...]]] = []
    for view, name in TITLES.items():
        body = []
        for holder in read.holders:
            cells = [two_digits(read.row(f"holder_loss{SUFFIX[view]}", design, holder)) for design in read.designs]
            if any(abs(float(cell.value or 0.0)) >= SMALL for cell in cells):
                body.append([text(read.name(holder)), *cells])
        head = ("holder", *(read.title(design) for design in read.designs))
        panels.append((name, (table("", head, body, right=range(1, len(head))),)))
    return section(
        "Loss by holder and design",
        Words(("Below nought is a gain. Standard errors beside the means.",)),
        Switch("losses", "view", tuple(panels)),
    )


def _ultimate_section(read: Reading) -> Section | None:
    compared = read.found.compared
    if compared is None or not compared.project.ownership:
        return None
    panels: list[tuple[str, tuple[Block, ...]]] = []
    for view, name in TITLES.items():
        body = []
        for holder in compared.ultimate:
            cells = [two_digits(read.row(f"ultimate_transfer{SUFFIX[view]}", design, holder)) for design in read.others]
            if any(abs(float(cell.value or 0.0)) >= SMALL for cell in cells):
                body.append([text(in_words(holder)), *cells])
        head = ("ultimate holder", *(read.title(design) for design in read.others))
        panels.append((name, (table("", head, body, right=range(1, len(head))), *_cohorts(read, view))))
    words = Words(
        ("Who stands behind the holders, through the ownership map: loss less that under the baseline, per 100 USD of hardware.",)
    )
    return section("Who bears it in the end", words, Switch("ultimate", "view", tuple(panels)))


def _cohorts(read: Reading, view: View) -> tuple[Table, ...]:
    rows = of(read.found.rows, f"cohort_loss{SUFFIX[view]}")
    body = []
    for name in dict.fromkeys(row.party or "" for row in rows):
        entry = read.project.cohorts[name].entry_usd
        cells = [read.row(f"cohort_loss{SUFFIX[view]}", design, name) for design in read.others]
        shown = [number(percent(row.value), row.value) if row else Cell("") for row in cells]
        body.append([text(in_words(name)), number(f"{entry:,.2f}", entry), *shown])
    head = ("cohort", "entry, USD", *(read.title(design) for design in read.others))
    return (table("What cohorts lose of the money they paid", head, body, right=range(1, len(head))),) if body else ()


def _weight_section(read: Reading) -> Section | None:
    rows = [row for row in of(read.found.rows, "dead_weight") if row.part is not None and abs(row.value or 0.0) >= SMALL]  # by component
    parts = list(dict.fromkeys(str(row.part) for row in rows))
    said: list[Bar] = []
    body: Body = []
    for design in read.others:
        found = {part: read.row("dead_weight", design, None, part) for part in parts}
        whole = read.row("dead_weight", design)
        if whole is None or abs(whole.value or 0.0) < SMALL:
            continue
        said += [Bar(read.title(design), row.value or 0.0, f"{part} {two_digits(row).text}", part) for part, row in found.items() if row]
        body.append([text(read.title(design)), *(two_digits(row) for row in found.values()), two_digits(whole)])
    if not body:
        return None
    colours = {part: PALETTE[at % len(PALETTE)] for at, part in enumerate(parts)}
    head = ("design", *parts, "in all")
    chart = Chart(
        "weight",
        "Lost to all holders, on average, by part",
        bars(_by_series(said), scale=PLAIN, axis=UNIT, stacked=True, colours=colours),
        "",
        table("", head, body, right=range(1, len(head))),
    )
    return section("Dead weight", chart)


def _by_series(said: Sequence[Bar]) -> list[Bar]:
    order = list(dict.fromkeys(bar.label for bar in said))
    series = list(dict.fromkeys(bar.series for bar in said))
    return sorted(said, key=lambda bar: (series.index(bar.series), order.index(bar.label)))


def _benefits_section(read: Reading) -> Section | None:
    shows: dict[str, tuple[str, Callable[[float | None], str]]] = {
        "funding_cost": ("funding cost a year", percent),
        "own_share": ("own money", percent),
        "months_to_build": ("months to build", lambda value: f"{value or 0.0:.1f}"),
        "early_value": ("worth of being earlier", lambda value: f"{value or 0.0:.2f}"),
    }
    body: Body = []
    drawn: list[Dot] = []
    for design in read.designs:
        rows = {measure: read.row(measure, design) for measure in shows}
        if rows["funding_cost"] is None:
            continue
        margins = [row for row in read.found.rows if row.measure == "design_margin" and row.design == design]
        cells = [
            number(show(row.value), row.value) if row else Cell("") for (_, show), row in zip(shows.values(), rows.values(), strict=True)
        ]
        body.append([text(read.title(design)), *cells, text(", ".join(f"{(row.value or 0.0) * 1e4:.0f}" for row in margins))])
        early, tail = rows["early_value"], read.row("dead_weight", design)
        if early is not None and tail is not None and early.value is not None:
            drawn.append(Dot(read.title(design), early.value, None, f"{early.value:.2f}", "worth of being earlier"))
            drawn.append(Dot(read.title(design), tail.value or 0.0, tail.standard_error, two_digits(tail).text, "dead weight"))
    if not body:
        return None
    head = ("design", *(title for title, _ in shows.values()), "margins, bp")
    numbers = table("", head, body, right=range(1, 6))
    chart = Chart(
        "benefit",
        "What a design gains by being earlier, and what it loses to nobody's gain",
        dots(drawn, scale=PLAIN, axis=UNIT),
        "The owners' return is held fixed.",
        numbers,
    )
    return section("The benefit side", chart)


def _together_section(read: Reading) -> Section | None:
    buyers = {BUYERS_OF_HARDWARE, BUYERS_OF_SHARES}
    designs = read.found.dial_designs[1:]
    rows = [
        row
        for row in of(read.found.rows, "loss_correlation")
        if not {row.party, row.part} & buyers and getattr(row, "design", None) in designs
    ]
    body = []
    for one, other in dict.fromkeys((row.party, row.part) for row in rows):
        cells = [read.row("loss_correlation", design, one, other) for design in designs]
        body.append([text(f"{read.name(str(one))} and {read.name(str(other))}"), *(two_digits(cell) for cell in cells)])
    head = ("losses of", *(read.title(design) for design in designs))
    return section("How losses move together", table("Correlation over all paths", head, body, right=range(1, len(head)))) if body else None
