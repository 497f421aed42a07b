from __future__ import annotations

import copy
import importlib
import pickle
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import ValidationError
from pydantic.json_schema import GenerateJsonSchema

from instruments.ground.base import FrozenDict, Many, Terms, frozen
from instruments.ground.errors import TermsError
from tests.house import PACKAGES, module_names

TAGS = {"kind"}
"""Fields that only say which member of a union this is; the class's docstring speaks for them."""


@cache
def terms_classes() -> tuple[type[Terms], ...]:
    for name in module_names():
        with suppress(Exception):  # test_imports.py reports it; one broken module must not hide the others
            importlib.import_module(name)

    def below(cls: type[Terms]) -> set[type[Terms]]:
        return {cls}.union(*(below(child) for child in cls.__subclasses__()))

    ours = {cls for cls in below(Terms) if cls.__module__.split(".")[0] in PACKAGES}
    return tuple(sorted(ours, key=lambda cls: (cls.__module__, cls.__qualname__)))


class Sample(Terms):
    rate: float = 0.0
    tags: Many[str] = ()
    table: dict[str, float] = FrozenDict()


def each_class(test: Callable[..., None]) -> Callable[..., None]:
    return pytest.mark.parametrize("cls", terms_classes(), ids=lambda cls: f"{cls.__module__}.{cls.__qualname__}")(test)


@each_class
def test_terms_are_frozen_strict_and_closed(cls: type[Terms]) -> None:
    wanted = {"frozen": True, "extra": "forbid", "strict": True, "allow_inf_nan": False, "validate_default": True}
    assert {name: cls.model_config.get(name) for name in wanted} == wanted


@each_class
def test_terms_refuse_an_unknown_field(cls: type[Terms]) -> None:
    for build in (lambda: cls(no_such_field=1), lambda: cls.model_validate({"no_such_field": 1})):
        with pytest.raises(TermsError) as refused:
            build()
        assert (cls.__name__, "no_such_field", "unknown field") in [(one.subject, one.field, one.allowed) for one in refused.value.problems]


@each_class
def test_terms_and_their_fields_are_documented(cls: type[Terms]) -> None:
    assert (vars(cls).get("__doc__") or "").strip()
    assert [name for name, field in cls.model_fields.items() if name not in TAGS and not (field.description or "").strip()] == []


@each_class
def test_terms_have_a_valid_json_schema(cls: type[Terms]) -> None:
    for mode in ("validation", "serialization"):
        schema = cls.model_json_schema(mode=mode, schema_generator=GenerateJsonSchema)
        Draft202012Validator.check_schema(schema)


@each_class
def test_terms_hold_no_mutable_defaults(cls: type[Terms]) -> None:
    for name, field in cls.model_fields.items():
        default = field.get_default(call_default_factory=False)
        assert type(default) not in (list, dict, set, bytearray), name


def test_a_field_cannot_be_assigned_or_deleted() -> None:
    sample = Sample(rate=0.5)
    with pytest.raises(ValidationError):
        sample.rate = 1.0
    with pytest.raises(ValidationError):
        del sample.rate


def test_evolve_validates_again() -> None:
    sample = Sample(rate=0.5)
    assert sample.evolve(rate=0.25) == Sample(rate=0.25)
    assert sample.rate == 0.5
    for change in ({"rate": float("nan")}, {"rate": "0.1"}, {"rate": True}, {"no_such_field": 1}, {"tags": [1]}):
        with pytest.raises(TermsError):
            sample.evolve(**change)


def test_evolve_keeps_what_was_given_and_what_was_not() -> None:
    assert Sample(rate=0.5).evolve(tags=["a"]).model_fields_set == {"rate", "tags"}


def test_copy_with_update_is_refused() -> None:
    sample = Sample(rate=0.5)
    with pytest.raises(TypeError, match="evolve"):
        sample.model_copy(update={"rate": "nonsense"})
    assert sample.model_copy() == sample
    assert sample.model_copy(deep=True) == sample


MUTATIONS: dict[str, Callable[[Any], object]] = {
    "set": lambda table: table.__setitem__("a", 2.0),
    "delete": lambda table: table.__delitem__("a"),
    "or": lambda table: table.__ior__({"b": 2.0}),
    "clear": lambda table: table.clear(),
    "pop": lambda table: table.pop("a"),
    "popitem": lambda table: table.popitem(),
    "setdefault": lambda table: table.setdefault("b", 2.0),
    "update": lambda table: table.update(b=2.0),
}


@pytest.mark.parametrize("mutate", MUTATIONS.values(), ids=MUTATIONS)
def test_a_frozen_dict_cannot_be_changed(mutate: Callable[[Any], object]) -> None:
    table = FrozenDict({"a": 1.0})
    with pytest.raises(TypeError):
        mutate(table)
    assert table == {"a": 1.0}


def test_no_way_to_change_a_dict_was_forgotten() -> None:
    harmless = {"copy", "fromkeys", "get", "items", "keys", "values"}
    changing = {name for name in vars(dict) if not name.startswith("_")} - harmless
    changing |= {"__setitem__", "__delitem__", "__ior__"}
    assert {name for name in changing if getattr(FrozenDict, name) is getattr(dict, name)} == set()


def test_a_frozen_dict_hashes_by_value_and_round_trips() -> None:
    table = FrozenDict({"a": 1.0, "b": 2.0})
    assert hash(table) == hash(FrozenDict({"b": 2.0, "a": 1.0}))
    for twin in (pickle.loads(pickle.dumps(table)), copy.copy(table), copy.deepcopy(table)):
        assert type(twin) is FrozenDict
        assert twin == table
        assert hash(twin) == hash(table)


def test_frozen_reaches_every_depth() -> None:
    value = frozen({"a": [1, {"b": [2]}]})
    assert hash(value) == hash(frozen({"a": (1, {"b": (2,)})}))
    with pytest.raises(TypeError):
        value["a"][1]["b"] = ()
