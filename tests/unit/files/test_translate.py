"""Errors that no deal or market of today gives, on models made for the purpose."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from instruments import InputError
from instruments.files import model_from_text
from instruments.ground.base import FrozenDict, FrozenMap, Many, Terms


class Proxy(Terms):
    kind: Literal["proxy"] = "proxy"
    proxy: Annotated[str, Field(min_length=2, max_length=3)] = "abc"

    @model_validator(mode="after")
    def _rule(self) -> Proxy:
        if self.proxy == "xx":
            raise PydanticCustomError("broken_rule", "no xx", {"path": "proxy", "remedy": "say yy"})
        return self


class Other(Terms):
    kind: Literal["other"] = "other"
    inner: Many[Either] = ()
    flag: bool = False


Either = Annotated[Proxy | Other, Field(discriminator="kind")]
Other.model_rebuild()


class Top(Terms):
    one: Either | None = None
    proxy: FrozenMap[str, Either] = FrozenDict()
    even: Annotated[int, Field(multiple_of=2)] = 2
    own: int = 0
    strange: int = 0

    @field_validator("own")
    @classmethod
    def _own(cls, value: int) -> int:
        if value:
            raise ValueError("not\nthis")
        return value

    @field_validator("strange")
    @classmethod
    def _strange(cls, value: int) -> int:
        if value:
            raise PydanticCustomError("nobody_knows", "strange things")
        return value


CASES: list[tuple[str, str]] = [
    ('one = {kind = "proxy", proxy = 1}', "one.proxy = 1: must be text"),
    ('[proxy.proxy]\nkind = "proxy"\nproxy = 1', "x.toml:3: proxy.proxy.proxy = 1: must be text"),
    ('[proxy.other]\nkind = "other"\ninner = [{kind = "proxy"},\n{kind = "proxy", proxy = 1}]', "x.toml:4: proxy.other.inner.1.proxy = 1"),
    ('[proxy."a.b"]\nkind = "proxy"\nproxy = "xx"', 'x.toml:3: proxy."a.b".proxy = "xx": no xx; say yy'),
    ('[[proxy.other.inner]]\nkind = "prxy"', "proxy.other.kind: required, one of other, proxy"),
    ('one = {kind = "prox"}', 'one.kind = "prox": must be one of other, proxy; did you mean proxy?'),
    ("one = {kind = 3}", "one.kind = 3: must be one of"),
    ('one = {kind = "proxy", proxy = "a"}', "must be at least 2 characters long"),
    ('one = {kind = "proxy", proxy = "abcd"}', "must be at most 3 characters long"),
    ('one = {kind = "other", flag = 1}', "one.flag = 1: must be true or false"),
    ('one = {kind = "other", flag = "true"}', "without quotes"),
    ("one = []", "one = []: must be a table"),
    ("even = 3", "even = 3: Input should be a multiple of 2"),
    ("own = 1", "own = 1: not\\x0athis; correct the terms"),
    ("strange = 1", "strange = 1: strange things; correct the terms"),
]


@pytest.mark.parametrize(("text", "words"), CASES)
def test_in_the_words_of_the_file(text: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        model_from_text(text, Top, kind="top", file="x.toml")
    assert words in str(caught.value)
    assert all(line.isprintable() for line in str(caught.value).split("\n"))


def test_at_most_ten_lines_and_a_count() -> None:
    text = "\n".join(f"k{number} = 1" for number in range(25))
    with pytest.raises(InputError) as caught:
        model_from_text(text, Top, kind="top")
    assert str(caught.value).split("\n")[-1] == "... and 15 more"


def test_problems_come_in_the_order_of_the_file() -> None:
    text = "strange = 1\nown = 1\neven = 3\nzzz = 1"
    with pytest.raises(InputError) as caught:
        model_from_text(text, Top, kind="top")
    lines: list[Any] = [problem.line for problem in caught.value.problems]
    assert lines == [1, 2, 3, 4]
