"""What every page shares: numbers as the tables of the terminal show them, names in words, assumptions, sources, audit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from curves import Market
from curves.disclosure import blocks
from instruments.ground.errors import Problem
from instruments.ground.provenance import ProvenanceTable
from pricing.cli.figures import number as plain_number, percent_with_error, usd
from pricing.measures import MEASURES
from pricing.report.figures import BLUE, ORANGE, Bar, bars, usd_scale
from pricing.report.page import Cell, Chart, Section, Table, Words, number, section, table, text
from pricing.results import Assumption, Row

PERCENTS = ("fraction", "probability", "rate")
ROOTS = ("contracts", "market", "assets")
LARGE = 1e5
"""A count from here on is told in thousands, millions or billions."""
SMALL = 0.005
"""Alternatives that move the value by less than this share of the largest move are in the table, not in the chart."""
MOVES = {"lowers": ORANGE, "raises": BLUE}
"""Colours of a change of value."""
MOST = 18
"""Bars of a tornado."""


def shown(row: Row) -> str:
    """A row's number with no more digits than its error allows; 'void' where it has none."""
    unit = row.unit or ""
    if unit.startswith("USD") and not unit.startswith("USD/100 USD"):
        return usd(row.value, row.standard_error)
    if unit in PERCENTS:
        return percent_with_error(row.value, row.standard_error)
    if abs(row.value or 0.0) >= LARGE:
        return usd(row.value, row.standard_error)  # thousands and millions of shares, as of dollars
    return plain_number(row.value, row.standard_error)


def with_unit(row: Row) -> str:
    """The same with the unit in words."""
    unit = row.unit or ""
    return shown(row) if unit in PERCENTS or unit in ("ratio", "flag", "") else f"{shown(row)} {unit}"


def row_cell(row: Row | None) -> Cell:
    """The number of a row as a cell; empty without one."""
    return Cell("") if row is None else number(shown(row), row.value)


def of(rows: Iterable[Row], *measures: str) -> list[Row]:
    """Rows of some measures, in their order."""
    return [row for row in rows if row.measure in measures]


def first(rows: Iterable[Row], measure: str, **wanted: object) -> Row | None:
    """The first row of a measure whose other columns are as wanted."""
    return next(
        (row for row in rows if row.measure == measure and all(getattr(row, name) == value for name, value in wanted.items())), None
    )


def in_words(name: object) -> str:
    """An id as words: underscores are spaces."""
    return str(name).replace("_", " ")


def term_in_words(path: str) -> str:
    """'contracts.warrant.tranches.*.shares' as 'shares (warrant, tranches)'."""
    words = [in_words(step) for step in path.split(".") if step not in (*ROOTS, "*") and not step.isdigit()]
    return words[-1] + (f" ({', '.join(words[:-1])})" if len(words) > 1 else "") if words else path


def meaning(measure: str) -> str:
    """A measure's name and its formula."""
    return f"{in_words(measure)}: {MEASURES[measure].formula}" if measure in MEASURES else in_words(measure)


def tornado(name: str, caption: str, rows: Sequence[Row], note: str) -> Chart | None:
    """How far each assumption moves a value, the farthest first: `exposure` rows of one contract."""
    found = [row for row in rows if row.value is not None]
    most = max((abs(row.value or 0.0) for row in found), default=0.0)
    if most == 0.0:
        return None
    drawn = [row for row in found if abs(row.value or 0.0) > SMALL * most]
    names = list(dict.fromkeys(row.assumption or "" for row in drawn))[:MOST]
    bodies = [
        Bar(
            term_in_words(row.assumption or ""),
            row.value or 0.0,
            f"{row.alternative}: {shown(row)} USD",
            "lowers" if (row.value or 0.0) < 0.0 else "raises",
        )
        for row in sorted(drawn, key=lambda row: names.index(row.assumption or "") if row.assumption in names else MOST)
        if row.assumption in names
    ]
    scale = usd_scale([bar.value for bar in bodies])
    figure = bars(bodies, scale=scale, axis=f"change of value, {scale.unit}", colours=MOVES, labelled=True)
    body = [[text(row.assumption), text(row.alternative), row_cell(row)] for row in found]
    return Chart(name, caption, figure, note, table("", ("term", "alternative", "change, USD"), body, right=(2,)))


