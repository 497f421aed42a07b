"""`gpufin report`: what a path means, what is written, and what is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from instruments import DebtTranche, Design
from instruments.files import dumps_json
from pricing.cli.main import main
from pricing.report import bundle
from tests import projects
from tests.pages import read_page
from tests.small import DEAL, write_small

EXAMPLES = Path(__file__).parents[3] / "examples"


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    code = main(["report", *(str(word) for word in words)])
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    return code, out, err


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return write_small(tmp_path)


def test_a_page_is_written_whole_and_nothing_is_printed(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, small, "-o", small / "x.html", "--paths", 4096)
    assert (code, out, err) == (0, "", "")
    found = read_page((small / "x.html").read_text(encoding="utf-8"))
    assert "The warrant 'grant' is worth" in found.text
    assert f"gpufin report {small.name} --paths 4096 --seed 0" in found.text
    assert [path.name for path in small.iterdir() if path.name.startswith("x.")] == ["x.html"]


def test_same_bytes_for_any_number_of_threads_and_any_place(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pages = []
    for threads in (1, 3):
        run(capsys, small / "deal.toml", "-o", small / "x.html", "--paths", 3 * 4096, "--threads", threads)
        pages.append((small / "x.html").read_bytes())
    assert pages[0] == pages[1]
    assert str(small).encode() not in pages[0]


@pytest.mark.parametrize(
    ("target", "kind", "code", "said"),
    [
        (EXAMPLES / "four_dolls" / "web.toml", "web of firms", 0, "goes round"),
        (EXAMPLES / "four_dolls", "web of firms", 0, "goes round"),
        (EXAMPLES / "book" / "book.csv", "book of contracts", 4, "3 more could not be priced"),
    ],
)
def test_a_path_means_what_it_holds(
    target: Path, kind: str, code: int, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, target, "-o", tmp_path / "x.html", "--paths", 4096)[0] == code
    found = read_page((tmp_path / "x.html").read_text(encoding="utf-8"))
    assert kind in found.text
    assert said in found.text


def test_a_project_is_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lent = Design(equity={"owners": 1.0}, tranches={"senior": DebtTranche(holder="lender", share_of_cost=0.6, margin=0.02, months=12)})
    of = projects.project({"all_equity": Design(equity={"owners": 1.0}), "lent": lent}).evolve(dial=("all_equity", "lent"))
    (tmp_path / "project.json").write_text(dumps_json(of))
    (tmp_path / "market.json").write_text(dumps_json(projects.market(hazards={"TEN": 0.3}, rent=0.01)))
    words = (tmp_path / "project.json", "--market", tmp_path / "market.json", "-o", tmp_path / "x.html", "--paths", 4096)
    assert run(capsys, *words)[0] == 0
    found = read_page((tmp_path / "x.html").read_text(encoding="utf-8"))
    assert "Who loses less, who more" in found.text
    assert {"moves-mean", "moves-on-default", "moves-in-tail", "dial"} <= set(found.figures)


def test_what_is_not_on_the_page_is_named_with_its_command(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, small, "-o", small / "x.html", "--paths", 4096)
    text = read_page((small / "x.html").read_text(encoding="utf-8")).text
    assert f"Sensitivities to single quotes: gpufin report {small.name} --with sensitivities -o FILE.html" in text
    run(capsys, small, "-o", small / "x.html", "--paths", 4096, "--with", "sensitivities,scenarios")
    text = read_page((small / "x.html").read_text(encoding="utf-8")).text
    assert "--with sensitivities -o" not in text
    assert "Under stress" in text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--with", "sensitivites"), "did you mean sensitivities?"),
        (("--reverse", "nobody.value > 1"), "limit.who = nobody"),
        (("--paths", 0), "paths = 0"),
    ],
)
def test_unusable_options_write_nothing(small: Path, words: tuple[object, ...], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, small, "-o", small / "x.html", *words)
    assert (code, out) == (2, "")
    assert said in err
    assert not (small / "x.html").exists()


def test_what_fails_is_said_and_the_rest_is_there(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = DEAL[DEAL.index("[contracts.grant]") : DEAL.index("[provenance.default]")].replace("contracts.grant", "contracts.other")
    parts = DEAL.partition("[provenance.default]")
    (small / "deal.toml").write_text(parts[0] + other.replace("equity:VND", "equity:NONE") + parts[1] + parts[2])
    code, _, _ = run(capsys, small, "-o", small / "x.html", "--paths", 4096, "--with", "scenarios")
    assert code == 4
    found = read_page((small / "x.html").read_text(encoding="utf-8"))
    assert "The warrant 'grant' is worth" in found.text
    failed = next(table for table in found.tables if [cell for cell, _ in table[0]] == ["where", "field", "why", "what to do"])
    assert "equity:NONE" in " ".join(cell for row in failed[1:] for cell, _ in row)


def test_the_limit_that_a_page_proposes_is_one(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, small, "-o", small / "x.html", "--paths", 4096)
    text = read_page((small / "x.html").read_text(encoding="utf-8")).text
    limit = text.partition("--reverse '")[2].partition("'")[0]
    assert run(capsys, small, "-o", small / "x.html", "--paths", 4096, "--reverse", limit)[0] == 0
    assert f"Reverse stress: {limit}" in read_page((small / "x.html").read_text(encoding="utf-8")).text


def test_options_of_deals_are_refused_elsewhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (("--with", "joint"), ("--reverse", "lender.value < 0")):
        code, _, err = run(capsys, EXAMPLES / "four_dolls", "-o", tmp_path / "x.html", *words)
        assert code == 2
        assert "must be left out" in err


def test_a_page_that_cannot_be_written_is_told(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, small, "-o", small / "none" / "x.html", "--paths", 4096)
    assert code == 2
    assert "cannot be written" in err


def test_without_the_extra_the_command_says_how_to_get_it(
    small: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundle, "find_spec", lambda _: None)
    code, _, err = run(capsys, small, "-o", small / "x.html")
    assert code == 2
    assert "pip install plotly" in err
