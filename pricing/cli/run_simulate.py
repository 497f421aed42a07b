"""`gpufin simulate`: value and loss first, then what each credit costs, the tests by date, and who gets what."""

from __future__ import annotations

import sys
from argparse import Namespace

from instruments.deal import Deal
from instruments.ground.messages import printable
from pricing.cli.claims import claims_table, things_table
from pricing.cli.facilities import feature_tables
from pricing.cli.figures import number, percent, table, usd
from pricing.cli.inputs import deal_and_market, is_project, say
from pricing.cli.joint import joint_text
from pricing.cli.risk_tables import risk_text
from pricing.engines.facility_rows import METHOD
from pricing.results import Row
from pricing.simulation import ContractLedger, Ledger, Simulation, simulate

EVERY = 6
"""Months between the lines of the coverage table; the JSON has all."""


def run(arguments: Namespace) -> int:
    """Exit code 0; 4 where a design of a project has no fair margin."""
    if is_project(arguments.deal):
        from pricing.cli.run_project import run as run_project

        return run_project(arguments)
    deal, market = deal_and_market(arguments.deal, arguments.market)
    measures = arguments.measures.split(",") if arguments.measures else None
    how = {"paths": arguments.paths, "seed": arguments.seed, "threads": arguments.threads}
    found = simulate(deal, market, measures=measures, joint=arguments.joint, method=arguments.method, **how)
    if arguments.format == "json":
        sys.stdout.write(found.to_json())
    else:
        print(text_of(deal, found, party=arguments.party, path=arguments.path, only=measures is not None))
    say(found.warnings, "note")
    return 0


def text_of(deal: Deal, found: Simulation, *, party: str | None = None, path: int | None = None, only: bool = False) -> str:
    """The simulation for a terminal; `only` leaves the ledger's tables out, which are no measures."""
    date = found.runs[0].facility.as_of if found.runs else found.rows[0].date
    parts = [f"{printable(deal.name or deal.id)}, {date}"]
    parts.append(joint_text(found.rows))
    risk: list[str] = []
    for contract_id, ledger in found.ledgers.items():
        rows = [row for row in found.rows if row.contract == contract_id]
        if isinstance(ledger, Ledger):
            parts += [_headline(contract_id, rows), _yields(contract_id, rows), _margins(rows)]
            parts += [] if only else [_draws(ledger), _coverage(ledger, path, rows)]
            parts += [_covenants(rows), *feature_tables(rows)]
            risk += risk_text(rows)
        else:
            parts.append(_sides(contract_id, rows))
            parts += [] if only else [claims_table(ledger.run), things_table(ledger.run)]
    if party is not None:
        parts += [_statement(ledger, party, path) for ledger in found.ledgers.values()]
    elif not only:
        parts.append(_by_party(found))
    parts += risk
    return "\n\n".join(part for part in parts if part)


def _first(rows: list[Row], measure: str) -> Row | None:
    return next((row for row in rows if row.measure == measure and row.part is None), None)


def _headline(loan_id: str, rows: list[Row]) -> str:
    lines = []
    for measure, title, show in (
        ("value", "value to the lender", usd),
        ("loss_against_default_free", "default-free value less value", usd),
        ("expected_shortfall_discounted", "expected shortfall, discounted", usd),
        ("expected_shortfall", "expected shortfall, not discounted", usd),
        ("expected_loss_rate", "expected loss over what is lent", percent),
        ("default_probability", "event of default by maturity", percent),
        ("recovery_rate", "recovered after it", percent),
    ):
        row = _first(rows, measure)
        if row is not None:
            unit = " USD" if show is usd else ""
            lines.append(f"{printable(loan_id)}: {title}: {show(row.value, row.standard_error)}{unit}")
    costs = [row for row in rows if row.measure == "implied_cost"]
    lines += [f"{printable(loan_id)}: cost implied by {printable(row.part or '')}: {usd(row.value)} USD" for row in costs]
    return "\n".join(lines)


def _yields(loan_id: str, rows: list[Row]) -> str:
    """What the lender earns, where fees or covenants make it worth saying."""
    lines = []
    for measure, title in (("effective_rate", "effective rate, on the plan"), ("irr", "internal rate of the mean flows")):
        row = _first(rows, measure)
        if row is not None:
            lines.append(f"{printable(loan_id)}: {title}: {percent(row.value, row.standard_error)}")
    life = _first(rows, "wal_years")
    return "\n".join([*lines, f"{printable(loan_id)}: average life, on the plan: {number(life.value)} years"] if life else lines)