def assumptions_section(assumptions: Sequence[Assumption], rows: Sequence[Row] = ()) -> Section | None:
    """Assumed and weak terms, those that move the first contract most first.

    Args:
        assumptions: of a result. rows: its `exposure` rows: the largest move of each contract stands in a column of its own.
    """
    terms = {item.path: item for item in reversed(assumptions)}
    contracts = list(dict.fromkeys(row.contract for row in rows))
    most: dict[tuple[str, str | None], float] = {}
    for row in rows:
        key = (row.assumption or "", row.contract)
        most[key] = max(most.get(key, 0.0), abs(row.value or 0.0))
    order = sorted(terms.values(), key=lambda item: tuple(-most.get((item.path, contract), 0.0) for contract in contracts))
    body = [
        [
            text(term_in_words(item.path)),
            *(number(usd(most.get((item.path, contract), 0.0)), most.get((item.path, contract), 0.0)) for contract in contracts),
            text(item.basis),
            text(", ".join(item.alternatives)),
            text(item.why),
        ]
        for item in order
    ]
    if not body:
        return None
    said = "Every term that is assumed or weakly sourced was put at its alternatives, one at a time; the largest moves, in USD."
    head = ("term", *(f"{in_words(contract)} moves by" for contract in contracts), "basis", "alternatives", "why")
    right = range(1, len(contracts) + 1)
    lead = said if contracts else "Terms that are assumed or weakly sourced; how far each moves an index is in the bounds."
    title = "Assumptions by how much they matter" if contracts else "Assumptions"
    return section(title, Words((lead,)), table("", head, body, right=right))


def provenance_section(terms: ProvenanceTable | None, market: Market | None, extra: Sequence[Sequence[str]] = ()) -> Section | None:
    """Where terms and quotes come from, with the addresses that their sources name."""
    tables: list[Table] = []
    head = ("term", "basis", "source", "why")
    if terms is not None:
        listed = [("every other term", terms.default), *sorted(terms.by_path.items())]
        body = [[text(path), text(one.basis.value), text(one.source), text(one.why)] for path, one in listed]
        tables.append(table("Terms", head, body, folded=True))
    if market is not None:
        body = [
            [text(key or ".".join(steps)), text(one.basis.value), text(one.source), text(one.why), text(one.observed or market.as_of)]
            for steps, key, one in blocks(market)
        ]
        tables.append(table("Quotes", ("quote", "basis", "source", "why", "seen on"), body, folded=True))
    if extra:
        tables.append(table("Edges", ("edge", "basis", "source", "why"), [[text(cell) for cell in line] for line in extra], folded=True))
    return section("Provenance", *tables)


def remarks_section(warnings: Sequence[str], failures: Sequence[Problem]) -> Section | None:
    """What could not be done, and what to know about the quotes."""
    failed = [[text(item.subject), text(item.field), text(item.allowed), text(item.remedy)] for item in failures]
    return section(
        "Remarks",
        table("What failed; the rest is here", ("where", "field", "why", "what to do"), failed) if failed else None,
        table("Notes on the market", ("note",), [[text(line)] for line in warnings], folded=True) if warnings else None,
    )


def audit_lines(audit: Mapping[str, Any], command: str) -> dict[str, Any]:
    """The audit as lines: the command, then seed, hashes and versions."""
    lines: dict[str, Any] = {"command": command}
    for name, value in audit.items():
        if name == "versions":
            lines |= {"versions": ", ".join(f"{package} {version}" for package, version in value.items())}
        elif isinstance(value, list):
            lines[in_words(name)] = "; ".join(
                ", ".join(f"{key} {each}" for key, each in one.items() if each not in (None, "")) if isinstance(one, dict) else str(one)
                for one in value
            )
        elif value is not None:
            lines[in_words(name)] = value
    return lines
