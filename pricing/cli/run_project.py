"""`gpufin simulate` on a project: who loses what under each of its financings, what nobody gains, and what is gained."""

from __future__ import annotations

import sys
from argparse import Namespace

from instruments.files.projects import load_project
from instruments.ground.errors import InputError
from instruments.ground.messages import printable, problem
from instruments.project import BUYERS_OF_HARDWARE, BUYERS_OF_SHARES, Project
from pricing.cli.figures import percent, table
from pricing.cli.inputs import say, say_failures, sibling_market
from pricing.risk.transfer.report import RiskTransfer, View, compare_financings
from pricing.risk.transfer.rows import SUFFIX

PARTIAL = 4
TITLES: dict[View, str] = {
    "mean": "on average",
    "on_default": "given that the customer fails",
    "in_tail": "on the 5 % of paths on which the project loses most",
}


def run(arguments: Namespace) -> int:
    """Exit code 0; 4 where a design has no fair margin, the others are there. Raises InputError for an option of deals alone."""
    for option in ("party", "path", "measures", "joint"):
        if (value := getattr(arguments, option)) not in (None, False):
            hint = "a project has a ledger for each design: read it in Python, compare_financings(...).runs"
            raise InputError(problem("bad_option", subject=f"--{option}", value=value, expected="left out for a project", hint=hint))
    project = load_project(arguments.deal)
    market = sibling_market(arguments.deal, arguments.market)
    found = compare_financings(
        project, market, baseline=baseline_of(project), paths=arguments.paths, seed=arguments.seed, threads=arguments.threads
    )
    if arguments.format == "json":
        sys.stdout.write(found.to_json())
    else:
        print(text_of(project, found))
    say(found.warnings, "note")
    say_failures(found.failures)
    return PARTIAL if found.failures else 0


def baseline_of(project: Project) -> str:
    """What the designs are compared with: all equity, else the first of the dial or of the file."""
    return "all_equity" if "all_equity" in project.designs else project.dial[0] if project.dial else next(iter(project.designs))


def text_of(project: Project, found: RiskTransfer) -> str:
    """The comparison for a terminal."""
    parts = [f"{printable(project.name or project.id)}, {project.as_of}"]
    parts.append("Losses are per 100 USD of hardware; a gain is below 0; ± is one standard error.")
    parts.append(_own_loss(found))
    parts += [_moved(found, view) for view in TITLES]
    parts += [_ultimate(found), _cohorts(found), _parts(found), _dial(found), _together(found), _benefits(found)]
    parts += [found.sentence_for(name) for name in found.dial_designs[1:]]
    return "\n\n".join(part for part in parts if part)


def _own_loss(found: RiskTransfer) -> str:
    """What the whole project loses before anybody shares it."""
    compared = found.compared
    base = compared.baseline if compared else ""
    rows = {row.measure: row for row in found.rows if row.design == base and row.party == next(iter(found.runs[base].design.equity))}
    said = [f"{TITLES[view]} {_figure(rows[f'holder_loss{SUFFIX[view]}'].value)}" for view in TITLES]
    return f"All equity loses {'; '.join(said)}"


def _moved(found: RiskTransfer, view: View) -> str:
    return _matrix(f"Loss less that under all equity, {TITLES[view]}", found, view, ultimate=False)


def _ultimate(found: RiskTransfer) -> str:
    if found.compared is None or not found.compared.project.ownership:
        return ""
    return _matrix(f"The same for ultimate holders, {TITLES['in_tail']}", found, "in_tail", ultimate=True)


def _matrix(title: str, found: RiskTransfer, view: View, *, ultimate: bool) -> str:
    frame = found.matrix(view=view, ultimate=ultimate)
    designs = [name for name in frame.columns[1:] if found.compared is not None and name != found.compared.baseline]
    body = []
    for line in frame.iter_rows(named=True):
        numbers = [float(line[name] or 0.0) for name in designs]
        if any(abs(number) >= 0.005 for number in numbers) or line["holder"] == "dead weight":
            body.append([str(line["holder"]).replace("_", " "), *(_figure(number) for number in numbers)])
    header = ["holder", *(name.replace("_", " ") for name in designs)]
    return title + "\n" + table(header, body, right=range(1, len(header)))


