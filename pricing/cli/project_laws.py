"""`gpufin stress` on a project: whether the laws of projects hold under all its financings, whatever moves its market."""

from __future__ import annotations

import sys
from argparse import Namespace

from curves.files import load_scenarios, save_scenarios
from instruments.files.projects import load_project
from instruments.ground.errors import InputError
from instruments.ground.messages import printable, problem
from instruments.project import Project
from pricing.cli.inputs import say, sibling_market
from pricing.cli.law_tables import laws_text
from pricing.risk.transfer.stressed import stress_project
from pricing.stressing import StressReport

OF_DEALS = ("scenario", "limit", "reverse", "factors", "paths", "threads")
"""Options that say nothing of a project."""


def run(arguments: Namespace) -> int:
    """Exit code 0, or 3 where a law is broken. Raises InputError for an option of deals alone."""
    for option in OF_DEALS:
        if (value := getattr(arguments, option)) is not None:
            hint = "a project is searched for markets that break its laws: --market, --laws, --scenarios FILE, --save, --seed and --format"
            raise InputError(problem("bad_option", subject=f"--{option}", value=value, expected="left out for a project", hint=hint))
    project = load_project(arguments.deal)
    market = sibling_market(arguments.deal, arguments.market)
    laws = None if arguments.laws is None else [name for name in arguments.laws.split(",") if name]
    scenarios = None if arguments.scenarios is None else load_scenarios(arguments.scenarios)
    report = stress_project(project, market, laws=laws, scenarios=scenarios, seed=arguments.seed)
    broken = [found.counterexample for found in report.broken if found.counterexample is not None]
    if arguments.save and broken:
        save_scenarios(broken, arguments.save)
    if arguments.format == "json":
        sys.stdout.write(report.to_json())
    else:
        print(text_of(project, report))
    say(report.warnings, "note")
    return 3 if report.broken else 0


def text_of(project: Project, report: StressReport) -> str:
    """The report for a terminal."""
    return "\n\n".join([printable(project.name or project.id), *laws_text(report, "projects")])
