"""
Answers of Shopify's GraphQL APIs that say what went wrong, or how much of the quota is left.

The host, who made the call, hands in the body of the answer; errors come with HTTP status 200. What was asked for is
nowhere in it, and the texts of errors can quote what a caller sent, so only codes and names of fields pass.

Sources: https://shopify.dev/docs/api/admin-graphql#status_and_error_codes,
https://shopify.dev/docs/api/usage/limits
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import ROUND_CEILING, Decimal
from typing import Any, Final

import attrs
import re2

from ..errors import InputError
from .codes import error_code
from .drafts import Draft, Normaliser, Refused, Scope
from .envelope import Envelope
from .parsing import at, word
from .slugs import slug

__all__ = ["NORMALISER"]

_TOPICS: Final = {
    "THROTTLED": "api.throttled",
    "MAX_COST_EXCEEDED": "api.too_costly",
    "undefinedField": "api.unknown_field",
    "argumentNotAccepted": "api.unknown_field",
    "undefinedType": "api.unknown_field",
    "ACCESS_DENIED": "api.access_denied",
    "UNAUTHORIZED": "api.access_denied",
    "FORBIDDEN": "api.access_denied",
    "SHOP_INACTIVE": "api.shop_inactive",
    "INTERNAL_SERVER_ERROR": "api.failed",
}
_RESULTS: Final = {"api.throttled": "throttled", "api.unknown_field": "unknown_field", "api.quota": "ok"}
"""What a call came to, in the vocabulary's words; whatever else went wrong is ``failed``."""
_WORST: Final = ("api.throttled", "api.unknown_field")
"""One answer is one call: of several errors the first of these says what it came to, else the first error."""
_MEANINGS: Final = {"auth": "api.access_denied", "throttle": "api.throttled"}
"""By the canonical code of a text, where no code of Shopify's says it."""

_TEXTS: Final = tuple(
    (re2.compile(pattern), code)
    for pattern, code in (
        (r"(?i)^throttled\b", "THROTTLED"),
        (r"(?i)exceeds the single query max cost|^query cost is", "MAX_COST_EXCEEDED"),
        (r"(?i)^field '\w+' doesn't exist on type", "undefinedField"),
        (r"(?i)^field '\w+' doesn't accept argument|isn't a defined input type|^no such type", "argumentNotAccepted"),
        (r"(?i)^access denied\b|required access:", "ACCESS_DENIED"),
        (r"(?i)^internal error", "INTERNAL_SERVER_ERROR"),
    )
)
_UNKNOWN: Final = re2.compile(r"^Field '(\w{1,80})' doesn't exist on type '(\w{1,80})'")
_DENIED: Final = re2.compile(r"^Access denied for (\w{1,80}) field")
_SCOPES: Final = re2.compile(r"`([a-z_]{3,60})`")
_NAME: Final = re2.compile(r"^[A-Za-z_]\w{0,80}$")
_CODE: Final = re2.compile(r"^[A-Za-z][A-Za-z0-9_]{0,60}$")
_SHOP: Final = re2.compile(r"^[a-z0-9][a-z0-9-]*\.myshopify\.com$")


def _code(error: Mapping[str, Any]) -> str | None:
    told = word(at(error, "extensions.code")) or word(error.get("code"))
    if told is not None and _CODE.match(told):
        return told
    # Older answers have a text only.
    text = error.get("message")
    if not isinstance(text, str):
        return None
    return next((code for pattern, code in _TEXTS if pattern.search(text)), None)


def _named(value: Any) -> str | None:
    return value if isinstance(value, str) and _NAME.match(value) else None


