"""Columns of a book, generated from the term models: one dotted name per field, with the rules that the field's own type states.

A field of a part is `floating.margin`; an entry of a mapping carries its key in the name, `capacity_units.2026-03-31`; what has no flat
form (lists, parts that nest without end) is one column of JSON text. Nothing is written by hand: a new field of a model is a new column.
"""

from __future__ import annotations

import datetime as dt
import types
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import or_
from typing import Annotated, Any, Literal, Protocol, TypeAlias, Union, get_args, get_origin

import annotated_types as bounds
import polars as pl
from pydantic import AfterValidator, TypeAdapter
from pydantic.fields import FieldInfo

from instruments.ground.base import Terms
from instruments.ground.keys import Matches
from instruments.ground.units import Plausible, bound

Sort = Literal["number", "whole", "flag", "text", "date", "json"]
"""What a cell holds."""
DTYPES: dict[Sort, type[pl.DataType]] = {
    "number": pl.Float64,
    "whole": pl.Int64,
    "flag": pl.Boolean,
    "text": pl.String,
    "date": pl.Date,
    "json": pl.String,
}
"""Sort of cell to the type of its column."""
EPOCH = dt.date(1970, 1, 1)
CALENDAR = ((dt.date.min - EPOCH).days, (dt.date.max - EPOCH).days)
"""First and last day that Python has, since 1970: a frame knows more, some without a year."""
DAYS_WITH_TEXT = (-90_000_000, 90_000_000)
"""Days that a frame can write: years up to some 245,000."""
SORTS: dict[object, Sort] = {float: "number", int: "whole", bool: "flag", str: "text", dt.date: "date"}
FORMS = (bounds.Gt, bounds.Ge, bounds.Lt, bounds.Le, bounds.MinLen, bounds.MaxLen, Plausible, Matches, frozenset)
"""Constraints that have a form for columns; a `frozenset` holds the choices of a literal."""
Verdict: TypeAlias = pl.Expr | bool
"""A rule of rows, or the same answer for all of them."""


@dataclass(frozen=True)
class Scalar:
    """One column."""

    name: str
    sort: Sort
    required: bool
    rules: tuple[object, ...] = ()
    """The type's own constraints: bounds, plausible range, pattern, choices."""
    known: bool = True
    """Whether every constraint has a form for columns; where not, the model judges each cell."""


@dataclass(frozen=True)
class Part:
    """A part of the terms: its columns share a prefix, and it is given when one of them is."""

    name: str
    required: bool
    nodes: tuple[Node, ...]


@dataclass(frozen=True)
class Choice:
    """One of several parts, told apart by the column `tag`."""

    name: str
    required: bool
    tag: Scalar
    variants: Mapping[str, tuple[Node, ...]]


@dataclass(frozen=True)
class Entries:
    """A mapping: a column for each key that the frame uses."""

    name: str
    required: bool
    key: TypeAdapter[Any]
    value: Scalar
    least: int = 0


Node: TypeAlias = Scalar | Part | Choice | Entries


class Seen(Protocol):
    """What is known of whole columns of a frame."""

    def full(self, name: str) -> bool:
        """Whether every cell of a column is given."""
        ...

    def obeyed(self, node: Scalar, name: str) -> bool:
        """Whether every cell of a column is known to obey the rules of the node."""
        ...


@dataclass
class _Found:
    """A type without its wrappings."""

    type: Any
    rules: list[object] = field(default_factory=list)
    optional: bool = False
    discriminator: str | None = None


def nodes_of(model: type[Terms], prefix: str = "", skip: tuple[str, ...] = (), above: tuple[type[Any], ...] = ()) -> tuple[Node, ...]:
    """The nodes of a model's fields, without those named in `skip`."""
    found = []
    for name, info in model.model_fields.items():
        if name not in skip:
            bare = _bare(info.annotation, [*info.metadata, *([info] if info.discriminator else [])])
            found.append(_node(prefix + name, bare, info.is_required(), (*above, model)))
    return tuple(found)


