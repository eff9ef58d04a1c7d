"""The signal: one event from outside, authenticated, normalised and without personal data."""

from __future__ import annotations

import json
import re
import types
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Annotated, Any, ClassVar, NewType, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
    model_validator,
)

from ..errors import InputError, RuleDefinitionError
from ..expressions import UNSET, Attr, Maybe, MaybeKey, SignalMeta, preset
from ..expressions.quantities import bounded, exact_decimal
from .canonical import content_id, to_microseconds
from .narrowing import Narrowing, narrowing
from .records import UtcTime, Words, model_json, read_only
from .scales import Auth, Environment, Hint
from .validation import explain_validation

__all__ = ["MerchantId", "ResourceRef", "Signal"]

MerchantId = NewType("MerchantId", str)
"""Shop, account or workspace id as the sender knows it."""

ResourceRef = tuple[str, str]
"""What the event is about: type and id, such as ``("order", "1001")``."""


def _nothing() -> Any:
    """Return what `read_only` makes of nothing: it needs no validating."""
    return read_only({})


def _parse_decimals(value: Any) -> Any:
    if type(value) is dict or isinstance(value, Mapping):
        return {n: exact_decimal(v) for n, v in value.items()}
    return value


def _parse_tuples(value: Any) -> Any:
    if value is None:
        return value
    if type(value) is dict or isinstance(value, Mapping):
        return {n: tuple(v) if isinstance(v, list) else v for n, v in value.items()}
    return tuple(value) if isinstance(value, list) else value


_Metrics = Annotated[
    dict[str, Annotated[int | Decimal, AfterValidator(bounded)]],
    BeforeValidator(_parse_decimals),
    AfterValidator(read_only),
    PlainSerializer(dict),
]
_Attrs = Annotated[
    dict[str, bool | str | tuple[str, ...]],
    BeforeValidator(_parse_tuples),
    AfterValidator(read_only),
    PlainSerializer(dict),
]
_Features = Annotated[frozenset[str], PlainSerializer(sorted, return_type=list[str])]


