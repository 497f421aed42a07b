"""The base of every term, quote and result model: strict, finite, frozen all the way down.

Plain pydantic models accept NaN, `True` for a number and "0.1"; a frozen model's list can still be appended to; and
`model_copy(update=...)` skips validation. `Terms` closes these doors: sequences are tuples, mappings are `FrozenDict`s,
and `evolve` is the only way to a changed copy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Self, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, GetCoreSchemaHandler, JsonValue, Strict, ValidationError
from pydantic_core import CoreSchema, core_schema

K = TypeVar("K")
V = TypeVar("V")
T = TypeVar("T")


def _refuse(*_: object, **__: object) -> Any:
    raise TypeError("terms are frozen: make a changed copy with evolve()")


class FrozenDict(dict[K, V]):
    """A dict that cannot be changed, can be hashed, and pickles."""

    __setitem__: Callable[..., Any] = _refuse
    __delitem__: Callable[..., Any] = _refuse
    __ior__: Callable[..., Any] = _refuse
    clear: Callable[..., Any] = _refuse
    pop: Callable[..., Any] = _refuse
    popitem: Callable[..., Any] = _refuse
    setdefault: Callable[..., Any] = _refuse
    update: Callable[..., Any] = _refuse

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (dict(self),)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(cls, handler.generate_schema(dict))


def frozen(value: Any) -> Any:
    """Plain JSON data made immutable: dicts become `FrozenDict`s, lists tuples, at every depth."""
    if isinstance(value, Mapping):
        return FrozenDict({key: frozen(item) for key, item in value.items()})
    if isinstance(value, (list, tuple)):
        return tuple(frozen(item) for item in value)
    return value


FrozenMap = Annotated[dict[K, V], AfterValidator(FrozenDict)]
"""Field type of a mapping."""


def thawed(value: Any) -> Any:
    """The reverse of `frozen`: JSON data as dicts and lists, the way pydantic knows it."""
    if isinstance(value, Mapping):
        return {key: thawed(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [thawed(item) for item in value]
    return value


FrozenJson = Annotated[dict[str, JsonValue], BeforeValidator(thawed), AfterValidator(frozen)]
"""Field type of free JSON data, frozen at every depth."""
Many = Annotated[tuple[T, ...], Strict(False)]
"""Field type of a sequence: lists are accepted and kept as tuples; the items stay strict."""


class Terms(BaseModel):
    """A frozen, strict, finite record that refuses unknown fields."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
        validate_default=True,
        validate_by_alias=True,
        validate_by_name=True,
        serialize_by_alias=True,
        use_attribute_docstrings=True,
    )

    if not TYPE_CHECKING:  # type checkers make the signature from the fields

        def __init__(self, /, **given: Any) -> None:
            """Raises `TermsError`, an `InputError`, where the terms are not allowed: class, field, value, what is allowed, what to do."""
            try:
                self.__pydantic_validator__.validate_python(given, self_instance=self)
            except ValidationError as error:
                raise _refusal(error, type(self), given) from error

        __init__.__pydantic_base_init__ = True  # pydantic validates parts and files without a call of it

        @classmethod
        def model_validate(cls, obj: Any, **options: Any) -> Self:
            """As the constructor, from a dict."""
            try:
                return super().model_validate(obj, **options)
            except ValidationError as error:
                raise _refusal(error, cls, obj) from error

    def evolve(self, **changes: Any) -> Self:
        """A copy with `changes`, validated again. Raises `TermsError`, an `InputError`, where the change is not allowed."""
        known = type(self).model_fields
        fields: dict[str, Any] = {name: getattr(self, name) for name in self.model_fields_set if name in known}
        return type(self).model_validate(fields | changes)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Refused with `update`, which would skip validation: use `evolve`."""
        if update:
            raise TypeError("model_copy(update=...) skips validation: use evolve()")
        return super().model_copy(deep=deep)


def _refusal(error: ValidationError, model: type[Terms], given: Any) -> Exception:
    from instruments.ground.construction import refusal  # the words rest on this module

    return refusal(error, model, given)
