from __future__ import annotations

import os
from pathlib import Path

import pytest

from curves.files import load_market
from instruments import FileError, GpufinError, InputError, load_deal
from tests.documents import GOOD
from tests.malformed import CASES, FILES, SYNTAX, Malformed

LOADERS = {"deal": load_deal, "market": load_market}


@pytest.mark.parametrize("kind", GOOD)
def test_the_good_text_is_good(kind: str, tmp_path: Path) -> None:
    (tmp_path / f"{kind}.toml").write_text(GOOD[kind])
    assert LOADERS[kind](tmp_path)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_answer_names_line_place_and_remedy(case: Malformed, tmp_path: Path) -> None:
    file = tmp_path / case.file_name
    file.write_bytes(case.data)
    with pytest.raises(InputError) as caught:
        LOADERS[case.kind](file)
    text = str(caught.value)
    for word in case.words:
        assert word in text
    assert text.isprintable() or all(line.isprintable() for line in text.split("\n"))
    assert len(text.split("\n")) == min(len(caught.value.problems), 11)
    assert all(problem.file == str(file) for problem in caught.value.problems)
    if case.line is not None:
        assert case.line in [problem.line for problem in caught.value.problems]


def test_names_are_unique_and_many() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 40


@pytest.mark.parametrize("case", [case for case in (*FILES, *SYNTAX) if "finite" not in case.words], ids=lambda case: case.name)
def test_one_problem_for_a_broken_file(case: Malformed, tmp_path: Path) -> None:
    (tmp_path / case.file_name).write_bytes(case.data)
    with pytest.raises(GpufinError) as caught:
        LOADERS[case.kind](tmp_path)
    assert len(caught.value.problems) == 1


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("nowhere.toml", "no such file"),
        ("nowhere", "no such file"),
        ("", "no such file"),
        ("deal.yaml", "not a .toml or .json file"),
        ("a\0b.toml", "character that no path can"),
        ("x" * 5000 + ".toml", "cannot be read"),
        ("deal.yaml/deal.toml", "no such file"),
    ],
)
def test_paths_that_cannot_be_read(path: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "deal.yaml").write_text("schema: 1")
    with pytest.raises(FileError, match=words) as caught:
        load_deal(f"{tmp_path}/{path}")
    assert len(caught.value.problems) == 1
    assert str(caught.value).isprintable()


def test_not_a_regular_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "deal.toml")
    with pytest.raises(FileError, match="not a regular file"):
        load_deal(tmp_path)


def test_what_the_system_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "deal.toml").write_text(GOOD["deal"])
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(FileError, match="Permission denied"):
        load_deal(tmp_path)
