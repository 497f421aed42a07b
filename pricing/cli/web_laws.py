"""`gpufin stress` on a web: whether the laws of webs hold on it, whatever hits its balance sheets."""

from __future__ import annotations

import sys
from argparse import Namespace

from instruments.files.hits import load_hits, save_hits
from instruments.files.webs import load_web
from instruments.ground.errors import InputError
from instruments.ground.messages import printable, problem
from instruments.web import Web
from pricing.cli.figures import counted, table
from pricing.web.stressed import WebStressReport, stress_web

OF_DEALS = ("market", "scenario", "limit", "reverse", "factors", "paths", "threads")
"""Options that say nothing of a web."""


def run(arguments: Namespace) -> int:
    """Exit code 0, or 3 where a law is broken. Raises InputError for an option of deals alone."""
    for option in OF_DEALS:
        if (value := getattr(arguments, option)) is not None:
            hint = "a web is searched for states of its balance sheets: --laws, --scenarios FILE, --save, --seed and --format"
            raise InputError(problem("bad_option", subject=f"--{option}", value=value, expected="left out for a web", hint=hint))
    web = load_web(arguments.deal)
    laws = None if arguments.laws is None else [name for name in arguments.laws.split(",") if name]
    states = None if arguments.scenarios is None else load_hits(arguments.scenarios)
    report = stress_web(web, laws=laws, scenarios=states, seed=arguments.seed)
    broken = [found.state for found in report.broken if found.state is not None]
    if arguments.save and broken:
        save_hits(broken, arguments.save)
    if arguments.format == "json":
        sys.stdout.write(report.to_json())
    else:
        print(text_of(web, report))
    return 3 if report.broken else 0


def text_of(web: Web, report: WebStressReport) -> str:
    """The report for a terminal."""
    tested = [found for found in report.laws if found.status != "not_applicable"]
    parts = [printable(web.name or web.id)]
    if tested:
        lines = [[found.status, found.law, found.sentence, str(found.tried)] for found in tested]
        parts.append(table(["law", "name", "what it says", "states tried"], lines, right=(3,)))
    if len(report.laws) > len(tested):
        other = counted(len(report.laws) - len(tested), "law of other webs does", "laws of other webs do")
        parts.append(f"{other} not apply; the JSON names them")
    for found in report.broken:
        parts.append(f"{found.law} is broken: {printable(found.why)}")
        parts.append("where: " + (", ".join(printable(str(hit)) for hit in found.hits) or "the web as written"))
    return "\n\n".join(parts)