def _bare(kind: Any, rules: list[object]) -> _Found:
    found = _Found(kind)
    while True:
        for rule in rules:
            if isinstance(rule, FieldInfo):
                found.discriminator = str(rule.discriminator) if rule.discriminator else found.discriminator
                found.rules += rule.metadata
            else:
                found.rules.append(rule)
        if get_origin(found.type) is Annotated:
            found.type, *rules = get_args(found.type)
            continue
        options = get_args(found.type) if get_origin(found.type) in (Union, types.UnionType) else ()
        if type(None) in options:
            rest = [option for option in options if option is not type(None)]
            found.optional = True
            found.type = reduce(or_, rest)
            rules = list[object]()
            continue
        return found


def _node(name: str, bare: _Found, required: bool, above: tuple[type[Any], ...]) -> Node:
    kind = bare.type
    if get_origin(kind) is Literal:
        return Scalar(name, "text", required, (frozenset(get_args(kind)),), all(isinstance(each, str) for each in get_args(kind)))
    if kind in SORTS:
        rules = tuple(rule.func if isinstance(rule, AfterValidator) else rule for rule in bare.rules)
        return Scalar(name, SORTS[kind], required, rules, all(map(_has_a_form, rules)))
    if isinstance(kind, type) and issubclass(kind, Terms) and kind not in above:
        return Part(name, required, nodes_of(kind, f"{name}.", _constant(kind), above))
    options = get_args(kind) if get_origin(kind) in (Union, types.UnionType) else ()
    if options and bare.discriminator and not set(options) & set(above):
        variants = {
            str(tag): nodes_of(option, f"{name}.", (bare.discriminator,), above)
            for option in options
            for tag in get_args(option.model_fields[bare.discriminator].annotation)
        }
        return Choice(name, required, Scalar(f"{name}.{bare.discriminator}", "text", True, (frozenset(variants),)), variants)
    if get_origin(kind) is dict:
        key, value = get_args(kind)
        inner = _node(f"{name}.*", _bare(value, []), True, above)
        if isinstance(inner, Scalar) and inner.sort != "json":
            least = max((rule.min_length for rule in bare.rules if isinstance(rule, bounds.MinLen)), default=0)
            return Entries(name, required, TypeAdapter(key), inner, least)
    return Scalar(name, "json", required, (), False)


def _constant(kind: type[Terms]) -> tuple[str, ...]:
    """Fields that can hold one thing only and need not be said."""
    return tuple(
        name
        for name, info in kind.model_fields.items()
        if get_origin(info.annotation) is Literal and len(get_args(info.annotation)) == 1 and not info.is_required()
    )


def _has_a_form(rule: object) -> bool:
    return isinstance(rule, FORMS)


def with_optional(nodes: tuple[Node, ...], names: frozenset[str]) -> tuple[Node, ...]:
    """The same nodes, those named no longer required: a book fills them in."""
    return tuple(replace(node, required=False) if node.name in names else node for node in nodes)


def scalars(nodes: tuple[Node, ...]) -> Iterator[Scalar]:
    """Every column with a name of its own; of variants that share a name, the first."""
    seen: set[str] = set()
    for node in _scalars(nodes):
        if node.name not in seen:
            seen.add(node.name)
            yield node


def _scalars(nodes: tuple[Node, ...]) -> Iterator[Scalar]:
    for node in nodes:
        if isinstance(node, Scalar):
            yield node
        elif isinstance(node, Part):
            yield from _scalars(node.nodes)
        elif isinstance(node, Choice):
            yield node.tag
            for inside in node.variants.values():
                yield from _scalars(inside)


def entries(nodes: tuple[Node, ...]) -> Iterator[Entries]:
    """Every mapping."""
    for node in nodes:
        if isinstance(node, Entries):
            yield node
        elif isinstance(node, Part):
            yield from entries(node.nodes)
        elif isinstance(node, Choice):
            for inside in node.variants.values():
                yield from entries(inside)


