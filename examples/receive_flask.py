"""
Receiving webhooks with Flask: one route, and every answer is the receiver's.

Install with ``pip install . flask`` in the repository, run with
``python examples/receive_flask.py``: it serves itself, delivers two orders to itself, and ends.
Behind a server of your own it is ``flask --app receive_flask run``.

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

from flask import Flask, Response, request
from werkzeug.serving import make_server

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
app = Flask(__name__)


@app.route("/in/<path:_address>", methods=["GET", "POST"])
def deliver(_address: str) -> Response:
    """Hand the request over as it came: signatures are made over its exact bytes."""
    raw = request.stream.read(receiver.limit + 1)
    status, headers, body = receiver.receive(request.method, request.full_path, request.headers.items(), raw)
    return Response(body, status, dict(headers))


# --- trying it out ---------------------------------------------------------------------------------------------------


@contextmanager
def serving() -> Iterator[int]:
    """Serve on a free port of this machine, and give the port."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
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
