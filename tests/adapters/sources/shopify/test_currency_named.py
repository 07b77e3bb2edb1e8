"""Shopify says that its orders name their currency."""

from __future__ import annotations

from retailcrm.adapters.sources.shopify import Shopify
from retailcrm.adapters.sources.taobao.source import Taobao


def test_a_shop_may_take_its_currency_from_here():
    """Shopify's exports have a column for it, Taobao's do not."""
    assert Shopify.names_currency
    assert not hasattr(Taobao, "names_currency")
