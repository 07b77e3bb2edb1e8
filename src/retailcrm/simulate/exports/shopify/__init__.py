"""Exports as the Shopify admin writes them."""

from retailcrm.simulate.exports.shopify.folder import write_shopify_exports

__all__ = ["write_shopify_exports"]
