"""The customer archive table (客户档案表): one row an order that counts, ten columns."""

from retailcrm.shop.archive.table import COLUMNS, Archive

__all__ = ["COLUMNS", "Archive"]