def _field(error: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Return the field and the type that an error is about."""
    text = str(error.get("message", ""))
    unknown, denied = _UNKNOWN.match(text), _DENIED.match(text)
    if unknown is not None:
        return unknown.group(1), unknown.group(2)
    told = _named(at(error, "extensions.fieldName")) or (denied.group(1) if denied is not None else None)
    if told is None:
        path = next((p for n in ("path", "fields") if isinstance(p := error.get(n), list) and p), [])
        told = next((n for n in reversed(path) if _named(n)), None)
    return told, _named(at(error, "extensions.typeName"))


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    number = Decimal(value)
    # Dividing by next to nothing gives numbers that take minutes to write.
    return number if number.is_finite() and 0 <= number < 10**9 and number.adjusted() >= -9 else None


def _quota(body: Mapping[str, Any]) -> dict[str, int | None]:
    """Return the cost of the call and what is left, as whole numbers; the rate is points a second."""
    asked, took, most, left, rate = (
        _number(at(body, f"extensions.cost.{n}"))
        for n in ("requestedQueryCost", "actualQueryCost", "throttleStatus.maximumAvailable",
                  "throttleStatus.currentlyAvailable", "throttleStatus.restoreRate")
    )  # fmt: skip
    wait = max(asked - left, Decimal(0)) / rate if asked is not None and left is not None and rate else None
    used = (most - left) * 1000 / most if most and left is not None else None
    return {
        name: None if value is None else int(value.to_integral_value(ROUND_CEILING))
        for name, value in (("requested_cost", asked), ("actual_cost", took), ("quota", most), ("available_cost", left),
                            ("restore_per_s", rate), ("retry_after_s", wait), ("used_permille", used))
    }  # fmt: skip


def _user_errors(data: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield operation and error where a mutation was refused for what was sent; these stand beside its result."""
    for operation, result in data.items() if isinstance(data, Mapping) else ():
        for name, errors in result.items() if isinstance(result, Mapping) else ():
            if str(name).lower().endswith("usererrors") and isinstance(errors, list):
                yield from ((str(operation), e) for e in errors if isinstance(e, Mapping))


def _shop(envelope: Envelope) -> str | None:
    told = (word(envelope.header("X-Shopify-Shop-Domain")) or "").lower()
    return told if _SHOP.match(told) else None


@attrs.frozen(kw_only=True)
class _Answer:
    """One answer, with what all of its errors have in common."""

    shop: str | None
    request: str | None
    version: str | None
    quota: Mapping[str, int | None]
    body: Mapping[str, Any]

    def call(self, draft: Draft) -> Draft:
        """
        Return the draft as the one call that the answer was.

        Only the Admin API tells what a call costs, and who hands in an answer made the call on a server. Whether a thin
        webhook caused it, or a page was shown without it, the host alone knows.
        """
        left, asked = self.quota["available_cost"], self.quota["requested_cost"]
        told = left is not None
        return attrs.evolve(
            draft,
            kind="api.calls",
            ids={**draft.ids, "api": "admin" if told or asked is not None else "graphql"},
            metrics={
                **draft.metrics,
                "calls": 1,
                "starved": int(left < asked) if left is not None and asked is not None else None,
            },
            attrs={
                **draft.attrs,
                "result": _RESULTS.get(draft.topic, "failed"),
                "rate_headers": True if told else None,
                "served_version": self.version,
                "server_side": True,
                "refetch": False,
                "partial": False,
            },
        )

    def draft(self, topic: str, raw: str, place: int, words: Mapping[str, Any]) -> Draft:
        return Draft(
            kind="platform.event",
            topic=topic,
            raw_topic=raw,
            merchant=self.shop,
            dedup=("shopify_graphql", self.shop, self.request or repr(self.body), place),
            ids={"request_id": self.request},
            # Whether to wait is asked only where waiting helps.
            metrics={n: v for n, v in self.quota.items() if n != "retry_after_s" or topic == "api.throttled"},
            attrs={**words, "api_version": self.version},
        )

    def error(self, error: Mapping[str, Any], place: int) -> Draft:
        code = _code(error)
        text = error.get("message")
        field, about = _field(error)
        scope = _SCOPES.search(str(at(error, "extensions.requiredAccess") or text or ""))
        canonical = error_code(text) if isinstance(text, str) else None
        topic = _TOPICS.get(code or "") or _MEANINGS.get((canonical or "").partition(".")[0], "api.failed")
        return self.draft(
            topic,
            f"graphql.{code or 'error'}",
            place,
            {
                "code": canonical,
                "field": None if topic == "api.throttled" else field,
                "type_name": about,
                "required_scope": scope.group(1) if scope is not None and topic == "api.access_denied" else None,
            },
        )

    def user_error(self, operation: str, error: Mapping[str, Any], place: int) -> Draft:
        path = error.get("field")
        names = path if isinstance(path, list) else [path]
        text = error.get("message")
        code = word(error.get("code"))
        return self.draft(
            "api.user_error",
            f"graphql.userError:{code}" if code is not None and _CODE.match(code) else "graphql.userError",
            place,
            {
                "code": error_code(f"{code or ''} {text if isinstance(text, str) else ''}"),
                "field": next((n for n in reversed(names) if _named(n)), None),
                "operation": _named(operation),
            },
        )


def _read(envelope: Envelope, _: Scope) -> Iterator[Draft | Refused]:
    body = envelope.value()
    if not isinstance(body, Mapping):
        raise InputError(f"expected an answer of a GraphQL API as a JSON object, got {type(body).__name__}")
    answer = _Answer(
        shop=_shop(envelope),
        request=slug(envelope.header("X-Request-Id")),
        version=slug(envelope.header("X-Shopify-API-Version")),
        quota=_quota(body),
        body=body,
    )
    errors = body.get("errors")
    # Where nobody is logged in, the errors are one text.
    told = errors if isinstance(errors, list) else [{"message": errors}] if isinstance(errors, str) else []
    drafts = [answer.error(error, place) if isinstance(error, Mapping) else None for place, error in enumerate(told)]
    topics = [draft.topic if draft is not None else None for draft in drafts]
    first = next((t for t in _WORST if t in topics), next((t for t in topics if t is not None), None))
    place = 0
    for draft in drafts:
        if draft is None:
            reason = f"expected an error as a JSON object, got {type(told[place]).__name__} at errors.{place}"
            yield Refused(reason=reason, content=told[place], ordinal=place)
        else:
            yield answer.call(draft) if first is not None and place == topics.index(first) else draft
        place += 1
    for operation, error in _user_errors(body.get("data")):
        yield answer.user_error(operation, error, place)
        place += 1
    if not place:
        if at(body, "extensions.cost.throttleStatus") is None:
            raise InputError("expected errors, userErrors or the cost of a call, got none of them")
        yield answer.call(answer.draft("api.quota", "graphql.cost", place, {}))


def _fits(body: Mapping[str, Any]) -> bool:
    if isinstance(at(body, "extensions.cost"), Mapping) and "requestedQueryCost" in at(body, "extensions.cost"):
        return True
    errors = body.get("errors")
    if isinstance(errors, str):
        return body.keys() <= {"data", "errors", "extensions"}
    first = errors[0] if isinstance(errors, list) and errors else None
    answer = isinstance(first, Mapping) and "message" in first and body.keys() <= {"data", "errors", "extensions"}
    return answer or next(_user_errors(body.get("data")), None) is not None


NORMALISER: Final = Normaliser(
    kind="shopify_graphql_error",
    aliases=("shopify_graphql", "shopify_throttle_status"),
    provider="shopify",
    source_kind="gql",
    version=2,
    read=_read,
    without_claim="not_applicable",
    fits=_fits,
)
