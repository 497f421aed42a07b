"""The command line: what each command prints, and its exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from instruments import dumps_json, load_deal
from pricing.cli.main import main
from pricing.laws import catalogue
from pricing.results import COLUMNS
from tests.malformed import CASES, Malformed
from tests.small import DEAL, MARKET, write_small


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return write_small(tmp_path)


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    code = main([str(word) for word in words])
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    return code, out, err


def test_price_prints_the_answer_first(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "price", small, "--paths", 4096)
    lines = out.splitlines()
    assert code == 0
    assert lines[0] == "small, 2025-10-03"
    assert lines[2].startswith("grant: worth ")
    assert " USD to buyer by monte_carlo" in lines[2]
    assert "quantlib upper bound" in out
    assert "contracts.grant.tranches.*.shares" in out
    assert err == ""


def test_price_as_json_is_the_contract(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "price", small, "--format", "json", "--paths", 4096)
    document = json.loads(out)
    assert code == 0
    assert list(document) == ["schema_version", "audit", "results", "assumptions", "warnings", "failures"]
    assert all(tuple(row) == COLUMNS for row in document["results"])
    assert document["audit"]["paths"] == 4096
    assert document["audit"]["seed"] == 0
    assert "threads" not in json.dumps(document["audit"])
    value = next(row for row in document["results"] if row["measure"] == "value")
    assert 0.0 < value["value"] < 100 * 100.0
    assert value["standard_error"] > 0.0
    assert value["probability"] == "pricing"
    assert document["assumptions"][0]["path"] == "contracts.grant.tranches.*.shares"


def test_values_over_parties_sum_to_zero(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "price", small, "--format", "json", "--paths", 4096, "--measures", "value", "--method", "monte_carlo")
    rows = json.loads(out)["results"]
    assert {row["party"] for row in rows} == {"vendor", "buyer"}
    assert sum(row["value"] for row in rows) == pytest.approx(0.0, abs=1e-9)


def test_same_bytes_for_any_number_of_threads(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    texts = {run(capsys, "price", small, "--format", "json", "--paths", 3 * 4096, "--threads", n)[1] for n in (1, 2, 3, 1)}
    assert len(texts) == 1


def test_another_seed_gives_other_numbers(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    texts = {run(capsys, "price", small, "--format", "json", "--paths", 4096, "--seed", n)[1] for n in (0, 1)}
    assert len(texts) == 2


def test_the_market_option_wins_over_the_sibling(
    small: Path, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path_factory.mktemp("m") / "market.dear.toml"
    other.write_text(MARKET.replace("spot_usd = 100.0", "spot_usd = 200.0"))
    values = [
        json.loads(run(capsys, "price", small, "--format", "json", "--paths", 1, *more)[1])["results"][0]["value"]
        for more in ((), ("--market", other))
    ]
    assert values[1] > 1.9 * values[0]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--method", "closed_form"], "no exact closed form"),
        (["--method", "tree"], "registered: closed_form, jumps, local_volatility, monte_carlo, quantlib, sobol"),
        (["--measures", "valu"], "did you mean value?"),
        (["--seed", "-1"], "a whole number at or above 0"),
        (["--paths", "0"], "paths = 0"),
        (["--threads", "0"], "threads = 0"),
        (["--market", "nowhere.toml"], "no such file"),
    ],
)
def test_unusable_options_exit_2_with_one_line(words: list[str], said: str, small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "price", small, *words)
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1


def test_a_deal_without_a_market_exits_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "deal.toml").write_text(DEAL)
    code, _, err = run(capsys, "price", tmp_path)
    assert code == 2
    assert "--market FILE" in err


def test_a_missing_quote_names_what_is_there(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (small / "market.toml").write_text(MARKET.replace("[milestones.racks]\nclock_volatility = 0.1\n", ""))
    code, _, err = run(capsys, "price", small)
    assert code == 2
    assert "milestone:racks" in err


def test_a_seasoned_deal_needs_its_own_date(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (small / "deal.toml").write_text(DEAL + "\n[position.milestones]\nracks = 1.0\n")
    (small / "market.toml").write_text(MARKET.replace("2025-10-03", "2025-10-06"))
    code, _, err = run(capsys, "price", small)
    assert code == 2
    assert "2025-10-06" in err
    assert "2025-10-03" in err


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_malformed_files_exit_2_with_clear_lines(case: Malformed, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / case.file_name
    file.write_bytes(case.data)
    code, out, err = run(capsys, "check", file, "--kind", case.kind)
    assert (code, out) == (2, "")
    assert all(word in err for word in case.words)
    assert all(line.startswith("gpufin: ") and line.isprintable() for line in err.splitlines())


def test_a_good_folder_passes_the_check(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "check", small)
    assert code == 0
    assert out.count("usable") == 2


@pytest.mark.parametrize("kind", ["deal", "market", "scenarios"])
def test_schemas_are_schemas_and_take_the_files(kind: str, small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "schema", kind)
    schema = json.loads(out)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert code == 0
    if kind == "deal":
        document = json.loads(dumps_json(load_deal(small)))
        jsonschema.validate(document, schema)
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(document | {"surprise": 1}, schema)


def test_stress_tells_scenarios_and_laws(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "stress", small, "--paths", 4096)
    assert code == 0
    assert "shares -50 %" in out
    assert "held" in out
    assert "broken" not in out


def test_stress_takes_the_library_by_name(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, said = run(capsys, "stress", small, "--paths", 1, "--laws", "", "--scenario", "export ban", "--scenario", "power spike")
    assert code == 0
    assert "export ban" in out
    assert "nothing in this deal for 'power spike': no power:* in the market" in said
    code, out, said = run(capsys, "stress", small, "--paths", 1, "--laws", "", "--scenarios", "library", "--format", "json")
    assert code == 0
    found = {row["scenario"] for row in json.loads(out)["results"]}
    assert {"base", "delayed acceptance", "belief collapse", "all together"} <= found
    assert json.loads(out)["warnings"]
    code, _, said = run(capsys, "stress", small, "--scenario", "power spike")
    assert code == 2
    assert "must be something to move; nothing in this deal for 'power spike'" in said
    code, _, said = run(capsys, "stress", small, "--scenario", "export bann")
    assert code == 2
    assert "no such scenario in the library" in said


def test_stress_reads_a_table_of_scenarios(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = small / "scenarios.csv"
    file.write_text("scenario,part,kind,subject,field,amount\ndown,move,scale,equity:VND,spot_usd,0.5\n")
    code, out, _ = run(capsys, "stress", small, "--paths", 1, "--laws", "", "--scenarios", file, "--format", "json")
    assert code == 0
    assert {row["scenario"] for row in json.loads(out)["results"]} == {"base", "down"}


def test_stress_with_own_scenarios(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = small / "scenarios.toml"
    file.write_text('[[scenarios]]\nlabel = "crash"\nmoves = [{key = "equity:VND", field = "spot_usd", kind = "scale", amount = 0.1}]\n')
    code, out, _ = run(capsys, "stress", small, "--paths", 1, "--scenarios", file, "--laws", "", "--format", "json")
    rows = [row for row in json.loads(out)["results"] if row["party"] == "buyer"]
    assert code == 0
    assert [row["scenario"] for row in rows] == ["base", "crash"]
    assert rows[1]["value"] < 0.11 * rows[0]["value"]


def test_a_broken_law_exits_3_and_shows_a_scenario(
    small: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = catalogue.Law(
        "dear_shares",
        "no share is above 150",
        "nowhere",
        lambda _: True,
        lambda _, market, __: "too dear" if market.equity["VND"].spot_usd.value > 150 else None,
    )
    monkeypatch.setattr(catalogue, "LAWS", (wrong,))
    code, out, _ = run(capsys, "stress", small, "--paths", 1, "--seed", 2, "--laws", "dear_shares", "--format", "json")
    law = json.loads(out)["results"][-1]
    assert code == 3
    assert law["status"] == "broken"
    assert [move["field"] for move in law["counterexample"]["moves"]] == ["spot_usd"]


def test_batch_keeps_bad_rows_and_prices_the_rest(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    book = small / "book.csv"
    book.write_text("id,underlying,shares,strike_usd,expiry\na,equity:VND,10,0,2026-01-05\nb,equity:VND,ten,0,2026-01-05\n")
    code, out, err = run(capsys, "batch", book, "--output", small / "out.parquet")
    assert code == 4
    assert "1 priced, 1 problems" in out
    assert "row 2 b: shares = ten" in err
    assert (small / "out.parquet").is_file()


def test_internal_errors_exit_1_without_a_traceback(
    small: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise ZeroDivisionError("planted")

    monkeypatch.setattr("pricing.cli.run_price.price", fails)
    code, _, err = run(capsys, "price", small)
    assert code == 1
    assert "ZeroDivisionError: planted" in err


def test_help_and_no_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "--help")[0] == 0
    assert run(capsys)[0] == 2
    assert run(capsys, "prise")[0] == 2


def test_text_from_files_cannot_drive_the_terminal(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (small / "deal.toml").write_text(DEAL.replace('id = "small"', 'id = "small"\nname = "\\u001b[2Jwiped"'))
    _, out, err = run(capsys, "price", small, "--paths", 1)
    assert "\x1b" not in out + err
    assert "\\x1b[2Jwiped" in out


def test_the_installed_command_prices_in_a_process_of_its_own(small: Path) -> None:
    command = Path(sys.executable).with_name("gpufin")
    done = subprocess.run(
        [command, "price", small, "--paths", "1", "--format", "json"], capture_output=True, text=True, check=False, env=os.environ
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["failures"] == []