def _parts(found: RiskTransfer) -> str:
    """Dead weight by name, with its error."""
    rows = [row for row in found.rows if row.measure == "dead_weight" and (row.value or 0.0) != 0.0]
    names = list(dict.fromkeys(row.part for row in rows if row.part is not None))
    body = []
    for design in found.runs:
        mine = {row.part: row for row in rows if row.design == design}
        if mine:
            body.append(
                [design.replace("_", " "), *(_figure(mine[name].value if name in mine else 0.0) for name in names), _sum(mine[None])]
            )
    header = ["design", *names, "in all"]
    return "Dead weight by part, on average\n" + table(header, body, right=range(1, len(header))) if body else ""


def _sum(row: object) -> str:
    value, error = getattr(row, "value", 0.0), getattr(row, "standard_error", None)
    return f"{value:.2f}" + (f" ± {error:.2f}" if error else "")


def _dial(found: RiskTransfer) -> str:
    """Step by step: who bears the tail, how much each loses alone, and how losses move together."""
    body = []
    for design in found.dial_designs:
        for holder in found.compared.holders if found.compared else ():
            tail = found.number("holder_loss_in_tail", design, party=holder)
            alone = found.number("holder_shortfall", design, party=holder)
            odds = found.number("holder_loss_probability", design, party=holder)
            if abs(tail.value or 0.0) < 0.005 and abs(alone.value or 0.0) < 0.005:
                continue
            with_tail = next(
                (row.value for row in found.rows if (row.measure, row.design, row.party) == ("tail_correlation", design, holder)), None
            )
            body.append(
                [design.replace("_", " "), holder.replace("_", " "), _sum(tail), _sum(alone), percent(odds.value), _figure(with_tail)]
            )
    header = ["design", "holder", "loss in the tail", "own worst 2.5 %", "odds of a loss", "correlation with the tail"]
    return "The dial\n" + table(header, body, right=range(2, 6)) if body else ""


def _together(found: RiskTransfer) -> str:
    """How the losses of those who finance the project move with each other, step by step."""
    buyers = (BUYERS_OF_HARDWARE, BUYERS_OF_SHARES)
    rows = [row for row in found.rows if row.measure == "loss_correlation" and not {row.party, row.part} & set(buyers)]
    designs = found.dial_designs[1:]
    pairs = dict.fromkeys((row.party, row.part) for row in rows if row.design in designs)
    known = {(row.design, row.party, row.part): row.value for row in rows}
    body = [[f"{one} and {other}", *(_figure(known.get((design, one, other))) for design in designs)] for one, other in pairs]
    header = ["losses of", *(name.replace("_", " ") for name in designs)]
    return "How losses move together: correlation over all paths\n" + table(header, body, right=range(1, len(header))) if body else ""


def _cohorts(found: RiskTransfer) -> str:
    """What investors who came in at different prices lose of their own money."""
    rows = [row for row in found.rows if row.measure == "cohort_loss_in_tail"]
    names = dict.fromkeys(row.party for row in rows)
    designs = [name for name in found.runs if found.compared is not None and name != found.compared.baseline]
    known = {(row.design, row.party): row.value for row in rows}
    body = []
    for name in names:
        entry = found.compared.project.cohorts[name or ""].entry_usd if found.compared else 0.0
        body.append([str(name).replace("_", " "), _figure(entry), *(percent(known.get((design, name))) for design in designs)])
    header = ["cohort", "entry, USD", *(name.replace("_", " ") for name in designs)]
    title = f"What cohorts lose of the money they paid, {TITLES['in_tail']}, less that under all equity\n"
    return title + table(header, body, right=range(1, len(header))) if body else ""


def _benefits(found: RiskTransfer) -> str:
    body = []
    for design in found.runs:
        rows = {row.measure: row.value for row in found.rows if row.design == design and row.party is None and row.part is None}
        if "funding_cost" not in rows:
            return ""
        margins = [f"{(row.value or 0.0) * 1e4:.0f}" for row in found.rows if row.design == design and row.measure == "design_margin"]
        shown = [percent(rows["funding_cost"]), percent(rows["own_share"]), _figure(rows["months_to_build"]), _figure(rows["early_value"])]
        body.append([design.replace("_", " "), *shown, ", ".join(margins)])
    header = ["design", "funding cost a year", "own money", "months to build", "worth of being earlier", "margins, bp"]
    return "The benefit side: the owners' return held fixed\n" + table(header, body, right=range(1, 6))


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value + 0.0:.2f}".replace("-0.00", "0.00")
