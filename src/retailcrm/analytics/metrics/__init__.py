"""The figures of a shop, each defined once: what is counted, and divided by what."""

from retailcrm.analytics.metrics.totals import Metrics, MonthlyMetrics, metrics, monthly

__all__ = ["Metrics", "MonthlyMetrics", "metrics", "monthly"]
