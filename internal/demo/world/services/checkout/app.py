"""Checkout: takes a basket, returns a paid order."""

from decimal import Decimal

TIMEOUT_SECONDS = 0.4  # the promise in slo/checkout.yml


def total(basket: list[tuple[Decimal, int]]) -> Decimal:
    """Sum of price times quantity."""
    return sum((price * quantity for price, quantity in basket), Decimal(0))


def pay(basket, gateway):
    """Charge the basket once; the gateway de-duplicates by order id."""
    return gateway.charge(total(basket), timeout=TIMEOUT_SECONDS)
