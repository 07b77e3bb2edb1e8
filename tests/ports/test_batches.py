"""What a source yields is checked when it is made: a broken plugin is found at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from retailcrm.analytics.columns import Coded, Texts
from retailcrm.ports.batches import COLUMNS, KEYS, Batch, BuyerKey, Grain

NUMBERS = Texts.of(["1", "2"])
DTYPES = {
    "instant": "datetime64[us]",
    "whole": "int64",
    "state": "int8",
    "flag": "bool",
    "answer": "int8",
    "gender": "int8",
    "birthday": "int32",
    "event": "int8",
}
"""As the field guide of the port says."""


def batch(grain: Grain = Grain.ORDERS, **columns: Any) -> Batch:
    """Make a batch of two rows."""
    if KEYS[grain] == "number":
        columns = {"number": NUMBERS, **columns}
    key = BuyerKey(platform="x", kind="id") if "buyer" in columns else None
    return Batch(grain=grain, records=np.array([1, 2]), columns=columns, currency="CNY", buyer_key=key)


@pytest.mark.parametrize("grain", list(Grain))
def test_every_column_of_a_grain_is_taken_in_its_kind(grain: Grain) -> None:
    """Texts packed or coded, numbers in the one dtype that the kind has."""
    columns: dict[str, Any] = {}
    for name, kind in COLUMNS[grain].items():
        columns[name] = Coded.of(["a", None]) if kind == "text" else np.zeros(2, DTYPES[kind])
    assert len(batch(grain, **columns)) == 2


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        (
            {"totl": np.zeros(2, np.int64)},
            r"orders batches have no column 'totl'; they have: number, buyer, ",
        ),
        ({"total": np.zeros(2)}, r"'total' must be a numpy array of int64"),
        ({"total": np.zeros(2, np.int32)}, r"'total' must be a numpy array of int64"),
        ({"total": [1, 2]}, r"'total' must be a numpy array of int64"),
        ({"state": np.zeros(2, np.int64)}, r"'state' must be a numpy array of int8"),
        ({"paid_at": np.zeros(2, "datetime64[s]")}, r"'paid_at' must be a numpy array of datetime64\[us\]"),
        ({"city": ["a", "b"]}, r"'city' must be Texts or Coded, not list"),
        ({"city": Texts.of(["a"])}, r"'city' has 1 rows, the batch has 2"),
        ({"total": np.zeros(3, np.int64)}, r"'total' has 3 rows, the batch has 2"),
        ({"amount": np.zeros(2, np.int64)}, r"orders batches have no column 'amount'"),
    ],
)
def test_a_column_of_the_wrong_name_kind_or_length_is_refused(columns: dict[str, Any], said: str) -> None:
    """The message names the column and what it should be."""
    with pytest.raises(ValueError, match=said):
        batch(**columns)


def test_a_batch_needs_numbers_and_buyers_need_a_key() -> None:
    """Without an order number rows belong nowhere; without a key nobody knows what a buyer is."""
    given: dict[str, Any] = {"grain": Grain.ORDERS, "records": np.array([1, 2]), "currency": "CNY"}
    with pytest.raises(ValueError, match="needs the column 'number'"):
        Batch(**given, columns={"total": np.zeros(2, np.int64)})
    with pytest.raises(ValueError, match="'buyer' needs a buyer_key"):
        Batch(**given, columns={"number": NUMBERS, "buyer": NUMBERS})


@pytest.mark.parametrize("strength", [-1, 3, "stable"])
def test_a_strength_is_none_weak_or_stable(strength: Any) -> None:
    """0, 1 or 2 and nothing else."""
    with pytest.raises(ValueError, match="strength"):
        BuyerKey(platform="x", kind="id", strength=strength)
