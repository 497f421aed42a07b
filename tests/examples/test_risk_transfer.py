"""The study of one gigawatt: stored numbers, the columns of its matrix, its sentence, and that it answers to its inputs."""

from __future__ import annotations

import json
import re
import runpy
from xml.etree import ElementTree

import pytest

from curves import Market, load_market, with_quote
from instruments import Basis, dumps_json, load_project
from instruments.variants import variants_of, with_term
from pricing import RiskTransfer, compare_financings
from pricing.risk.transfer.sensitivity import answer_of, sensitivity
from tests.house import ROOT
from tests.stored import ERRORS_ALLOWED

FOLDER = ROOT / "examples" / "risk_transfer"
KEPT = ("transfer", "transfer_in_tail", "transfer_on_default", "dead_weight", "dead_weight_in_tail", "design_margin", "early_value")
NAMES = ("measure", "design", "party", "part")
SMALLEST = 5e-3
"""Numbers of a simulation, per 100 USD: another libm may move a default by a month."""


def cut(found: RiskTransfer) -> list[dict[str, object]]:
    """What `expected.json` holds."""
    rows = [row for row in found.rows if row.measure in KEPT and row.value]
    return [{name: value for name in (*NAMES, "value", "standard_error") if (value := getattr(row, name)) is not None} for row in rows]


@pytest.fixture(scope="module")
def found() -> RiskTransfer:
    return compare_financings(load_project(FOLDER), load_market(FOLDER), paths=4096)


def test_the_stored_numbers_come_out_again(found: RiskTransfer) -> None:
    stored, fresh = json.loads((FOLDER / "expected.json").read_text(encoding="utf-8")), cut(found)
    assert not found.failures
    kept = {tuple(row.get(name) for name in NAMES): row for row in fresh}
    for row in stored:
        other = kept[tuple(row.get(name) for name in NAMES)]
        slack = SMALLEST + ERRORS_ALLOWED * row.get("standard_error", 0.0)
        assert other["value"] == pytest.approx(row["value"], abs=slack, rel=1e-3)


def test_the_first_screen_says_what_the_study_found(found: RiskTransfer) -> None:
    def number(design: str, party: str, view: str = "_in_tail") -> float:
        return found.number(f"transfer{view}", design, party=party).value or 0.0

    earlier = found.number("early_value", "pledged").value or 0.0
    said = [
        f"operator's shareholders lose {-number('pledged', 'owners'):.0f} less",
        f"the lender {number('pledged', 'lender'):.0f} more",
        f"buyers of hardware sold in a hurry gain {-number('pledged', 'hardware_buyers'):.0f}",
        f"and {found.number('dead_weight_in_tail', 'pledged').value:.1f} is lost to all",
        f"the vendor's shareholders carry the {number('guaranteed', 'vendor'):.0f}",
        f"they carry {number('guaranteed_and_warrants', 'vendor'):.0f}",
        f"give away {number('guaranteed_and_warrants', 'vendor', ''):.0f} on average",
        f"holds {number('shares_pledged', 'bank'):.1f} of it",
        f"worth {earlier:.0f} if rents fall",
    ]
    text = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    assert [words for words in said if words not in text] == []


def test_the_picture_shows_the_numbers_of_the_dial(found: RiskTransfer) -> None:
    drawn = runpy.run_path(str(FOLDER / "picture.py"))
    fresh = drawn["svg"](found)
    stored = (FOLDER / "dial.svg").read_text(encoding="utf-8")
    numbers = [[float(text) for text in re.findall(r">(\d+\.\d)<", each)] for each in (stored, fresh)]
    assert numbers[0] == pytest.approx(numbers[1], abs=0.11), "run examples/risk_transfer/picture.py again"
    shown = [loss for parts in drawn["parts_of"](found).values() for _, loss in parts]
    assert sorted(numbers[1]) == pytest.approx(sorted(shown), abs=0.051)
    assert ElementTree.fromstring(stored).tag.endswith("svg")
    assert "http" not in stored.replace("http://www.w3.org/2000/svg", ""), "nothing is fetched"


def test_the_ledger_and_the_operations_agree_on_every_path(found: RiskTransfer) -> None:
    assert found.compared is not None
    assert max(found.compared.gap(design) for design in found.runs) <= 1e-9


