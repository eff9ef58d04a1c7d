"""
Receiving webhooks with Django: one view, and every answer is the receiver's.

Install with ``pip install . django`` in the repository, run with
``python examples/receive_django.py``: it serves itself, delivers two orders to itself, and ends.
Behind a server of your own it is the WSGI application ``receive_django:app``.

Expect::

    an order that the shop signed: 202
    an order that somebody else signed: 401
    dropped: signature: it does not fit, so nothing in it is believed
    recorded: no rule fired on it
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
import os
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

from migro import Agent
from migro.observe import EndpointSettings, Observer, ObserveSettings
from migro.packs.headless import RULES
from migro.receive import Background, Receiver
from migro.remember import open_memory

SETTINGS = ObserveSettings(
    endpoints={"shop": EndpointSettings(kind="shopify_webhook", secrets_env=("SHOP_SECRET",), env="production")}
)
SECRETS = {"SHOP_SECRET": os.environ.get("SHOP_SECRET", "a secret for trying out")}
KEY = os.environ.get("MIGRO_PSEUDONYM_KEY", "a key of at least 16 characters").encode()

memory = open_memory(os.environ.get("MIGRO_MEMORY", "volatile:"))
receiver = Receiver(Agent(rules=RULES, memory=memory), Observer(SETTINGS, secrets=SECRETS, pseudonym_key=KEY))
thinking = Background(receiver).start()


def deliver(request: HttpRequest, address: str) -> HttpResponse:
    """Hand the request over as it came; with the CSRF middleware, say ``@csrf_exempt`` here."""
    raw = request.read(receiver.limit + 1)
    status, headers, body = receiver.receive(
        request.method or "", request.get_full_path(), request.headers.items(), raw
    )
    return HttpResponse(body, status=status, headers=dict(headers))


urlpatterns = [path("in/<path:address>", deliver)]

if not settings.configured:
    settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["127.0.0.1"], LOGGING_CONFIG=None)
    django.setup()
app = get_wsgi_application()


# --- trying it out ---------------------------------------------------------------------------------------------------


class Server(ThreadingMixIn, WSGIServer):
    """A server for trying out: one thread for each request."""


class Quiet(WSGIRequestHandler):
    """Prints nothing."""

    def log_message(self, format: str, *args: object) -> None:
        """Leave it out."""


@contextmanager
def serving() -> Iterator[int]:
    """Serve on a free port of this machine, and give the port."""
    logging.getLogger("django.request").setLevel(logging.CRITICAL)
    with make_server("127.0.0.1", 0, app, Server, Quiet) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()
    thinking.stop()


def post(port: int, raw: bytes, secret: str) -> int:
    """Deliver an order as Shopify does, and return the status of the answer."""
    headers = {
        "X-Shopify-Topic": "orders/create",
        "X-Shopify-Shop-Domain": "mugs.myshopify.com",
        "X-Shopify-Hmac-SHA256": base64.b64encode(hmac.digest(secret.encode(), raw, hashlib.sha256)).decode(),
    }
    request = urllib.request.Request(f"http://127.0.0.1:{port}/in/shop", raw, headers)
    try:
        with urllib.request.urlopen(request) as reply:
            return int(reply.status)
    except urllib.error.HTTPError as e:
        with e:
            return e.code


def main() -> None:
    """Deliver a right and a wrong order, and show what became of them."""
    raw = b'{"id": 1001, "total_price": "59.90", "currency": "EUR"}'
    with serving() as port:
        print("an order that the shop signed:", post(port, raw, SECRETS["SHOP_SECRET"]))
        print("an order that somebody else signed:", post(port, raw, "a guess"))
    receiver.think()  # about what came after the last round
    found = [e.disposition for e in memory.read("journal") if e.disposition is not None]
    print(*sorted(f"{d.name}: {d.reason}" for d in found), sep="\n")


if __name__ == "__main__":
    main()
