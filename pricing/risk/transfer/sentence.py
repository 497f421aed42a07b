"""The sentence: who loses less, who more, what is lost to all, what is gained; filled from the results, with intervals."""

from __future__ import annotations

from collections.abc import Sequence

from pricing.risk.transfer.rows import Compared, TransferRow

SIGMAS = 1.96
"""Half-width of an interval, in standard errors: 95 %."""
SMALLEST = 0.005
"""A change below this, per 100 USD, is not told."""


def sentence_of(compared: Compared, rows: Sequence[TransferRow], design: str) -> str:
    """The sentence of a design against the baseline."""
    found = {(row.measure, row.party, row.part): row for row in rows if row.design == design}
    titles = compared.project.parties
    lines = [f"Per 100 USD of hardware (± 95 %), {_title(compared, design)} against {_title(compared, compared.baseline)}:"]
    for view, when in (("", "On average"), ("_in_tail", "In the worst 5 % of paths")):
        less: list[str] = []
        more: list[str] = []
        for holder in compared.holders:
            row = found[f"transfer{view}", holder, None]
            value = row.value or 0.0
            if abs(value) < SMALLEST:
                continue
            name = titles[holder].name if holder in titles and titles[holder].name else holder.replace("_", " ")
            (less if value < 0.0 else more).append(f"{name} {_interval(abs(value), row.standard_error)}")
        weight = found[f"dead_weight{view}", None, None]
        fewer = f"less is lost by {', '.join(less)}" if less else "nobody loses less"
        greater = f"more by {', '.join(more)}" if more else "nobody loses more"
        lost = f"{_interval(weight.value or 0.0, weight.standard_error)} is dead weight"
        lines.append(f"{when} {fewer}; {greater}; {lost}.")
    early, months = found.get(("early_value", None, None)), found.get(("months_earlier", None, None))
    if early is not None and months is not None:
        lines.append(f"The capacity stands {months.value or 0.0:.1f} months earlier, worth {early.value or 0.0:.2f}.")
    return " ".join(lines)


def _title(compared: Compared, design: str) -> str:
    return compared.project.designs[design].title or design.replace("_", " ")


def _interval(value: float, error: float | None) -> str:
    return f"{value:.2f}" + (f" ± {SIGMAS * error:.2f}" if error else "")
