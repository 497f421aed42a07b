"""`gpufin report`: one self-contained page of a deal, a project, a web or a book."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

from curves.files import load_market, load_scenarios
from instruments.files.deals import load_deal
from instruments.ground.errors import FileError, InputError
from instruments.ground.messages import problem, suggest
from pricing.books.output import write_whole
from pricing.cli.inputs import is_project, sibling_market
from pricing.report.bundle import check_plotly
from pricing.report.html import render
from pricing.report.page import Page

PARTIAL = 4
Made = tuple[Page, bool]
"""A page, and whether something failed."""


def run(arguments: Namespace) -> int:
    """Exit code 0, or 4 where a part failed; the page has the rest."""
    check_plotly("gpufin report")
    check_writable(Path(arguments.output))
    place = Path(arguments.target)
    page, failed = _maker(place)(arguments)
    write_whole(Path(arguments.output), render(page).encode())
    return PARTIAL if failed else 0


def check_writable(place: Path) -> None:
    """Raise before the work where the page could not be written after it."""
    if place.is_dir():
        raise FileError(problem("file_unwritable", subject=str(place), why="it is a folder: name a file such as report.html"))
    if not place.parent.is_dir():
        raise FileError(problem("file_unwritable", subject=str(place), why="its folder is not there"))


def say(line: str) -> None:
    """What is being done, to a person who waits; nothing into a pipe."""
    if sys.stderr.isatty():
        print(f"report: {line}", file=sys.stderr)


def _maker(place: Path) -> Callable[[Namespace], Made]:
    """What a path means: by its name, or by what a folder holds."""
    if is_project(str(place)):
        return _project
    if (place / "web.toml").exists() or (place.name.startswith("web") and place.suffix in (".toml", ".json")):
        return _web
    if (place / "deal.toml").exists() or (place.name.startswith("deal") and place.suffix in (".toml", ".json")):
        return _deal
    return _book


def _deal(arguments: Namespace) -> Made:
    from pricing.report.deal_page import deal_page
    from pricing.report.deal_results import EXTRAS, look_at_deal

    extras = _extras(arguments, EXTRAS)
    deal, market = load_deal(arguments.target), sibling_market(arguments.target, arguments.market)
    scenarios = load_scenarios(arguments.scenarios) if arguments.scenarios else None
    found = look_at_deal(
        deal, market, extras=extras, scenarios=scenarios, reverse=arguments.reverse,
        paths=arguments.paths, seed=arguments.seed, threads=arguments.threads, say=say,
    )  # fmt: skip
    return deal_page(found, _named(arguments)), bool(found.failures)


def _project(arguments: Namespace) -> Made:
    from instruments.files.projects import load_project
    from pricing.cli.run_project import baseline_of
    from pricing.report.project_page import project_page
    from pricing.risk.transfer.report import compare_financings
    from pricing.risk.transfer.sensitivity import sensitivity

    extras = _extras(arguments, ("assumptions",))
    _only_of_deals(arguments, ("scenarios", "reverse"))
    project, market = load_project(arguments.target), sibling_market(arguments.target, arguments.market)
    say("every financing on the same paths")
    found = compare_financings(
        project, market, baseline=baseline_of(project), paths=arguments.paths, seed=arguments.seed, threads=arguments.threads
    )
    assumed = None
    if "assumptions" in extras:
        say("every assumed term at its ends")
        assumed = sensitivity(project, market, baseline=baseline_of(project), seed=arguments.seed, turn=False)
    return project_page(project, market, found, _named(arguments), assumed), bool(found.failures)


def _web(arguments: Namespace) -> Made:
    from instruments.files.webs import load_web
    from pricing.report.web_page import web_page
    from pricing.web.report import analyse_web

    _extras(arguments, ())
    _only_of_deals(arguments, ("scenarios", "reverse"))
    place = Path(arguments.target)
    web = load_web(place)
    sibling = (place if place.is_dir() else place.parent) / "market.toml"
    market = load_market(arguments.market or sibling) if arguments.market or sibling.exists() else None
    say("indices, bounds and knock-outs of the web")
    found = analyse_web(web, market, paths=arguments.paths, seed=arguments.seed)
    return web_page(web, found, _named(arguments)), bool(found.failures)


def _book(arguments: Namespace) -> Made:
    from pricing.books.pricer import price_book
    from pricing.report.book_page import book_page

    _extras(arguments, ())
    _only_of_deals(arguments, ("reverse",))
    market = sibling_market(arguments.target, arguments.market)
    scenarios = load_scenarios(arguments.scenarios) if arguments.scenarios else None
    say("pricing the book")
    found = price_book(arguments.target, market, scenarios=scenarios, paths=arguments.paths, seed=arguments.seed, threads=arguments.threads)
    return book_page(found, market, _named(arguments)), bool(found.failures.height)


def _named(arguments: Namespace) -> str:
    """How the page names its target: without the folders above it, so that the page is the same wherever they stand."""
    return Path(arguments.target).resolve().name


def _extras(arguments: Namespace, offered: tuple[str, ...]) -> tuple[str, ...]:
    names = tuple(name.strip() for name in (arguments.extras or "").split(",") if name.strip())
    for name in names:
        if not offered:
            raise InputError(
                problem(
                    "bad_option", subject="--with", value=name, expected="left out", hint="only deals and projects have parts on request"
                )
            )
        if name not in offered:
            raise InputError(problem("bad_choice", subject="--with", value=name, choices=offered, suggestion=suggest(name, offered)))
    return names


def _only_of_deals(arguments: Namespace, options: tuple[str, ...]) -> None:
    for option in options:
        if (value := getattr(arguments, option)) is not None:
            raise InputError(problem("bad_option", subject=f"--{option}", value=value, expected="left out here", hint="it is for deals"))
