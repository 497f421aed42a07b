"""Of a project: what it assumes, and how far each assumption moves the answer where that was asked for."""

from __future__ import annotations

from instruments.ground.provenance import SOFT
from instruments.project import Project
from pricing.cli.figures import percent
from pricing.report.common import MOVES, term_in_words
from pricing.report.figures import PLAIN, Bar, bars
from pricing.report.page import Chart, Section, Words, number, section, table, text
from pricing.risk.transfer.sensitivity import Sensitivity

MOST_TERMS = 18
"""Terms of a tornado; the table has all."""
SMALL = 0.005
"""Headlines below this, per 100 USD, are nought to a reader."""


def assumed_section(project: Project, assumed: Sensitivity | None) -> Section | None:
    """Assumed terms: by how far each moves the headlines where that was asked for, else as the file lists them."""
    if assumed is not None:
        return _ranked(assumed)
    body = []
    for path, one in sorted(project.provenance.by_path.items()):
        if one.basis in SOFT:
            span = f"{one.range[0]:g} to {one.range[1]:g}" if one.range else ", ".join(one.alternatives)
            body.append([text(term_in_words(path)), text(one.basis.value), text(span), text(one.why)])
    lead = Words(("Not ranked: how far each moves the answer takes a comparison at each of its ends.",))
    return section("Assumptions", lead, table("", ("term", "basis", "could be", "why"), body)) if body else None


def _ranked(assumed: Sensitivity) -> Section | None:
    """Every assumed term at its ends: the headlines of the dial's last step against the baseline."""
    names = [name for name, value in assumed.base.headlines.items() if abs(value) >= SMALL]
    moves = [
        (case, [case.answer.headlines[name] - assumed.base.headlines[name] for name in names]) for case in assumed.cases if case.answer
    ]
    moves.sort(key=lambda item: -max(map(abs, item[1]), default=0.0))
    if not moves or not names:
        return None
    farthest = sorted(moves, key=lambda item: -abs(item[1][0]))
    best = list(dict.fromkeys(case.path for case, _ in farthest))[:MOST_TERMS]
    said = [
        Bar(term_in_words(case.path), moved[0], f"{case.label}: {moved[0]:+.2f}", "lowers" if moved[0] < 0.0 else "raises")
        for path in best
        for case, moved in moves
        if case.path == path
    ]
    body = [[text(term_in_words(case.path)), text(case.label), *(number(f"{move:+.2f}", move) for move in moved)] for case, moved in moves]
    base = [
        text("base, not a move"),
        text(""),
        *(number(f"{assumed.base.headlines[name]:.2f}", assumed.base.headlines[name]) for name in names),
    ]
    numbers = table("", ("term", "put at", *names), [base, *body], right=range(2, len(names) + 2))
    figure = bars(said, scale=PLAIN, axis="USD per 100 USD of hardware", colours=MOVES, labelled=True)
    held = f"In {percent(assumed.order_holds)} of the cases the designs stand in the order of the base, by the tail that their owners keep."
    note = "Each term at its ends, the others at base, on the same paths; fair margins are solved for again."
    return section(
        "Assumptions by how much they matter",
        Words((held,)),
        Chart("assumed", f"How far each term moves: {names[0]}", figure, note, numbers),
    )
