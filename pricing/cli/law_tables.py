"""Laws that a stress checked, for a terminal."""

from __future__ import annotations

from instruments.ground.messages import printable
from pricing.cli.figures import counted, table
from pricing.stressing import StressReport


def laws_text(report: StressReport, others: str = "terms") -> list[str]:
    """Laws as a table, and every broken one with its smallest counterexample."""
    parts: list[str] = []
    tested = [found for found in report.laws if found.status != "not_applicable"]
    if tested:
        lines = [[found.status, found.law, found.sentence, str(found.tried)] for found in tested]
        parts.append(table(["law", "name", "what it says", "markets tried"], lines, right=(3,)))
    if len(report.laws) > len(tested):
        other = counted(len(report.laws) - len(tested), f"law of other {others} does", f"laws of other {others} do")
        parts.append(f"{other} not apply; the JSON names them")
    for found in report.broken:
        parts.append(f"{found.law} is broken: {printable(found.why)}")
        if found.counterexample is not None:
            parts.append(f"smallest counterexample, a scenario:\n{printable(found.counterexample.model_dump_json())}")
    return parts
