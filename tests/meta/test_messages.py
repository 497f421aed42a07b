from __future__ import annotations

from string import Formatter

import pytest

from instruments.ground.errors import GpufinError, Problem, Reason
from instruments.ground.messages import CATALOGUE, problem

FILLED_BY_PROBLEM = {"field", "value", "subject"}


@pytest.mark.parametrize("code", CATALOGUE)
def test_every_message_formats_to_one_line(code: str) -> None:
    message = CATALOGUE[code]
    assert isinstance(message.allowed, str), "a stray comma makes a tuple"
    assert isinstance(message.remedy, str)
    assert isinstance(message.reason, Reason)
    details = {name: f"<{name}>" for name in message.details() - FILLED_BY_PROBLEM}
    filled = problem(code, subject="deal", field="contracts.loan.rate", value=5.25, **details)
    line = str(filled.at(file="deal.toml", line=7))
    assert line == line.strip()
    assert line.isprintable()
    assert line.startswith("deal.toml:7: deal.contracts.loan.rate = 5.25: ")
    assert all(f"<{name}>" in line for name in details)
    assert "{" not in line
    assert filled.remedy


@pytest.mark.parametrize("code", CATALOGUE)
def test_no_message_has_unnamed_or_nested_placeholders(code: str) -> None:
    for text in (CATALOGUE[code].allowed, CATALOGUE[code].remedy):
        for _, name, spec, conversion in Formatter().parse(text):
            assert name is None or name.isidentifier()
            assert not spec
            assert not conversion


@pytest.mark.parametrize("code", [code for code in CATALOGUE if CATALOGUE[code].details() - FILLED_BY_PROBLEM])
def test_a_detail_that_nobody_fills_is_a_defect(code: str) -> None:
    with pytest.raises(KeyError):
        problem(code)


@pytest.mark.parametrize("code", [code for code in CATALOGUE if CATALOGUE[code].details()])
def test_hostile_details_stay_on_one_line(code: str) -> None:
    hostile = "a\nb\x1b[31m{field}\x00" * 50
    details = {name: hostile for name in CATALOGUE[code].details() - FILLED_BY_PROBLEM}
    assert str(problem(code, value=hostile, **details)).isprintable()


def test_every_error_class_says_what_it_means() -> None:
    classes = [GpufinError, *GpufinError.__subclasses__()]
    assert all(cls.__doc__ for cls in classes)


def test_an_error_shows_ten_problems_and_counts_the_rest() -> None:
    many = [problem("missing_field", field=f"f{index}") for index in range(13)]
    text = str(GpufinError(*many))
    assert len(text.splitlines()) == 11
    assert text.endswith("... and 3 more")
    assert all(isinstance(item, Problem) for item in GpufinError(*many).problems)
