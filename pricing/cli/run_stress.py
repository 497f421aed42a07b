"""`gpufin stress`: what each scenario does to each party, whether the laws hold, and the mildest shock that breaks a limit."""

from __future__ import annotations

import sys
from argparse import Namespace
from importlib import import_module

from curves import Scenario
from curves.files import load_scenarios, save_scenarios
from instruments.ground.messages import printable
from pricing.cli.figures import counted, number, table, usd
from pricing.cli.inputs import deal_and_market, is_web, say, say_failures
from pricing.limits import Reading
from pricing.results import Row
from pricing.scenario_library import SETS
from pricing.stressing import StressReport, stress


def run(arguments: Namespace) -> int:
    """Exit code 0, 3 where a law or a limit is broken, 4 where a scenario failed."""
    if is_web(arguments.deal):
        return import_module("pricing.cli.web_laws").run(arguments)
    deal, market = deal_and_market(arguments.deal, arguments.market)
    scenarios = _scenarios(arguments)
    laws = None if arguments.laws is None else [name for name in arguments.laws.split(",") if name]
    factors = [key for key in arguments.factors.split(",") if key] if arguments.factors else None
    report = stress(
        deal, market, scenarios=scenarios, laws=laws, limits=arguments.limit, reverse=arguments.reverse, factors=factors,
        paths=arguments.paths, seed=arguments.seed, threads=arguments.threads,
    )  # fmt: skip
    if arguments.save and report.reverse is not None and report.reverse.scenario is not None:
        save_scenarios([report.reverse.scenario], arguments.save)
    if arguments.format == "json":
        sys.stdout.write(report.to_json())
    else:
        print(text_of(report))
    say(report.warnings, "note")
    say_failures(report.failures)
    return 3 if report.broken or report.limit_broken else 4 if report.failures else 0


def _scenarios(arguments: Namespace) -> list[Scenario | str] | None:
    """What `--scenarios` and `--scenario` ask for; None where neither is given."""
    found: list[Scenario | str] = list(arguments.scenario or ())
    if arguments.scenarios in SETS:
        return [arguments.scenarios, *found]
    if arguments.scenarios:
        return [*load_scenarios(arguments.scenarios), *found]
    return found or None


def text_of(report: StressReport) -> str:
    """The report for a terminal."""
    base = {(row.contract, row.party): row for row in report.rows if row.scenario == "base"}
    gains = {key for key, row in base.items() if row.value is not None and row.value >= 0.0}
    body = [
        [
            row.scenario or "",
            row.contract or "",
            row.party or "",
            usd(row.value, row.standard_error),
            _against(row, base.get((row.contract, row.party))),
        ]
        for row in report.rows
        if (row.contract, row.party) in gains
    ]
    parts = [table(["scenario", "contract", "to", "value, USD", "against base"], body, right=(3, 4))]
    if report.limits:
        held = [
            ["BROKEN" if found.broken else "held", str(found.limit), found.scenario, _with_error(found.reading), found.reading.where]
            for found in report.limits
        ]
        parts.append(table(["limit", "what must not be", "scenario", "it stands at", "worst"], held, right=(3,)))
    if report.reverse is not None:
        parts.append(f"reverse stress: {printable(report.reverse.sentence)}\n{report.reverse.prices} markets priced")
    tested = [found for found in report.laws if found.status != "not_applicable"]
    if tested:
        lines = [[found.status, found.law, found.sentence, str(found.tried)] for found in tested]
        parts.append(table(["law", "name", "what it says", "markets tried"], lines, right=(3,)))
    if len(report.laws) > len(tested):
        other = counted(len(report.laws) - len(tested), "law of other terms does", "laws of other terms do")
        parts.append(f"{other} not apply; the JSON names them")
    for found in report.broken:
        parts.append(f"{found.law} is broken: {printable(found.why)}")
        if found.counterexample is not None:
            parts.append(f"smallest counterexample, a scenario:\n{printable(found.counterexample.model_dump_json())}")
    return "\n\n".join(parts)


def _with_error(reading: Reading) -> str:
    return usd(reading.value, reading.standard_error) if reading.unit == "USD" else number(reading.value, reading.standard_error)


def _against(row: Row, base: Row | None) -> str:
    if base is None or not base.value or row.value is None or row is base:
        return ""
    return f"{row.value / base.value - 1.0:+.2%}".replace("%", " %")
