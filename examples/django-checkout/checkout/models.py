"""The shop's own table; those of the points are beside it, and begin with ``retailcrm_``."""

from __future__ import annotations

from django.db import models


class Order(models.Model):
    """An order, as any shop has it; amounts in fen."""

    key = models.CharField(max_length=64, unique=True)  # of the request that placed it
    customer = models.CharField(max_length=100)
    goods = models.PositiveIntegerField()
    points = models.PositiveIntegerField(default=0)  # that she asked to pay with
    discount = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=10, default="placed")
    paid_at = models.DateTimeField(null=True)

    class Meta:
        """How Django calls it."""

        app_label = "checkout"

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        """What the order is called where points are kept."""
        return f"web/main/{self.pk}"

    @property
    def due(self) -> int:
        """What is left to pay with money."""
        return int(self.goods - self.discount)
