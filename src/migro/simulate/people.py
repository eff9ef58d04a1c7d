"""Invented people: names, addresses, telephones, test cards and network addresses that belong to nobody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from random import Random

import attrs

__all__ = ["CARDS", "People", "Person", "Planted"]

_FIRST = ("Mina", "Jörg", "Odile", "Tobin", "Safiya", "Renzo", "Ingrid", "Paweł", "Kalea", "Desmond", "Yuki", "Branwen")
_LAST = ("Testvale", "Sampleford", "Mockridge", "Fakenham", "Placeholt", "Dummerston", "Proberts", "Exampleby")
_STREETS = ("Nowhere Lane", "Pretend Street", "Fiction Road", "Imaginary Row", "Placeholder Way")
_TOWNS = (("Nullborough", "ZZ1 9ZZ", "GB"), ("Leerstadt", "00001", "DE"), ("Videville", "00000", "FR"))
_MAIL = ("shopper.example", "mail.example.org", "post.example.net")
# Ranges that both countries keep free for fiction, in the ways people write them.
_PHONES = ("+44 1632 9608{:02d}", "01632 9608{:02d}", "(01632) 9608{:02d}", "+1-202-555-01{:02d}", "+120255501{:02d}")
_NETS = ("192.0.2", "198.51.100", "203.0.113")
_AGENTS = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 Version/17.4 Mobile Safari/604.1",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/133.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:135.0) Gecko/20100101 Firefox/135.0",
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/133.0 Mobile Safari/537.36",
)
_ASCII = str.maketrans({"ö": "o", "ł": "l"})

CARDS = ("4111 1111 1111 1111", "5555 5555 5555 4444", "4000 0566 5566 5556")
"""Card numbers that processors publish for tests; they pass the Luhn check and pay for nothing."""


@attrs.frozen(kw_only=True)
class Person:
    """One invented shopper, with everything a shop's payloads say about one."""

    first: str
    last: str
    email: str
    phone: str
    street: str
    town: str
    postcode: str
    country: str
    card: str
    ip: str
    agent: str
    customer_id: int

    @property
    def name(self) -> str:
        return f"{self.first} {self.last}"

    def address(self) -> dict[str, str | None]:
        """Return a postal address in the shape that Shopify uses."""
        return {
            "first_name": self.first,
            "last_name": self.last,
            "name": self.name,
            "company": None,
            "address1": self.street,
            "address2": None,
            "city": self.town,
            "zip": self.postcode,
            "country_code": self.country,
            "phone": self.phone,
        }


class Planted:
    """What personal data went into the payloads, by kind, so that tests can look for it afterwards."""

    def __init__(self) -> None:
        self._seen: dict[str, set[str]] = {}

    def add(self, kind: str, *values: str) -> None:
        if values:
            self._seen.setdefault(kind, set()).update(values)

    def person(self, person: Person, kinds: Iterable[str]) -> None:
        """Note the fields of a person that a payload carries."""
        held = {"address": person.street, **attrs.asdict(person), "name": person.name}
        for kind in kinds:
            self.add(kind, str(held[kind]))

    def values(self) -> Mapping[str, tuple[str, ...]]:
        return {kind: tuple(sorted(values)) for kind, values in sorted(self._seen.items())}


class People:
    """Makes people, the same ones for the same source of randomness."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng

    def visitor(self) -> tuple[str, str]:
        """Return the network address and browser of somebody who only looks; one in twelve comes by IPv6."""
        rng = self._rng
        if rng.randrange(12) == 0:
            return f"2001:db8:{rng.randrange(16, 4096):x}::{rng.randrange(256, 65536):x}", rng.choice(_AGENTS)
        # Octets 100 to 254, so that no address is the beginning of another.
        return f"{rng.choice(_NETS)}.{rng.randrange(100, 255)}", rng.choice(_AGENTS)

    def person(self) -> Person:
        rng = self._rng
        first, last = rng.choice(_FIRST), rng.choice(_LAST)
        town, postcode, country = rng.choice(_TOWNS)
        ip, agent = self.visitor()
        mailbox = f"{first}.{last}{rng.randrange(10, 100)}".lower().translate(_ASCII)
        return Person(
            first=first,
            last=last,
            email=f"{mailbox}@{rng.choice(_MAIL)}",
            phone=rng.choice(_PHONES).format(rng.randrange(100)),
            street=f"{rng.randrange(2, 190)} {rng.choice(_STREETS)}",
            town=town,
            postcode=postcode,
            country=country,
            card=rng.choice(CARDS),
            ip=ip,
            agent=agent,
            customer_id=rng.randrange(7_000_000_000_000, 7_999_999_999_999),
        )
