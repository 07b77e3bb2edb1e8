"""Orders and money: how many, how much, for each order, for each buyer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from retailcrm.analytics.metrics.figure import Figure, figure_of
from retailcrm.analytics.metrics.tallies import tally

if TYPE_CHECKING:
    from retailcrm.analytics.metrics.sales import Groups, Period, Sales


def orders(sales: Sales, groups: Groups | None = None, period: Period | None = None) -> Figure:
    """Count the counted orders of the period, unknown buyers included (订单数).

    Args:
        sales: The sales.
        groups: Groups of those sales; everything in one if left out.
        period: The period; ever if left out.

    Returns:
        A count; ``people`` are the buyers.
    """
    found = tally(sales, groups, period)
    return figure_of("orders", sales.grouped(groups), found.orders, found.buyers)


def net(sales: Sales, groups: Groups | None = None, period: Period | None = None) -> Figure:
    """Add up what was paid less what was paid back (净销售额).

    Paid on the period's counted orders, less refunds of those orders (whenever before ``as_of``), less
    the period's credit notes; unknown buyers included.

    Args:
        sales: The sales.
        groups: Groups of those sales; everything in one if left out.
        period: The period; ever if left out.

    Returns:
        Minor units; ``people`` are the buyers.
    """
    found = tally(sales, groups, period)
    amount = found.gross - found.refunded
    return figure_of("net", sales.grouped(groups), amount, found.buyers)


def aov(sales: Sales, groups: Groups | None = None, period: Period | None = None) -> Figure:
    """Divide net sales by counted orders, unknown buyers included (笔单价, AOV).

    Args:
        sales: The sales.
        groups: Groups of those sales; everything in one if left out.
        period: The period; ever if left out.

    Returns:
        Minor units for each order; ``people`` are the buyers.
    """
    found = tally(sales, groups, period)
    return figure_of(
        "aov", sales.grouped(groups), found.gross - found.refunded, found.buyers, over=found.orders
    )


def net_per_buyer(sales: Sales, groups: Groups | None = None, period: Period | None = None) -> Figure:
    """Divide the net of known buyers, their credit notes included, by those buyers (客单价).

    Args:
        sales: The sales.
        groups: Groups of those sales; everything in one if left out.
        period: The period; ever if left out.

    Returns:
        Minor units for each buyer; ``people`` are the buyers.
    """
    found = tally(sales, groups, period)
    return figure_of("net_per_buyer", sales.grouped(groups), found.known_net, found.buyers, over=found.buyers)


def orders_per_buyer(sales: Sales, groups: Groups | None = None, period: Period | None = None) -> Figure:
    """Divide the orders of known buyers by those buyers (人均订单数).

    Args:
        sales: The sales.
        groups: Groups of those sales; everything in one if left out.
        period: The period; ever if left out.

    Returns:
        Orders for each buyer; ``people`` are the buyers.
    """
    found = tally(sales, groups, period)
    return figure_of(
        "orders_per_buyer", sales.grouped(groups), found.known_orders, found.buyers, over=found.buyers
    )


def refund_rate(sales: Sales, groups: Groups | None = None, period: Period | None = None) -> Figure:
    """Divide money paid back by money paid (退款率, by money).

    Paid back on the period's counted orders, and by its credit notes, over paid on those orders. An
    order given back in full is among them only if the sales were made with ``full_refund="keep"``.

    Args:
        sales: The sales.
        groups: Groups of those sales; everything in one if left out.
        period: The period; ever if left out.

    Returns:
        A share, above 1 where credit notes take back what earlier periods sold; ``people`` are the buyers.
    """
    found = tally(sales, groups, period)
    return figure_of("refund_rate", sales.grouped(groups), found.refunded, found.buyers, over=found.gross)


def refund_order_rate(sales: Sales, groups: Groups | None = None, period: Period | None = None) -> Figure:
    """Divide counted orders with something paid back by counted orders (退款率, by orders).

    Credit notes name no order, so they are not in it. An order given back in full is in it only if the
    sales were made with ``full_refund="keep"``.

    Args:
        sales: The sales.
        groups: Groups of those sales; everything in one if left out.
        period: The period; ever if left out.

    Returns:
        A share; ``people`` are the buyers.
    """
    found = tally(sales, groups, period)
    return figure_of(
        "refund_order_rate", sales.grouped(groups), found.refunded_orders, found.buyers, over=found.orders
    )


def returning_net(sales: Sales, groups: Groups | None = None, period: Period | None = None) -> Figure:
    """Add up the net of buyers who had bought before the period (老客销售额).

    Of each month, where the groups are months. Their credit notes of the period are taken off.

    Args:
        sales: The sales.
        groups: Groups of those sales; everything in one if left out.
        period: The period; ever, before which nobody bought, if left out.

    Returns:
        Minor units; ``people`` are the returning buyers.
    """
    found = tally(sales, groups, period)
    return figure_of("returning_net", sales.grouped(groups), found.returning_net, found.returning_buyers)


def returning_net_share(sales: Sales, groups: Groups | None = None, period: Period | None = None) -> Figure:
    """Divide the net of buyers who had bought before the period by that of all known buyers (老客销售占比).

    Args:
        sales: The sales.
        groups: Groups of those sales; everything in one if left out.
        period: The period; ever, before which nobody bought, if left out.

    Returns:
        A share; ``people`` are the buyers.
    """
    found = tally(sales, groups, period)
    return figure_of(
        "returning_net_share", sales.grouped(groups), found.returning_net, found.buyers, over=found.known_net
    )
