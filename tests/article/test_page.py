"""The pages for readers: their numbers are those of the results, in both languages, and the run prints what it says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from examples.article import page, tables
from examples.article.claims import IDS, Claim, Inputs
from examples.article.claims.webs import ASSUMED, SHEETS
from examples.article.run import first_screen, main
from instruments import load_web
from instruments.ground.provenance import Basis

NUMBER = re.compile(r"\d[\d,]*\.?\d*")
NUMBER_REL = 0.02
"""Numbers of a simulation: another libm may move the last digit that is shown."""


def words_of(text: str) -> str:
    return NUMBER.sub("#", text)


@pytest.mark.parametrize("language", page.LANGUAGES)
def test_a_page_says_what_the_results_say(language: str, inputs: Inputs, found: dict[str, Claim]) -> None:
    text = page.LANGUAGES[language].read_text(encoding="utf-8")
    shown, fresh = page.read_blocks(text), page.blocks(found, inputs, language)
    assert set(fresh) - set(shown) <= {"glossary"}
    for name, block in shown.items():
        assert words_of(block) == words_of(fresh[name]), name
        was, now = ([float(n.replace(",", "")) for n in NUMBER.findall(text)] for text in (block, fresh[name]))
        assert now == pytest.approx(was, rel=NUMBER_REL, abs=0.011), name


def test_the_two_pages_hold_the_same_blocks_and_rows(inputs: Inputs, found: dict[str, Claim]) -> None:
    english, chinese = (page.read_blocks(page.LANGUAGES[language].read_text(encoding="utf-8")) for language in ("en", "zh"))
    assert set(chinese) == {*english, "glossary"}
    for name in found:
        assert f"| {name} |" in english["rows"]
        assert f"| {name} |" in chinese["rows"]
    assert english["answers"].count("**") == chinese["answers"].count("**") == 2 * len(page.answers(found, inputs))


def test_every_row_and_unit_has_its_chinese_words(found: dict[str, Claim]) -> None:
    words = tables.words()
    assert [name for name in found if name not in words["rows"]] == []
    assert set(words["rows"]) <= set(IDS)
    assert {verdict for claim in found.values() for verdict in (claim.verdict,)} <= set(words["verdicts"])
    for claim in found.values():
        assert page.number(claim, "zh")
        assert not re.search(r"[A-Za-z]{4,}", page.number(claim, "zh")), claim.id


def test_the_glossary_covers_every_mechanism() -> None:
    covered: set[str] = set()
    for _, ids in tables.words()["glossary"].values():
        for part in ids.split():
            first, _, last = part.partition("-")
            group, low = first[0], int(first[1:])
            covered |= {f"{group}{k}" for k in range(low, int(last[1:]) + 1)} if last else {first}
    assert covered <= set(IDS)
    assert {name[0] for name in covered} == set("LHGVRPQ")


def test_the_tables_say_what_their_rows_say(inputs: Inputs, found: dict[str, Claim]) -> None:
    shown = page.blocks(found, inputs, "en")
    assert set(shown) == {*tables.TABLES, "answers", "rows", "glossary"}
    assert set(tables.TITLES["en"]) == set(tables.TITLES["zh"]) == set(tables.TABLES)
    story = [line.split(" | ")[1].strip(" |") for line in shown["story"].splitlines()[2:]]
    assert sum(float(part.removesuffix(" %")) for part in story) == pytest.approx(100.0, abs=3.0)  # each is rounded
    causes = [line.strip("| ").split(" | ") for line in shown["failures"].split("\n\n")[1].splitlines()[2:]]
    for column in (1, 2):
        assert sum(float(line[column].removesuffix(" %")) for line in causes) == pytest.approx(100.0, abs=2.0)
    assert shown["cohorts"].count("-") - shown["cohorts"].splitlines()[1].count("-") >= 1  # somebody loses
    assert float(shown["rules"].splitlines()[3].split(" | ")[1].removesuffix(" %")) > 0.0


@pytest.mark.parametrize("language", page.LANGUAGES)
def test_answers_move_with_the_results(language: str, inputs: Inputs, found: dict[str, Claim]) -> None:
    base = page.answers(found, inputs, language)
    moved = page.answers(found, inputs.with_figure("softbank_2025_own_usd", 35e9), language)
    assert base[0] != moved[0]
    paid = page.answers(found, inputs.with_figure("nvidia_letter_paid_usd", 100e9), language)[0][1]
    assert paid.startswith({"en": "For the most part", "zh": "大致是"}[language])


def test_what_is_assumed_is_marked(inputs: Inputs, found: dict[str, Claim]) -> None:
    for line in page.claim_table(found, inputs).splitlines()[2:]:
        name, _, number, _, _ = line.strip("| ").split(" | ")
        assert number.endswith(page.MARK) == bool(inputs.soft(found[name].rests_on) or found[name].soft_terms), name


def test_assumed_terms_of_the_web_are_named(found: dict[str, Claim]) -> None:
    web = load_web(page.FOLDER.parent / "capital_web")
    assumed = {name for name, edge in web.edges.items() if edge.provenance is not None and edge.provenance.basis is Basis.ASSUMED}
    assert assumed == {f"P0{k}" for k in range(1, 7)}
    assert [name for name, claim in found.items() if claim.soft_terms == ASSUMED] == ["L0", "L6", "L7", "Q3"]
    sheets = load_web(page.FOLDER.parent / "resonance").entities.values()
    assert all(entity.balance.provenance.basis is Basis.ASSUMED for entity in sheets if entity.balance)
    assert [name for name, claim in found.items() if claim.soft_terms == SHEETS] == ["V11", "R3", "R6", "R7", "R8", "P2", "P3", "P5", "Q1"]


def test_the_first_screen_fits_a_screen(inputs: Inputs, found: dict[str, Claim]) -> None:
    text = first_screen(found, inputs, "en")
    assert len(text.splitlines()) <= 40
    assert all(len(line) <= 132 for line in text.splitlines() if not line.startswith("not answered here"))
    assert all(question in text for question, _ in page.answers(found, inputs))


def test_rows_as_data(inputs: Inputs, found: dict[str, Claim], capsys: pytest.CaptureFixture[str]) -> None:
    main(["--format", "json", "--paths", "512"], list(found.values()))
    told = json.loads(capsys.readouterr().out)
    assert len(told["answers"]) == len(page.answers(found, inputs))
    row = next(row for row in told["results"] if row["id"] == "L1")
    assert row["verdict"] == "fails"
    assert "softbank_own_cash_usd" in row["assumed_or_weak"]
    main(["--paths", "512"], list(found.values()))
    printed = capsys.readouterr().out
    assert all(f"\n{row['id']:4}" in printed for row in told["results"])


def test_one_row_alone_is_the_row_of_the_table(inputs: Inputs, found: dict[str, Claim], capsys: pytest.CaptureFixture[str]) -> None:
    main(["--only", "L3,N3"])
    printed = capsys.readouterr().out
    assert page.number(found["L3"]) in printed
    assert found["N3"].because in printed
    assert "L4" not in printed
    with pytest.raises(SystemExit):
        main(["--only", "X1"])
    assert "no such row" in capsys.readouterr().err


def test_commands_name_what_is_there(found: dict[str, Claim]) -> None:
    for claim in found.values():
        path = next(word for word in claim.command.split() if word.startswith("examples/"))
        assert (page.FOLDER.parents[1] / path).exists(), claim.id


def test_figures_of_ones_own(tmp_path: Path, inputs: Inputs, found: dict[str, Claim], capsys: pytest.CaptureFixture[str]) -> None:
    for file in page.FOLDER.glob("figures.*.toml"):
        text = file.read_text(encoding="utf-8")
        mine = text.replace("[figures.amd_shares_outstanding]\nvalue = 1622e6", "[figures.amd_shares_outstanding]\nvalue = 3200e6")
        (tmp_path / file.name).write_text(mine, encoding="utf-8")
    main(["--figures", str(tmp_path), "--only", "N3"])
    assert "5.00%" in capsys.readouterr().out
    money = tmp_path / "figures.money.toml"
    money.write_text(money.read_text(encoding="utf-8").replace("value = 3200e6", 'value = "many"'), encoding="utf-8")
    with pytest.raises(SystemExit) as stopped:
        main(["--figures", str(tmp_path), "--only", "N3"])
    told = capsys.readouterr().err
    assert stopped.value.code == 2
    assert "figures.amd_shares_outstanding.value" in told
    assert len(told.splitlines()) == 1
