"""The vocabulary of browsers: what shoppers' browsers measure, one minute and one combination of words at a time.

How many each stands for is in the column named for it (`sessions`, `views`, `events`), and rules add these up.
"""

from __future__ import annotations

from ...expressions import UNSET, Attr, Key, Maybe
from ...models.signal import Signal

__all__ = [
    "BROWSER",
    "BrowserCalls",
    "BrowserErrors",
    "Clicks",
    "CspReports",
    "LoginRedirect",
    "PageTimings",
    "PixelEvents",
    "ResourceLoads",
    "Sessions",
]


class Sessions(Signal, kind="rum.sessions"):
    """
    Sessions of shoppers that began, bots left out.

    Attributes:
        channel: How they came: organic, paid, direct, mail, social or other.
        campaign: The campaign or referrer that sent them, where one did.
        speed: fast or slow, by the time to the main content of their first page.
        ordered: Whether they ended in an order, for sessions that are over.
        consented: Whether they agreed to be measured, where they were asked.
    """

    sessions: Attr[int]
    channel: Attr[str]
    campaign: Maybe[str] = UNSET
    speed: Maybe[str] = UNSET
    ordered: Maybe[bool] = UNSET
    consented: Maybe[bool] = UNSET


class BrowserErrors(Signal, kind="rum.errors"):
    """
    Sessions in which the browser reported an error with a canonical code, such as ``cors``.

    Attributes:
        blocks_payment: Whether what was blocked belongs to payment.
        blocks_cart: Whether what was blocked adds to the cart.
        own_origin: Whether the page was one of the shop's production hosts; previews and strangers are none.
        altered: Whether a translation or an extension had changed the page.
        recovered: Whether the framework drew the page again and went on.
    """

    code: Attr[str]
    sessions: Attr[int]
    blocks_payment: Maybe[bool] = UNSET
    blocks_cart: Maybe[bool] = UNSET
    own_origin: Maybe[bool] = UNSET
    altered: Maybe[bool] = UNSET
    recovered: Maybe[bool] = UNSET


class BrowserCalls(Signal, kind="rum.calls"):
    """Calls that browsers made to the commerce API for `feature` (cart, search); `failed` when no answer came."""

    feature: Attr[str]
    calls: Attr[int]
    failed: Attr[bool]


class CspReports(Signal, kind="rum.csp"):
    """
    Sessions whose browser reported that the content security policy blocked something.

    Attributes:
        host: The blocked host.
        report_only: Whether the policy only reports.
        foreign: Whether extensions or malware wanted it, and not the shop.
    """

    host: Attr[str]
    sessions: Attr[int]
    report_only: Attr[bool]
    foreign: Attr[bool]


class Clicks(Signal, kind="rum.clicks"):
    """Clicks on `control` (add_to_cart), and how many of them led to a request."""

    control: Attr[str]
    clicks: Attr[int]
    requests: Attr[int]


class PageTimings(Signal, kind="rum.timings"):
    """
    Views of pages in one class of speed; times are the upper end of the class, in milliseconds.

    Attributes:
        ttfb_ms: To the first byte.
        lcp_ms: To the main content.
        inp_ms: From a touch to the next picture.
        region: Where the shoppers were, or their network.
    """

    views: Attr[int]
    ttfb_ms: Maybe[int] = UNSET
    lcp_ms: Maybe[int] = UNSET
    inp_ms: Maybe[int] = UNSET
    region: Maybe[str] = UNSET


class ResourceLoads(Signal, kind="rum.resources"):
    """
    Loads of scripts and frames of one third party.

    Attributes:
        party: Its host.
        failed: How many of the loads failed.
        long_task_ms: Longest task of its scripts, in milliseconds.
        payment: Whether payment needs it.
    """

    party: Key[str]
    loads: Attr[int]
    failed: Attr[int]
    long_task_ms: Maybe[int] = UNSET
    payment: Maybe[bool] = UNSET


class PixelEvents(Signal, kind="rum.pixels"):
    """Events that an analytics tool or pixel received; `event` is page_view, purchase and so on."""

    event: Attr[str]
    events: Attr[int]


class LoginRedirect(Signal, kind="rum.login_redirect"):
    """A session was sent back from the account to the login."""

    session: Key[str]


BROWSER: tuple[type[Signal], ...] = (
    BrowserCalls,
    BrowserErrors,
    Clicks,
    CspReports,
    LoginRedirect,
    PageTimings,
    PixelEvents,
    ResourceLoads,
    Sessions,
)
"""Signal classes of browsers."""
