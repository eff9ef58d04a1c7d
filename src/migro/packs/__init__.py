"""Shipped rule packs."""
