"""Shopify: the plugin that reads the order and customer exports of its admin pages."""

from retailcrm.adapters.sources.shopify.source import Shopify, register_sources

__all__ = ["Shopify", "register_sources"]
