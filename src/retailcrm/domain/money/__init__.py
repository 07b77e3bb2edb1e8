"""Money: whole minor units and a currency; text in, text out, shares; never a float."""

from retailcrm.domain.money.amounts import Money, Rounding, line_amount, split
from retailcrm.domain.money.currencies import exponent
from retailcrm.domain.money.reading import parse_amount
from retailcrm.domain.money.writing import decimal_text, format_money

__all__ = [
    "Money",
    "Rounding",
    "decimal_text",
    "exponent",
    "format_money",
    "line_amount",
    "parse_amount",
    "split",
]
