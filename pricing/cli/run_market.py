"""`gpufin market`: every quote, what its curve gives back, how old and how good it is, and what the market warns of."""

from __future__ import annotations

import sys
from argparse import Namespace
from dataclasses import asdict

from curves.disclosure import market_warnings
from curves.files import load_market
from curves.market import Market
from curves.residuals import MarketLine, market_lines
from instruments.ground.errors import Problem
from pricing.api import fingerprint
from pricing.cli.figures import table
from pricing.cli.inputs import say, say_failures
from pricing.results import document_json

HEADER = ("key", "quote", "value", "fitted", "residual", "curve", "at it", "days old", "basis")
NUMBERS = (2, 3, 4, 6, 7)


def run(arguments: Namespace) -> int:
    """Exit code 0, 4 where some curves could not be built, 2 where none could."""
    market = load_market(arguments.file)
    lines, problems = market_lines(market)
    warnings = market_warnings(market)
    if arguments.format == "json":
        sys.stdout.write(json_of(market, lines, warnings, problems))
    else:
        print(text_of(market, lines))
    say(warnings, "note")
    say_failures(problems)
    if problems and not any(line.fitted is not None for line in lines):
        return 2
    return 4 if problems else 0


def json_of(market: Market, lines: tuple[MarketLine, ...], warnings: tuple[str, ...], problems: tuple[Problem, ...]) -> str:
    """The report as the JSON of every command: one result for each quote."""
    return document_json(
        audit={"market": fingerprint(market), "as_of": market.as_of},
        results=[asdict(line) for line in lines],
        warnings=list(warnings),
        failures=[asdict(problem) for problem in problems],
    )


def text_of(market: Market, lines: tuple[MarketLine, ...]) -> str:
    """The report for a terminal."""
    return f"Market of {market.as_of}: {len(lines)} quotes\n\n" + table(HEADER, [_row(line) for line in lines], right=NUMBERS)


def _row(line: MarketLine) -> list[str]:
    return [
        line.key,
        line.pillar,
        "" if line.quote is None else f"{line.quote:,.6g}",
        "" if line.fitted is None else f"{line.fitted:,.6g}",
        "" if line.residual is None else f"{line.residual:.1e}",
        line.curve or "",
        "" if line.curve_value is None else f"{line.curve_value:,.5g}",
        str(line.age_days) if line.age_days else "",
        line.basis,
    ]