class Signal(BaseModel, metaclass=SignalMeta):
    """
    One event, as rules see it.

    A subclass with ``kind=`` adds typed columns. In JSON every signal has the same shape: a subclass keeps its
    `int` and `Decimal` columns under `metrics`, keys under `ids`, and everything else under `attrs`.

    Attributes:
        kind: Class of the event in migro's vocabulary, such as ``http.request``.
        merchant: Shop, account or workspace id that payload, headers or endpoint gave; never a guess.
        occurred_at: When it happened, by the sender's clock; the time of receipt where the sender gave none.
        received_at: When it reached the host; `occurred_at` where the host does not say.
        source_kind: The kind of witness, such as ``platform_webhook``, ``monitor``, ``ticket``, ``access_log``.
        provider: Who sent it, such as ``shopify``.
        topic: Canonical event, such as ``order.created``; the sender's own word is ``attrs["raw_topic"]``.
        dedup_key: Equal for a redelivery, different for another event.
        resource: Type and id of what the event is about.
        ids: Exact strings by name of the id.
        severity_hint: The sender's idea of severity, mapped to five words.
        state: The sender's word for the state.
        status: An HTTP status, where there is one.
        env: Where it happened.
        auth: How far the sender was proven.
        metrics: Numbers by name; no floats.
        attrs: Allow-listed, redacted words by name.
        features: Names of what a text said; never the text.
        shifted: By how much verify moved it in time, in microseconds, because its sender's clock is wrong.
        normalizer: Version of what made the signal; no part of its identity.
        id: Made from content; the same event gives the same id on every replay.
    """

    # With any length given pydantic reads every text: half a surrogate pair is refused here, where its place can still
    # be named, and not when the signal is written.
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, str_min_length=0)
    __signal_kind__: ClassVar[str]

    kind: Attr[str] = UNSET
    merchant: MaybeKey[MerchantId] = UNSET
    occurred_at: UtcTime
    received_at: UtcTime = UNSET
    source_kind: Attr[str] = preset(default="host")
    provider: Attr[str] = preset(default="host")
    topic: Attr[str] = UNSET
    dedup_key: str = UNSET
    resource: Annotated[ResourceRef | None, BeforeValidator(_parse_tuples)] = None
    ids: Words = Field(default_factory=_nothing)
    severity_hint: Hint | None = None
    state: Maybe[str] = UNSET
    status: Maybe[int] = UNSET
    env: Attr[Environment] = preset(default="unknown")
    auth: Auth = "not_applicable"
    metrics: _Metrics = Field(default_factory=_nothing)
    attrs: _Attrs = Field(default_factory=_nothing)
    features: Attr[_Features] = preset(default=frozenset())
    shifted: int = 0
    normalizer: str = "host/1"
    id: str = UNSET

    def __init_subclass__(cls, kind: str = "", **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)

    @classmethod
    def __pydantic_init_subclass__(cls, kind: str = "", **kwargs: Any) -> None:
        if not kind:
            raise RuleDefinitionError(
                f'{cls.__name__} needs a kind: write `class {cls.__name__}(Signal, kind="checkout.response")`'
            )
        if not _KIND.match(kind):
            raise RuleDefinitionError(
                f"{cls.__name__}: expected a kind of letters, digits and . _ -, such as 'checkout.response',"
                f" got {kind!r}"
            )
        cls.__signal_kind__ = kind
        cls.__collect_columns__(cls.model_fields)
        _check_redeclared(cls)
        cls.__own_columns__ = types.MappingProxyType(
            {n: _place(cls, n) for n in cls.model_fields if n not in Signal.model_fields}
        )
        places: dict[str, tuple[str, ...]] = {}
        for name, place in cls.__own_columns__.items():
            places[place] = (*places.get(place, ()), name)
        cls.__own_places__ = types.MappingProxyType(places)
        # With the class, since making it reads the environment, and whoever narrows may not.
        cls.__narrow__ = narrowing(cls, Signal)

    __own_columns__: ClassVar[Mapping[str, str]] = types.MappingProxyType({})
    __own_places__: ClassVar[Mapping[str, tuple[str, ...]]] = types.MappingProxyType({})
    __narrow__: ClassVar[Narrowing | None] = None

    @model_validator(mode="before")
    @classmethod
    def _complete(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        data = dict(data)
        if data.get("kind") is None:
            data["kind"] = cls.__signal_kind__ or None
        if data.get("received_at") is None:
            data["received_at"] = data.get("occurred_at")
        if data.get("topic") is None:
            data["topic"] = data["kind"]
        for place, names in cls.__own_places__.items():
            held = data.get(place)
            if isinstance(held, Mapping):
                told = [n for n in names if n not in data and n in held]
                if told:
                    data.update((n, held[n]) for n in told)
                    data[place] = {n: v for n, v in held.items() if n not in told}
                # A column is written beside the others of its place, where there is room for one of a name.
                twice = next((n for n in names if n in data[place]), None)
                if twice is not None:
                    raise ValueError(f"expected {twice!r} as a column or in {place!r}, got it as both")
        for name in ("dedup_key", "id"):
            data[name] = data.get(name) or ""
        return data

    @model_validator(mode="after")
    def _identify(self) -> Self:
        if self.__signal_kind__ and self.kind != self.__signal_kind__:
            raise ValueError(f"expected kind {self.__signal_kind__!r}, got {self.kind!r}")
        # The model is frozen for everybody else; the two ids can only be made once all other fields are checked.
        if not self.dedup_key:
            content = self.model_dump(exclude={"id", "dedup_key", "received_at", "normalizer", "auth", "shifted"})
            vars(self)["dedup_key"] = content_id("content", content)
        if not self.id:
            vars(self)["id"] = content_id("sig", self.provider, self.merchant, self.kind, self.dedup_key)
        return self

    @model_serializer(mode="wrap")
    def _one_shape(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        data: dict[str, Any] = handler(self)
        if not self.shifted:
            data.pop("shifted", None)
        for name, place in self.__own_columns__.items():
            if name in data:
                value = data.pop(name)
                if value is not None and place in data:
                    data[place] = dict(sorted({**data[place], name: value}.items()))
        return data

    @property
    def effective_at(self) -> int:
        """
        Microseconds since 1970 that windows use: `occurred_at`, moved to where a right clock would have been, and held
        between a day before receipt and receipt.

        A sender's clock that runs ahead cannot put a signal into the future, nor one that lags into last week.
        """
        received = to_microseconds(self.received_at)
        if self.occurred_at is self.received_at and not self.shifted:
            return received
        return effective(to_microseconds(self.occurred_at) + self.shifted, received)

    def json_line(self) -> str:
        """Return the signal as one line of canonical JSON."""
        return model_json(self)

    @classmethod
    def of(cls, signal: Signal) -> Self:
        """
        Return a signal as one of this class, which looks for its own columns among what is kept by name.

        Raises:
            InputError: If the signal does not fit the class; the message says what was expected, what came, and where.
        """
        plain, narrow = type(signal) is Signal, cls.__narrow__
        if plain and narrow is not None and isinstance(found := narrow(signal), cls):
            return found
        # What is no class of anybody's has every value in the place where its kind's class looks for it.
        return cls.from_data(vars(signal) if plain else signal.model_dump(), where=f"signal {signal.id}")

    @classmethod
    def from_json(cls, text: str | bytes, *, where: str = "") -> Self:
        """
        Read a signal from JSON.

        Raises:
            InputError: If it is no signal; the message says what was expected, what came, and where.
        """
        try:
            data = json.loads(text, parse_float=Decimal)
        except RecursionError:
            raise InputError("expected a signal as JSON, got too many levels", where=where) from None
        except ValueError as e:
            raise InputError(f"expected a signal as JSON, got something else: {e}", where=where) from e
        if not isinstance(data, dict):
            raise InputError(f"expected a signal as a JSON object, got {type(data).__name__}", where=where)
        return cls.from_data(data, where=where)

    @classmethod
    def from_data(cls, data: Mapping[str, Any], *, where: str = "") -> Self:
        """
        Read a signal from parsed JSON.

        Raises:
            InputError: If it is no signal; the message says what was expected, what came, and where.
        """
        try:
            return cls.model_validate(data)
        except ValidationError as e:
            raise InputError(explain_validation(e), where=where) from e

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        # Read-only mappings do not pickle; the JSON form does, and it carries a format.
        return (type(self).from_json, (self.json_line(),))

    def __hash__(self) -> int:
        return hash(self.id)


def effective(occurred: int, received: int) -> int:
    """Return the time that windows use, of when it happened by a right clock and when it came, in microseconds."""
    if occurred >= received:
        return received
    return max(occurred, received - 86_400_000_000)


_KIND = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z")


def _check_redeclared(cls: type[Signal]) -> None:
    """Refuse a column of every signal that a class declares with another meaning."""
    # A class without annotations of its own would answer with those of its parent.
    for name in vars(cls).get("__annotations__", {}):
        base, mine = Signal.__columns__.get(name), cls.__columns__.get(name)
        if name not in Signal.model_fields:
            continue
        if base is None or mine is None or mine.value is not base.value or mine.key is not base.key:
            raise RuleDefinitionError(
                f"{cls.__name__}.{name}: every signal has {name!r}; expected another name, or the same type of column"
            )


Signal.__signal_kind__ = ""
Signal.__collect_columns__(Signal.model_fields)


def _place(cls: type[Signal], name: str) -> str:
    column = cls.__columns__.get(name)
    if column is None:
        raise RuleDefinitionError(
            f"{cls.__name__}.{name} is no column: write `{name}: Attr[...]`, Maybe[...], Key[...] or MaybeKey[...]"
        )
    if column.key:
        return "ids"
    return "metrics" if column.value in (int, Decimal) else "attrs"
