"""Numbers of pages are those of the result rows; sections stand where their rows do; hostile files stay text."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from curves import Market, load_market
from instruments import DebtTranche, Design, load_deal, load_web
from instruments.ground.provenance import Basis, Provenance, ProvenanceTable
from instruments.ground.tolerances import CASH_CONSERVATION_ABS
from pricing import BookResult, Row, WebReport, analyse_web, compare_financings, price_book
from pricing.registry import Settings
from pricing.report.book_page import book_page
from pricing.report.common import assumptions_section, term_in_words
from pricing.report.deal_money import postings_of
from pricing.report.deal_page import deal_page
from pricing.report.deal_results import DealResults, look_at_deal, vesting_by_date
from pricing.report.html import render
from pricing.report.page import Chart, Page, Table
from pricing.report.plots import held_values
from pricing.report.project_page import project_page
from pricing.report.project_terms import assumed_section
from pricing.report.web_page import web_page
from pricing.risk.transfer.report import RiskTransfer
from pricing.risk.transfer.sensitivity import sensitivity
from tests import facilities, projects
from tests.pages import HOSTILE, Found, read_page
from tests.small import DEAL, write_small

EXAMPLES = Path(__file__).parents[3] / "examples"
LENT = Design(equity={"owners": 1.0}, tranches={"senior": DebtTranche(holder="lender", share_of_cost=0.6, margin=0.02, months=12)})
PROJECT = projects.project({"all_equity": Design(equity={"owners": 1.0}), "lent": LENT}).evolve(dial=("all_equity", "lent"))


@pytest.fixture(scope="module")
def warrant(tmp_path_factory: pytest.TempPathFactory) -> DealResults:
    """The small warrant, its names hostile."""
    folder = write_small(tmp_path_factory.mktemp("hostile"))
    bad = json.dumps(HOSTILE)
    text = DEAL.replace("[parties.vendor]\n", f"[parties.vendor]\nname = {bad}\n").replace('label = "first"', f"label = {bad}")
    text = text.replace('basis = "filing"', f'basis = "filing"\nsource = {json.dumps(HOSTILE + " https://example.org/filing")}')
    (folder / "deal.toml").write_text(text.replace("late = [10, 90]", f"{bad} = [10, 90]"), encoding="utf-8")
    return look_at_deal(load_deal(folder), load_market(folder), paths=4096, extras=("sensitivities", "scenarios"))


@pytest.fixture(scope="module")
def facility() -> DealResults:
    return look_at_deal(facilities.deal(), facilities.market(), paths=4096, extras=("yields",), reverse="bank.expected_loss_rate > 0.0")


@pytest.fixture(scope="module")
def compared() -> tuple[RiskTransfer, Market]:
    on = projects.market(hazards={"TEN": 0.3}, rent=0.01)
    return compare_financings(PROJECT, on, paths=1), on


@pytest.fixture(scope="module")
def dolls() -> WebReport:
    return analyse_web(load_web(EXAMPLES / "four_dolls"))


@pytest.fixture(scope="module")
def book() -> BookResult:
    return price_book(EXAMPLES / "book" / "book.csv", load_market(EXAMPLES / "book"), paths=4096)


def seen(page: Page) -> Found:
    return read_page(render(page))


def titles(page: Page) -> list[str]:
    return [one.title for one in page.sections]


def test_every_number_of_a_warrants_tables_is_a_row(warrant: DealResults) -> None:
    found = seen(deal_page(warrant, "hostile"))
    stressed = warrant.stress.rows if warrant.stress else ()
    rows = [*warrant.valuation.rows, *warrant.rows, *warrant.vesting, *stressed]
    known = {row.value for row in rows}
    base = {row.contract: row.value or 0.0 for row in stressed if row.scenario == "base" and row.party == "buyer"}
    known |= {(row.value or 0.0) - base["grant"] for row in stressed}  # against base
    known |= {abs(row.value or 0.0) for row in rows if row.measure == "exposure"}  # the largest move
    assert len(found.numbers) > 60
    assert [number for number in found.numbers if number not in known] == []
    for measure in ("value", "vesting_probability", "delta", "exposure"):
        mine = {row.value for row in rows if row.measure == measure and row.party == "buyer" and row.scenario is None}
        assert mine
        assert mine <= set(found.numbers)


def test_charts_of_a_warrant_are_drawn_from_the_same_rows(warrant: DealResults) -> None:
    figures = seen(deal_page(warrant, "hostile")).figures
    curves = figures["vesting-0"]["data"]
    values = [[row.value for row in warrant.vesting if row.part == part] for part in dict.fromkeys(row.part for row in warrant.vesting)]
    assert [curve["y"] for curve in curves] == values
    moves = sorted(1e3 * value for trace in figures["tornado-0"]["data"] for value in trace["x"])  # drawn in thousands
    assert moves == pytest.approx(sorted(row.value or 0.0 for row in warrant.valuation.rows if row.measure == "exposure"))
    shown = figures["values"]["data"][0]
    head = warrant.valuation.row()
    scale = 1e3 if (head.value or 0.0) >= 1e3 else 1.0
    assert shown["x"] == [pytest.approx((head.value or 0.0) / scale)]
    assert shown["error_x"]["array"] == [pytest.approx(1.96 * (head.standard_error or 0.0) / scale)]


def test_hostile_names_of_a_file_are_text(warrant: DealResults) -> None:
    found = seen(deal_page(warrant, "hostile"))
    assert {tag for tag, _ in found.tags} & {"img", "iframe", "object"} == set()
    assert len([tag for tag, _ in found.tags if tag == "script"]) == 3
    assert HOSTILE in found.text
    assert [a["href"] for _, a in found.tags if "href" in a and "example" in str(a["href"])] == ["https://example.org/filing"]


def test_vesting_by_date_ends_where_the_price_ends(warrant: DealResults) -> None:
    priced = {row.part: row for row in warrant.valuation.rows if row.measure == "vesting_probability" and row.probability == "pricing"}
    for part, row in priced.items():
        curve = [each for each in warrant.vesting if each.part == part]
        assert curve[-1].value == row.value
        assert curve[-1].standard_error == row.standard_error
        values = [each.value or 0.0 for each in curve]
        assert values == sorted(values)


def test_vesting_by_date_for_any_number_of_threads(warrant: DealResults) -> None:
    one, two = (vesting_by_date(warrant.deal, warrant.market, "grant", Settings(paths=2 * 4096, threads=n)) for n in (1, 2))
    assert one == two


def test_the_page_of_a_facility_has_its_sections(facility: DealResults) -> None:
    page = deal_page(facility, "small")
    first = ("What each claim is worth", "Who pays whom for what", "Collateral against the loan", "Ratios and covenants over the paths")
    for title in (*first, "The payment waterfall", "Losses", "Under stress", "Provenance"):
        assert title in titles(page)
    left_out = [what for what, _ in page.left_out]
    assert "What guarantees add" in left_out
    assert not any("yield" in what for what in left_out)  # it was asked for
    assert all("gpufin " in command for _, command in page.left_out)


def test_numbers_of_a_facility_are_rows_or_the_ledgers(facility: DealResults) -> None:
    found = seen(deal_page(facility, "small"))
    assert facility.simulation is not None
    known = {row.value for row in (*facility.valuation.rows, *facility.rows)} | {row.quantile for row in facility.rows}
    for name, ledger in facility.simulation.ledgers.items():
        paid = postings_of(ledger)
        known |= {abs(one.total) for one in paid}
        assert name in facility.deal.contracts
    known |= {value for line in facility.simulation.by_party.iter_rows() for value in line[2:]}
    strange = [number for number in found.numbers if number not in known]
    stacks = [cells for table in found.tables if table and table[0][0][0] == "step" for cells in table[1:]]
    by_step = [value for cells in stacks for _, value in cells if value is not None]
    assert stacks
    assert sorted(strange) == sorted(number for number in by_step if number not in known)  # only the waterfall's yearly sums are sums


def test_the_waterfall_adds_up_to_the_ledger(facility: DealResults) -> None:
    """In less out of the vehicle over all years, with its accounts inside, is what its statement nets to: nothing is left over."""
    figure = seen(deal_page(facility, "small")).figures["waterfall-0"]
    total = sum(value for trace in figure["data"] for value in trace["y"])
    size = sum(abs(value) for trace in figure["data"] for value in trace["y"])
    # steps below a ten-thousandth of the largest are not drawn
    assert abs(total) <= 1e-3 * size
    rent = next(trace for trace in figure["data"] if trace["name"] == "rent")
    assert facility.simulation is not None
    paid = postings_of(facility.simulation.ledgers["loan"])
    assert sum(rent["y"]) * 1e6 == pytest.approx(sum(one.total for one in paid if one.posting.reason in ("rent", "relet")))


def test_yearly_sums_of_a_posting_are_its_total(facility: DealResults) -> None:
    assert facility.simulation is not None
    paid = postings_of(facility.simulation.ledgers["loan"])
    size = max(abs(one.total) for one in paid)
    for one in paid:
        assert math.fsum(one.by_year.values()) == pytest.approx(one.total, abs=CASH_CONSERVATION_ABS * size)


def test_fans_and_collateral_are_the_rows(facility: DealResults) -> None:
    figures = seen(deal_page(facility, "small")).figures

    def values(measure: str, **wanted: object) -> list[float | None]:
        return [row.value for row in facility.rows if row.measure == measure and all(getattr(row, k) == v for k, v in wanted.items())]

    fan = figures["ltv-fan-0"]["data"]
    assert fan[0]["y"] == values("ltv_fan", quantile=0.05)
    assert fan[1]["y"] == values("ltv_fan", quantile=0.95)
    collateral = {trace["name"]: trace["y"] for trace in figures["collateral-0"]["data"]}
    assert [value * 1e6 for value in collateral["forced sale"]] == pytest.approx(values("forced_value"))
    assert [value * 1e6 for value in collateral["loan outstanding"]] == pytest.approx(values("balance"))


def test_parties_of_a_ledger_sum_to_nought(facility: DealResults) -> None:
    drawn = seen(deal_page(facility, "small")).figures["parties"]["data"]
    values = [value for trace in drawn for value in trace["x"]]
    assert abs(sum(values)) <= 1e-3 * sum(map(abs, values))  # bars below a ten-thousandth of the largest are not drawn


def test_the_reverse_stress_is_said(facility: DealResults) -> None:
    assert facility.stress is not None
    assert facility.stress.reverse is not None
    assert facility.stress.reverse.sentence in seen(deal_page(facility, "small")).text


def test_the_page_of_a_project_is_its_rows(compared: tuple[RiskTransfer, Market]) -> None:
    found, on = compared
    page = project_page(PROJECT, on, found, "project")
    read = seen(page)
    known = {row.value for row in found.rows}
    assert [number for number in read.numbers if number not in known] == []
    assert " ".join(page.answer).startswith(found.sentence)
    for view in ("mean", "on-default", "in-tail"):
        suffix = {"mean": "", "on-default": "_on_default", "in-tail": "_in_tail"}[view]
        drawn = sorted(value for trace in read.figures[f"moves-{view}"]["data"] for value in trace["x"] if value)
        rows = [row.value or 0.0 for row in found.rows if row.measure == f"transfer{suffix}" and row.design == "lent"]
        assert drawn == pytest.approx(sorted(value for value in rows if abs(value) >= 0.005))
        weight = found.number(f"dead_weight{suffix}", "lent").value
        assert sum(drawn) == pytest.approx(weight, abs=0.005 * len(rows))
    dial = {trace["name"]: trace["y"] for trace in read.figures["dial"]["data"]}
    assert dial["owners"] == [found.number("holder_loss_in_tail", design, party="owners").value for design in ("all_equity", "lent")]


def test_the_page_of_a_web_is_its_rows(dolls: WebReport) -> None:
    web = load_web(EXAMPLES / "four_dolls")
    read = seen(web_page(web, dolls, "four_dolls"))
    known = {row.value if row.value is not None else row.low for row in dolls.rows}
    flows = {
        value
        for table in read.tables
        if table and table[0][0][0] == "payer"
        for cells in table[1:]
        for _, value in cells
        if value is not None
    }
    assert [number for number in read.numbers if number not in known and number not in flows] == []
    assert flows


def test_the_coloured_part_is_what_goes_round(dolls: WebReport) -> None:
    web = load_web(EXAMPLES / "four_dolls")
    figures = seen(web_page(web, dolls, "four_dolls")).figures
    for at, perimeter in enumerate(("as_listed", "cloud_in_fund")):
        link = figures[f"web-flows-{at}"]["data"][0]["link"]
        coloured = sum(value for value, colour in zip(link["value"], link["color"], strict=True) if colour.startswith("#d0650f"))
        assert coloured == pytest.approx(dolls.row("circularity", perimeter=perimeter, scenario=None).value)
        labels = figures[f"web-flows-{at}"]["data"][0]["node"]["label"]
        inside = [at for at, label in enumerate(labels) if not label.startswith(("outside", "to the outside"))]
        for node in inside:  # every firm balances in the picture
            paid = sum(v for v, s in zip(link["value"], link["source"], strict=True) if s == node)
            taken = sum(v for v, t in zip(link["value"], link["target"], strict=True) if t == node)
            assert paid == pytest.approx(taken)


def test_the_page_of_a_book_is_its_frames(book: BookResult) -> None:
    page = book_page(book, load_market(EXAMPLES / "book"), "book")
    read = seen(page)
    assert sorted(read.column("method", 3)) == pytest.approx(sorted(book.results["value"]))
    assert page.answer[0].startswith("8 contracts are worth 3.70 bn USD together; 3 more")
    assert "What could not be priced" in titles(page)
    failed = next(table for table in read.tables if table and table[0][-1][0] == "what to do")
    assert failed[1][4][0] == "the market has no equity:ORCL"
    drawn = read.figures["spread"]["data"][0]
    assert sum(drawn["x"]) * 1e9 == pytest.approx(book.total)


def test_pages_hold_no_clock_no_host_and_no_folder(warrant: DealResults, dolls: WebReport) -> None:
    for page in (deal_page(warrant, "x"), web_page(load_web(EXAMPLES / "four_dolls"), dolls, "x")):
        one, two = render(page), render(page)
        assert one == two
        text = read_page(one).text
        assert str(EXAMPLES) not in text
        assert "/tmp" not in text
        assert "Audit" in text
        assert "seed" in text


def test_a_term_in_words() -> None:
    assert term_in_words("contracts.warrant.tranches.*.shares") == "shares (warrant, tranches)"
    assert term_in_words("market.equity.AMD.volatility") == "volatility (equity, AMD)"
    assert term_in_words("contracts") == "contracts"


def test_assumptions_are_sorted_by_the_first_contract(warrant: DealResults) -> None:
    rows = [
        Row(deal="d", contract="one", measure="exposure", value=value, assumption=path) for path, value in (("a.x", -3.0), ("a.y", 5.0))
    ]
    items = [warrant.valuation.assumptions[0].__class__(path, "assumed", "", (), None) for path in ("a.x", "a.y")]
    section = assumptions_section(items, rows)
    assert section is not None
    (table,) = [block for block in section.blocks if isinstance(block, Table)]
    assert [(row[0].text, row[1].value) for row in table.rows] == [("y (a)", 5.0), ("x (a)", 3.0)]


def test_assumptions_of_a_project_by_how_far_they_move_it() -> None:
    by_path = {
        "plant.contract_usd_per_hour": Provenance(basis=Basis.ASSUMED, range=(0.001, 0.03)),
        "plant.idle_cost_share": Provenance(basis=Basis.ASSUMED, range=(0.4, 0.6)),
    }
    project = PROJECT.evolve(provenance=ProvenanceTable(default=Provenance(basis=Basis.DERIVED), by_path=by_path))
    on = projects.market(hazards={"TEN": 0.3}, rent=0.01)
    found = sensitivity(project, on, paths=64, turn=False)
    listed, ranked = assumed_section(project, None), assumed_section(project, found)
    assert listed is not None
    assert ranked is not None
    assert listed.title == "Assumptions"
    chart = next(block for block in ranked.blocks if isinstance(block, Chart))
    assert chart.table is not None
    names = chart.table.header[2:]
    for row, case in zip(chart.table.rows[1:3], ("low", "high"), strict=True):  # the first two are the ends of the rent
        answer = next(each.answer for each in found.cases if (each.path, each.label) == ("plant.contract_usd_per_hour", row[1].text))
        assert answer is not None
        assert [cell.value for cell in row[2:]] == [answer.headlines[name] - found.base.headlines[name] for name in names]
        assert case in [each[1].text for each in chart.table.rows[1:3]]


def test_of_many_sides_everyone_to_whom_it_is_worth_something_holds() -> None:
    def row(party: str, value: float, method: str = "simulation", contract: str = "notes") -> Row:
        return Row(deal="d", contract=contract, party=party, measure="value", value=value, method=method)

    notes = [row("seniors", 5.0), row("juniors", 1.0), row("vehicle", -6.0), row("seniors", 6.0, "quantlib")]
    loss = [row("buyer", -2.0, contract="letter"), row("seller", 2.0, contract="letter")]
    kept = [(each.party, each.method) for each in held_values([*notes, *loss])]
    assert kept == [("seniors", "simulation"), ("juniors", "simulation"), ("seniors", "quantlib"), ("buyer", "simulation")]