def valid(nodes: tuple[Node, ...], columns: frozenset[str], seen: Seen | None = None) -> Verdict:
    """Whether a row of a typed frame obeys every rule of the fields: what this accepts, the model accepts, rules across fields apart.

    Args:
        nodes: of a model. columns: those that the frame has; the others are null.
        seen: what is known of whole columns of the frame; None: nothing. Rules that a whole column obeys are not asked of each row.
    """
    return _all(_valid(node, columns, seen) for node in nodes)


def by_row(verdict: Verdict, frame: pl.DataFrame) -> pl.Series:
    """A verdict for each row of a frame."""
    if isinstance(verdict, bool):
        return pl.Series("ok", [verdict], dtype=pl.Boolean).new_from_index(0, frame.height)
    return frame.select(verdict.alias("ok"))["ok"]


def _valid(node: Node, columns: frozenset[str], seen: Seen | None) -> Verdict:
    if isinstance(node, Scalar):
        return _valid_cell(node, node.name, seen) if node.name in columns else not node.required
    names = sorted(_names(node, columns))
    if not names:
        return not node.required
    given = True if seen and any(seen.full(name) for name in names) else reduce(or_, (pl.col(name).is_not_null() for name in names))
    if isinstance(node, Entries):
        inside = _all(_either(pl.col(name).is_null(), _valid_cell(node.value, name, seen)) for name in names)
        if node.least > 1:
            return False if node.required else _not(given)
    else:
        inside = valid(node.nodes, columns, seen) if isinstance(node, Part) else _variants(node, names, columns, seen)
    return _both(given, inside) if node.required else _either(_not(given), inside)


def _variants(node: Choice, names: list[str], columns: frozenset[str], seen: Seen | None) -> Verdict:
    if node.tag.name not in columns:
        return False
    found: Verdict = False
    for tag, inside in node.variants.items():
        own = {name for one in inside for name in _names(one, columns)}
        others = _all(pl.col(name).is_null() for name in names if name not in own and name != node.tag.name)
        found = _either(found, _both(_both(pl.col(node.tag.name) == tag, valid(inside, columns, seen)), others))
    return found if isinstance(found, bool) else found.fill_null(False)


def _names(node: Node, columns: frozenset[str]) -> set[str]:
    """Columns of the frame that belong to a node."""
    if isinstance(node, Scalar):
        return {node.name} & columns
    return {name for name in columns if name.startswith(f"{node.name}.")}


def _valid_cell(node: Scalar, name: str, seen: Seen | None) -> Verdict:
    cell = pl.col(name)
    if not node.known or node.sort == "json":
        return False if node.required else cell.is_null()
    if seen is not None and seen.obeyed(node, name):
        return True
    checks: list[Verdict] = [form(cell, rule) for rule in node.rules]
    if node.sort == "number":
        checks.append(cell.is_finite())
    obeyed = _all(checks)
    obeyed = obeyed if isinstance(obeyed, bool) else obeyed.fill_null(False)
    return _both(cell.is_not_null(), obeyed) if node.required else _either(cell.is_null(), obeyed)


def _bound(limit: object) -> Any:
    return limit


def form(cell: pl.Expr, rule: object) -> pl.Expr:
    """A constraint as a rule of cells."""
    if isinstance(rule, bounds.Gt):
        return cell > _bound(rule.gt)
    if isinstance(rule, bounds.Ge):
        return cell >= _bound(rule.ge)
    if isinstance(rule, bounds.Lt):
        return cell < _bound(rule.lt)
    if isinstance(rule, bounds.Le):
        return cell <= _bound(rule.le)
    if isinstance(rule, Plausible):
        return (cell >= rule.low) & (cell <= rule.high)
    if isinstance(rule, Matches):
        return cell.str.contains(f"^(?:{rule.pattern})$")
    if isinstance(rule, bounds.MinLen):
        return cell.str.len_chars() >= rule.min_length
    if isinstance(rule, bounds.MaxLen):
        return cell.str.len_chars() <= rule.max_length
    assert isinstance(rule, frozenset), "every rule with a form is here"
    return cell.is_in(sorted(rule))


