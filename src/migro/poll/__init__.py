"""
Polling over HTTP: asks platforms what webhooks may have missed, and holds two sides against each other.

To ask a platform it needs the packages of the extra ``poll``; comparisons need none.
"""

from .asking import Answer, Ask, Page, Position, Trouble
from .background import Background
from .bigcommerce import BigCommerceInventory, BigCommerceOrders, BigCommerceSubscriptions, bigcommerce_caller
from .caller import Caller
from .listing import Listing, OrderEntry, StockEntry, SubscriptionEntry
from .poller import Poller
from .polling import Polling
from .rechecking import Recheck
from .reconciliation import Reconciliation, Required
from .rest import JsonList
from .shopify import ShopifyInventory, ShopifyOrders, ShopifySubscriptions, shopify_caller
from .sources import Resource, Run

__all__ = [
    "Answer",
    "Ask",
    "Background",
    "BigCommerceInventory",
    "BigCommerceOrders",
    "BigCommerceSubscriptions",
    "Caller",
    "JsonList",
    "Listing",
    "OrderEntry",
    "Page",
    "Poller",
    "Polling",
    "Position",
    "Recheck",
    "Reconciliation",
    "Required",
    "Resource",
    "Run",
    "ShopifyInventory",
    "ShopifyOrders",
    "ShopifySubscriptions",
    "StockEntry",
    "SubscriptionEntry",
    "Trouble",
    "bigcommerce_caller",
    "shopify_caller",
]
