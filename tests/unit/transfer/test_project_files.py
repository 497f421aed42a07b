from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from instruments import InputError, Project, dumps_json, dumps_toml, load_project, project_from_text
from instruments.files import model_schema
from pricing.cli.main import main
from tests.house import ROOT

FOLDER = ROOT / "examples" / "risk_transfer"
SMALL = """\
schema = 1
id = "small"
as_of = 2026-01-31
[parties.owners]
[parties.operator]
[parties.tenant]
credit = "credit:TEN"
[parties.vendor]
[parties.lender]
[plant]
operator = "operator"
customer = "tenant"
vendor = "vendor"
units = 1.0
cost_usd = 100.0
months = 6
contract_months = 6
contract_usd_per_hour = 0.03
running_usd_per_unit_hour = 0.0
rent = "rent:X"
resale = "resale:X"
substitute = {odds = 1.0, delay_months = 0, interim_share = 1.0, cost_usd_per_unit = 0.0}
[designs.all_equity]
equity = {owners = 1.0}
[designs.lent]
equity = {owners = 1.0}
tranches = {senior = {holder = "lender", share_of_cost = 0.5, months = 6}}
"""
MARKET = """\
schema = 1
as_of = 2026-01-31
[rates.USD-SOFR]
kind = "flat"
rate = 0.03
[credit.TEN]
kind = "hazard"
hazard = 0.3
[rent.X]
kind = "thin_rent"
spot_usd_per_hour = 0.02
growth = 0.0
volatility = 0.2
[resale.X]
kind = "thin_resale"
new_usd = 40.0
decline = 0.0
depth_units = 1.0
impact = 0.2
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "project.toml").write_text(SMALL)
    (tmp_path / "market.toml").write_text(MARKET)
    return tmp_path


def test_a_project_survives_its_files() -> None:
    project = load_project(FOLDER)
    assert project_from_text(dumps_toml(project)) == project
    assert project_from_text(dumps_json(project), language="json") == project
    Draft202012Validator(model_schema(Project, "project")).validate(json.loads(dumps_json(project)))


@pytest.mark.parametrize(
    ("was", "now", "line", "words"),
    [
        ("equity = {owners = 1.0}\n[designs.lent]", "equity = {owners = 0.9}\n[designs.lent]", 24, "add up to 1"),
        ('holder = "lender"', 'holder = "lendr"', 27, "lendr"),
        ("share_of_cost = 0.5", "share_of_cost = 1.5", 27, "share_of_cost"),
        ("share_of_cost = 0.5, months = 6", "share_of_cost = 0.5, months = 9", 27, "outlives"),
        ("contract_months = 6", "contract_months = 7", 17, "outlives"),
        ('rent = "rent:X"', 'rent = "resale:X"', 20, "rent key"),
        ("[parties.lender]", "[parties.lender]\n[parties.market]", 10, "name is taken"),
        ("months = 6}", 'months = 6, margin = "cheap"}', 27, "or the word"),
        ("months = 6}", "months = 6, margin = 5.25}", 27, "525 % a year"),
        ("units = 1.0", "units = 1.0\ngold = 2.0", 15, "unknown field"),
        ('customer = "tenant"', 'customer = "nobody_here"', 12, "nobody_here"),
    ],
)
def test_mistakes_are_told_at_their_line(was: str, now: str, line: int, words: str) -> None:
    assert was in SMALL
    with pytest.raises(InputError, match=words) as refused:
        project_from_text(SMALL.replace(was, now), file="project.toml")
    assert f"project.toml:{line}:" in str(refused.value)


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ('[designs.bad]\nequity = {owners = 1.0}\n[designs.bad.guarantee]\nguarantor = "vendor"\n', "no debt to guarantee"),
        (
            '[designs.bad]\nequity = {owners = 1.0}\n[designs.bad.warrants]\nissuer = "vendor"\nholder = "owners"\n'
            "steps = [{month = 1, hurdle_usd = 1.0, shares = 1.0}]\nmonths = 6\n",
            "equity key",
        ),
        ("[ownership.owners]\nfunds = 0.5\n", "add up to 1"),
        ('[cohorts.late]\ncompany = "operator"\nentry_usd = 5.0\n', "names this cohort"),
        ('[provenance]\ndefault = {basis = "derived"}\n[provenance.by_path."plant.gold"]\nbasis = "press"\n', "matches nothing"),
        ('[provenance]\ndefault = {basis = "derived"}\n[provenance.by_path."plant.units"]\nbasis = "assumed"\n', "needs a range"),
    ],
)
def test_parts_that_do_not_fit_are_refused(extra: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        project_from_text(SMALL + extra)


def test_simulate_prints_tables_and_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", str(folder), "--paths", "4096"]) == 0
    text = capsys.readouterr().out
    for title in ("small, 2026-01-31", "Loss less that under all equity, on average", "Dead weight by part", "dead weight"):
        assert title in text
    assert main(["simulate", str(folder / "project.toml"), "--paths", "4096", "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert {row["design"] for row in document["results"]} == {"all_equity", "lent"}
    assert document["audit"]["paths"] == 4096
    assert document["failures"] == []


def test_a_design_without_a_fair_margin_is_exit_code_4(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = SMALL.replace("contract_usd_per_hour = 0.03", "contract_usd_per_hour = 0.0001").replace(
        "share_of_cost = 0.5", "share_of_cost = 0.9"
    )
    (folder / "project.toml").write_text(text)
    assert main(["simulate", str(folder), "--paths", "4096"]) == 4
    out, err = capsys.readouterr()
    assert "designs.lent" in err
    assert "all equity" in out.lower()


@pytest.mark.parametrize("option", [("--party", "owners"), ("--path", "3")])
def test_options_of_deals_are_refused_for_projects(folder: Path, option: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", str(folder), *option]) == 2
    assert "left out for a project" in capsys.readouterr().err


def test_check_and_schema_know_projects(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(folder)]) == 0
    assert "a usable project" in capsys.readouterr().out
    assert main(["schema", "project"]) == 0
    assert "designs" in json.loads(capsys.readouterr().out)["properties"]
    (folder / "project.toml").write_text(SMALL.replace("[plant]", "[plants]"))
    assert main(["check", str(folder)]) == 2
    assert main(["simulate", str(folder)]) == 2
