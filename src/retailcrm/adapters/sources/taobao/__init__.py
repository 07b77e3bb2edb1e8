"""Taobao and Tmall: the plugin that reads what their sellers export."""

from retailcrm.adapters.sources.taobao.source import Taobao, register_sources

__all__ = ["Taobao", "register_sources"]
