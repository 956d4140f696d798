"""The customers of an invented world: names from many places, addresses at example.com."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from random import Random

_FIRST: Final = (
    "Aisha", "Anders", "Beatriz", "Björn", "Carlos", "Chiara", "Chloé", "Deepak", "Elif", "Emeka",
    "Fatima", "Giulia", "Grace", "Hamza", "Hannah", "Hiroshi", "Ilse", "Iris", "Jakub", "Jasmine",
    "João", "Kamala", "Karim", "Katarzyna", "Kofi", "Leah", "Lena", "Liam", "Lucía", "Mai",
    "Mateo", "Mei", "Milan", "Miriam", "Nadia", "Nikhil", "Noor", "Olga", "Oscar", "Paolo",
    "Renée", "Rosa", "Samuel", "Sara", "Sione", "Søren", "Tala", "Tomás", "Wei", "Zofia",
)  # fmt: skip
_LAST: Final = (
    "Abebe", "Almeida", "Andersson", "Bakker", "Banerjee", "Becker", "Bianchi", "Castillo", "Chen",
    "Cohen", "Diallo", "Dubois", "Evans", "Fernández", "Flores", "Gupta", "Haddad", "Hansen",
    "Herrera", "Ivanova", "Jansen", "Kaya", "Khan", "Kim", "Kowalski", "Larsen", "Lopez", "Mensah",
    "Meyer", "Moreau", "Mwangi", "Nakamura", "Novák", "Nguyen", "Okafor", "Park", "Patel", "Rossi",
    "Santos", "Schmidt", "Silva", "Singh", "Smith", "Sokolov", "Taylor", "Tran", "Vargas",
    "Walker", "Yilmaz", "Zhang",
)  # fmt: skip
_ZONES: Final = (
    "Europe/Berlin", "Europe/London", "America/New_York", "America/Los_Angeles", "Asia/Kolkata",
    "Asia/Tokyo", "Australia/Sydney", "America/Sao_Paulo", "Africa/Nairobi", "Pacific/Auckland",
    "Asia/Kathmandu", "America/St_Johns", "Pacific/Kiritimati", "Pacific/Pago_Pago",
)  # fmt: skip
_WITH_PHONE: Final = 0.2
_LOCALES: Final = ("en", "en", "en", "de", "fr", "es", "pt", None)


@dataclass(frozen=True, slots=True)
class Customer:
    """Somebody who books."""

    first: str
    last: str
    email: str
    zone: str
    locale: str | None
    phone: str | None

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first} {self.last}"


def invent_customers(count: int, rng: Random) -> list[Customer]:
    """Invent `count` customers with different e-mail addresses; one in five left a number."""
    customers = []
    for number in range(count):
        first, last = rng.choice(_FIRST), rng.choice(_LAST)
        address = _ascii(f"{first}.{last}").lower()
        customers.append(
            Customer(
                first,
                last,
                f"{address}{number}@example.com",
                rng.choice(_ZONES),
                rng.choice(_LOCALES),
                f"+1555{number % 10_000_000:07d}" if rng.random() < _WITH_PHONE else None,
            ),
        )
    return customers


def _ascii(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.replace("ø", "o"))
    return plain.encode("ascii", "ignore").decode()