def test_columns_add_up_to_dead_weight_that_is_positive_and_explained(found: RiskTransfer) -> None:
    for view in ("mean", "on_default", "in_tail"):
        for ultimate in (False, True):
            frame = found.matrix(view=view, ultimate=ultimate)
            for design in frame.columns[1:]:
                assert frame[design].head(-1).sum() == pytest.approx(frame[design][-1], abs=1e-7)
    row = found.number("dead_weight", "pledged")
    assert (row.value or 0.0) > 10.0 * (row.standard_error or 0.0) > 0.0
    parts = [each.value or 0.0 for each in found.rows if each.measure == "dead_weight" and each.design == "pledged" and each.part]
    assert sum(parts) == pytest.approx(row.value or 0.0)
    for design in ("vendor_equity", "vendor_warrants", "prepaid"):
        assert found.number("dead_weight", design).value == 0.0


def test_a_guarantee_lowers_the_margin_by_what_the_vendor_gives(found: RiskTransfer) -> None:
    margins = {
        name: found.number("design_margin", name, part="tranches.senior").value or 0.0
        for name in ("pledged", "guaranteed_in_part", "guaranteed")
    }
    assert margins["pledged"] > margins["guaranteed_in_part"] > margins["guaranteed"] > 0.0
    for design in ("guaranteed", "guaranteed_in_part"):
        given = found.number("transfer", design, party="vendor").value or 0.0
        less = (found.number("transfer", "pledged", party="owners").value or 0.0) - (
            found.number("transfer", design, party="owners").value or 0.0
        )
        # what the vendor's shareholders give the owners gain, but for the seizures that another margin moves
        assert less == pytest.approx(given, abs=0.3)
        assert given > 1.0


def test_gainers_are_shown_too(found: RiskTransfer) -> None:
    assert (found.number("transfer_in_tail", "pledged", party="hardware_buyers").value or 0.0) < -1.0
    assert (found.number("transfer", "shares_pledged", party="share_buyers").value or 0.0) < -1.0


def test_every_assumed_term_has_its_ends_and_every_end_loads() -> None:
    project = load_project(FOLDER)
    assert sum(variant.basis is Basis.ASSUMED for variant in variants_of(project)) >= 30


def test_inputs_of_the_study_move_its_numbers() -> None:
    project, market = load_project(FOLDER), load_market(FOLDER)
    names = ("all_equity", "guaranteed")
    base = answer_of(project, market, names, 512, 0, {}).headlines
    for changed in (
        answer_of(with_term(project, "enforcement.lots", 1), market, names, 512, 0, {}),
        answer_of(with_term(project, "plant.contract_usd_per_hour", 3.2), market, names, 512, 0, {}),
        answer_of(project, with_quote(market, "resale.GB300.decline", 0.4), names, 512, 0, {}),
        answer_of(project, with_quote(market, "credit.OPENAI.quotes.5Y", 0.05), names, 512, 0, {}),
        answer_of(project, with_quote(market, "correlation.rent:GB300|credit:OPENAI", 0.5), names, 512, 0, {}),
    ):
        moved = [name for name, value in base.items() if changed.headlines[name] != value]
        assert {"owners lose less in the tail", "earlier less dead weight"} <= set(moved)


def test_the_study_tells_what_its_sentence_hangs_on() -> None:
    study = runpy.run_path(str(FOLDER / "run.py"))
    project, market = load_project(FOLDER), load_market(FOLDER)
    few = ("enforcement.choice", "funding.hardware_price_growth")
    project = project.evolve(provenance=project.provenance.evolve(by_path={path: project.provenance.by_path[path] for path in few}))
    text = study["told"](project, market, sensitivity(project, _firm(market), paths=256))
    assert "3 cases with an answer of 3" in text
    assert "Where a sign turns within a range" in text
    assert "The order holds in" in text


def _firm(market: Market) -> Market:
    """The market with nothing assumed left to vary."""

    def firm(node: object) -> object:
        if isinstance(node, dict):
            return {key: "press" if key == "basis" and value == "assumed" else firm(value) for key, value in node.items()}
        return node

    return Market.model_validate_json(json.dumps(firm(json.loads(dumps_json(market)))))