def _covenants(rows: list[Row]) -> str:
    """Which covenant goes first, and when each is breached most."""
    first = [row for row in rows if row.measure == "first_breach_probability"]
    body = []
    for row in first:
        by_date = [each for each in rows if each.measure == "breach_probability" and (each.part or "maintenance") == row.part]
        most = max(by_date, key=lambda each: each.value or 0.0, default=None)
        worst = [percent(most.value, most.standard_error), str(most.date)] if most else ["", ""]
        body.append([printable(row.part or ""), percent(row.value, row.standard_error), *worst])
    header = ["covenant", "first to be breached", "breached, at most", "on"]
    return "Covenants: odds over the paths, before cures\n" + table(header, body, right=(1, 2)) if body else ""


def _sides(contract_id: str, rows: list[Row]) -> str:
    """What each party of a contract outside facilities gains by it."""
    body = [[row.party or "", usd(row.value, row.standard_error)] for row in rows if row.measure == "value"]
    return f"{printable(contract_id)}: value by party\n" + table(["party", "value, USD"], body, right=(1,))


def _margins(rows: list[Row]) -> str:
    found = [row for row in rows if row.measure == "fair_margin"]
    body = [
        [_case(row), f"{(row.value or 0.0) * 1e4:.1f}", f"{row.standard_error * 1e4:.1f}" if row.standard_error else ""] for row in found
    ]
    title = (
        "Margin at which the loan prices at par: simulated, with credits cut in turn; and planned flows on one credit, constant recovery"
    )
    return title + "\n" + table(["case", "basis points", "±"], body, right=(1, 2)) if found else ""


def _case(row: Row) -> str:
    if row.method == METHOD:
        return f"simulated, {row.part or 'as it is'}"
    return f"planned flows, {row.part or 'on the customer alone'}"


def _coverage(ledger: Ledger, path: int | None, rows: list[Row]) -> str:
    tests = ledger.tests(path)
    even = {row.date: row.value for row in rows if row.measure == "break_even_rent"}
    title = "The plan" if path is None else f"Path {path}"
    body = []
    for index, (date, status, balance, trapped, dscr, ltv, tested, threshold, verdict) in enumerate(tests.iter_rows()):
        if status != "closed" and (index % EVERY == EVERY - 1 or verdict == "breached"):
            shown = [number(each) if each is not None else "" for each in (dscr, ltv, tested, threshold)]
            rent = even.get(date)
            body.append([str(date), usd(balance), usd(trapped), *shown, verdict, status, number(rent) if rent is not None else ""])
    header = ["date", "balance, USD", "trapped", "DSCR", "LTV, market", "value tested", "threshold", "verdict", "status", "break-even rent"]
    return f"{title}: coverage and the maintenance test\n" + table(header, body, right=(*range(1, 7), 9))


def _draws(ledger: Ledger) -> str:
    body = []
    for label, funded, accepted, cost, first, after, tested, threshold, verdict in ledger.draws().iter_rows():
        shown = [number(each) if each is not None else "" for each in (tested, threshold)]
        body.append([label, str(funded), str(accepted), usd(cost), usd(first), usd(after), *shown, verdict])
    header = ["cohort", "funded", "accepted", "cost", "at funding", "after acceptance", "value tested", "threshold", "verdict"]
    return "Draws and the sizing test, on the plan\n" + table(header, body, right=range(3, 8))


def _by_party(found: Simulation) -> str:
    body = [
        [name, _cash(received), _cash(paid), _cash(net), _cash(present)]
        for _, name, received, paid, net, present in found.by_party.iter_rows()
    ]
    return "Cash by party, mean over paths\n" + table(["party", "receives", "pays", "net", "present value of net"], body, right=range(1, 5))


def _statement(ledger: Ledger | ContractLedger, party: str, path: int | None) -> str:
    frame = ledger.statement(party=party, path=path)
    body = [[str(d), other, why, claim, f"{amount:,.0f}", unit] for d, _, other, _, why, unit, claim, amount in frame.iter_rows()]
    return f"Statement of {printable(party)}\n" + table(["date", "with", "reason", "claim", "amount", "unit"], body, right=(4,))


def _cash(amount: float) -> str:
    """An amount; less than a dollar is rounding of sums of billions."""
    return usd(amount if abs(amount) >= 1.0 else 0.0)
