"""A user's own test file runs, and fails on a deal with a covenant that never speaks."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from instruments import Loan, load_deal, save

ROOT = Path(__file__).resolve().parents[2]
NUMBER = re.compile(r"[-+]?\d[\d,]*\.?\d*")
FILE = ROOT / "examples" / "stress_your_deal" / "test_deal.py"


def run(*words: str, deal: Path | None = None) -> subprocess.CompletedProcess[str]:
    settings = os.environ | ({"STRESS_DEAL": str(deal)} if deal else {})
    command = [sys.executable, "-m", "pytest", str(FILE), "-q", "-n", "0", "-p", "no:cacheprovider", *words]
    return subprocess.run(command, cwd=ROOT, env=settings, capture_output=True, text=True, timeout=600)


def test_the_users_file_passes_on_the_deal_as_it_is() -> None:
    found = run()
    assert found.returncode == 0, found.stdout[-3000:]
    assert "3 passed" in found.stdout


@pytest.fixture(scope="module")
def mute(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The deal with a coverage test that asks for next to nothing."""
    deal = load_deal(ROOT / "examples" / "coreweave_ddtl4")
    loan = deal.contracts["facility"]
    assert isinstance(loan, Loan)
    assert loan.maintenance is not None
    quiet = loan.evolve(maintenance=loan.maintenance.evolve(threshold=0.2))
    return save(deal.evolve(contracts=dict(deal.contracts) | {"facility": quiet}), tmp_path_factory.mktemp("mute") / "deal.toml")


def test_it_fails_on_a_covenant_that_never_speaks(mute: Path) -> None:
    found = run("-k", "coverage", deal=mute)
    assert found.returncode == 1, found.stdout[-3000:]
    assert "test_the_coverage_test_speaks_before_the_lender_loses" in found.stdout
    assert "silent.sum()" in found.stdout


@pytest.mark.slow
def test_the_page_shows_what_the_study_prints() -> None:
    page = (FILE.parent / "README.md").read_text()
    shown = page.split("```text\n")[1].split("```")[0].splitlines()
    command = [sys.executable, str(FILE.parent / "run.py"), "4096"]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=1200, check=True).stdout.splitlines()
    assert [NUMBER.sub("#", line) for line in printed] == [NUMBER.sub("#", line) for line in shown]
    for was, now in zip(shown, printed, strict=True):
        numbers = ([float(n.replace(",", "")) for n in NUMBER.findall(line)] for line in (was, now))
        assert next(numbers) == pytest.approx(next(numbers), rel=0.05, abs=0.011)