def said(rule: object) -> str:
    """A constraint in words."""
    if isinstance(rule, Plausible):
        return f"{rule.low:g} to {rule.high:g} {rule.what}"
    if isinstance(rule, Matches):
        return rule.expected
    if isinstance(rule, frozenset):
        return f"one of {', '.join(sorted(map(str, rule)))}"
    words = {"gt": "above", "ge": "at or above", "lt": "below", "le": "at or below", "min_length": "at least", "max_length": "at most"}
    return " and ".join(f"{word} {bound(_bound(getattr(rule, name)))}" for name, word in words.items() if hasattr(rule, name))


def _both(one: Verdict, other: Verdict) -> Verdict:
    if isinstance(one, bool):
        return other if one else False
    if isinstance(other, bool):
        return one if other else False
    return one & other


def _not(one: Verdict) -> Verdict:
    return not one if isinstance(one, bool) else ~one


def _either(one: Verdict, other: Verdict) -> Verdict:
    return _not(_both(_not(one), _not(other))) if isinstance(one, bool) or isinstance(other, bool) else one | other


def _all(checks: Iterable[Verdict]) -> Verdict:
    return reduce(_both, checks, True)


def typed(cell: pl.Expr, found: pl.DataType, sort: Sort) -> pl.Expr:
    """A cell as its sort, null where it is none: booleans and dates are no numbers, numbers no text; text is read as in a CSV file."""
    text = found in (pl.String, pl.Categorical, pl.Enum)
    cell = cell.cast(pl.String) if text and found != pl.String else cell
    if found == DTYPES[sort]:
        return _in_calendar(cell) if sort == "date" else cell
    number = found.is_numeric()
    nothing = pl.lit(None, dtype=DTYPES[sort])
    if sort == "number":
        return cell.cast(pl.Float64, strict=False) if text or number else nothing
    if sort == "whole":
        if found.is_float() or found.is_decimal():
            return pl.when(cell == cell.cast(pl.Float64).floor()).then(cell).cast(pl.Int64, strict=False)
        return cell.cast(pl.Int64, strict=False) if text or number else nothing
    if sort == "flag":
        return pl.when(cell == "true").then(pl.lit(True)).when(cell == "false").then(pl.lit(False)) if text else nothing
    if sort == "date":
        if found == pl.Datetime:
            return _in_calendar(pl.when(cell.dt.time() == dt.time(0)).then(cell.dt.date()))
        return _in_calendar(cell.str.to_date("%Y-%m-%d", strict=False)) if text else nothing
    return cell if text else nothing


def _in_calendar(date: pl.Expr) -> pl.Expr:
    """Null where Python has no such date: a frame knows the year 0 and the year 20000."""
    return pl.when(date.cast(pl.Int32).is_between(*CALENDAR)).then(date)


def as_cells(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with columns of dates that Python does not have as text, so that rows can be read one by one."""
    dates = [name for name in frame.columns if frame[name].dtype == pl.Date]
    beyond = [name for name in dates if not frame[name].cast(pl.Int32).is_between(*CALENDAR).all()]
    # a date of millions of years has no text either: its days since 1970 stand for it
    texts = [pl.when(pl.col(name).cast(pl.Int32).is_between(*DAYS_WITH_TEXT)).then(pl.col(name)).cast(pl.String) for name in beyond]
    counts = [pl.format("day {} since 1970", pl.col(name).cast(pl.Int32)) for name in beyond]
    return frame.with_columns(pl.coalesce(text, count).alias(name) for name, text, count in zip(beyond, texts, counts, strict=True))
