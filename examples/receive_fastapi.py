"""
Receiving webhooks with FastAPI: one route, and every answer is the receiver's.

Install with ``pip install . fastapi uvicorn`` in the repository, run with
``python examples/receive_fastapi.py``: it serves itself, delivers two orders to itself, and ends.
Behind a server of your own it is ``uvicorn receive_fastapi:app``.

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
import os
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool

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


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """Think in the background while the application runs."""
    with Background(receiver):
        yield


app = FastAPI(lifespan=lifespan, openapi_url=None)


@app.api_route("/in/{address:path}", methods=["GET", "POST"])
async def deliver(request: Request) -> Response:
    """Hand the request over as it came, in a thread: the receiver stores before it answers."""
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > receiver.limit:
            break
    path = f"{request.url.path}?{request.url.query}"
    status, headers, body = await run_in_threadpool(
        receiver.receive, request.method, path, request.headers.items(), bytes(raw)
    )
    return Response(body, status, dict(headers))


# --- trying it out ---------------------------------------------------------------------------------------------------


@contextmanager
def serving() -> Iterator[int]:
    """Serve on a free port of this machine, and give the port."""
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


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
