"""The figures of a shop, each defined once: what is counted, and divided by what.

Prepare :func:`sales_of` once for a moment, make groups of it, and ask for figures::

    sales = sales_of(orders, as_of)
    repurchase_rate(sales, by_month(sales)).values()
    net(sales, by_province(sales, orders), Period(start, end)).numerator
"""

from retailcrm.analytics.metrics.definitions import DEFINITIONS, Definition
from retailcrm.analytics.metrics.delays import (
    Delays,
    delivery_delay,
    hours_to_ship,
    merge_delays,
    payment_delay,
    refund_delay,
)
from retailcrm.analytics.metrics.figure import LEAST_PEOPLE, Figure, Growth, growth, joined
from retailcrm.analytics.metrics.groups import by_channel, by_city, by_month, by_province, by_region
from retailcrm.analytics.metrics.line_groups import lines_by, lines_by_category, lines_by_product
from retailcrm.analytics.metrics.loyalty import churn_rate, rebuy_rate, repurchase_rate
from retailcrm.analytics.metrics.money import (
    aov,
    net,
    net_per_buyer,
    orders,
    orders_per_buyer,
    refund_order_rate,
    refund_rate,
    returning_net,
    returning_net_share,
)
from retailcrm.analytics.metrics.people import (
    LAPSED_DAYS,
    acquisition_rate,
    buyers,
    customers,
    new_customer_share,
    new_customers,
    reactivated_customers,
    returning_customers,
)
from retailcrm.analytics.metrics.people_groups import (
    AGE_BANDS,
    by_age_band,
    by_customer,
    by_gender,
    by_level,
    by_segment,
    by_tier,
)
from retailcrm.analytics.metrics.reviews import good_review_rate, reviews_by_month, reviews_by_product
from retailcrm.analytics.metrics.sales import ALL, EVER, Groups, Period, Sales, sales_of
from retailcrm.analytics.metrics.tallies import Tally, tally
from retailcrm.analytics.metrics.totals import Metrics, MonthlyMetrics, metrics, monthly

__all__ = [
    "AGE_BANDS",
    "ALL",
    "DEFINITIONS",
    "EVER",
    "LAPSED_DAYS",
    "LEAST_PEOPLE",
    "Definition",
    "Delays",
    "Figure",
    "Groups",
    "Growth",
    "Metrics",
    "MonthlyMetrics",
    "Period",
    "Sales",
    "Tally",
    "acquisition_rate",
    "aov",
    "buyers",
    "by_age_band",
    "by_channel",
    "by_city",
    "by_customer",
    "by_gender",
    "by_level",
    "by_month",
    "by_province",
    "by_region",
    "by_segment",
    "by_tier",
    "churn_rate",
    "customers",
    "delivery_delay",
    "good_review_rate",
    "growth",
    "hours_to_ship",
    "joined",
    "lines_by",
    "lines_by_category",
    "lines_by_product",
    "merge_delays",
    "metrics",
    "monthly",
    "net",
    "net_per_buyer",
    "new_customer_share",
    "new_customers",
    "orders",
    "orders_per_buyer",
    "payment_delay",
    "reactivated_customers",
    "rebuy_rate",
    "refund_delay",
    "refund_order_rate",
    "refund_rate",
    "repurchase_rate",
    "returning_customers",
    "returning_net",
    "returning_net_share",
    "reviews_by_month",
    "reviews_by_product",
    "sales_of",
    "tally",
]
