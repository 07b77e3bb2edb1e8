"""Checks that the columns of a table fit each other."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from retailcrm.analytics.columns import INSTANT, Coded

Ints = NDArray[np.int64]
Instants = NDArray[np.datetime64]


def _of_dtype(dtype: str) -> Any:  # noqa: ANN401 - attrs validators have no public type
    """Refuse a column of any other dtype, or one that is not a plain row of values."""

    def check(_: object, field: attrs.Attribute[Any], value: NDArray[Any]) -> None:
        if value.dtype != np.dtype(dtype) or value.ndim != 1:
            found = f"{value.dtype}, {value.ndim} dimensions"
            raise ValueError(f"{field.name} must be one-dimensional {dtype}, got {found}")

    return check


INT8 = _of_dtype("int8")
INT32 = _of_dtype("int32")
INT64 = _of_dtype("int64")
BOOL = _of_dtype("bool")
INSTANTS = _of_dtype(INSTANT.str)
IF_ANY = attrs.validators.optional


def check_lengths(table: Any) -> None:  # noqa: ANN401
    """Refuse a table whose row columns differ in length.

    Texts are a row column where their field's metadata says ``rows``; elsewhere they are a dictionary.
    """
    lengths = {
        field.name: len(column)
        for field in attrs.fields(type(table))
        if isinstance(column := getattr(table, field.name), np.ndarray | Coded) or field.metadata.get("rows")
    }
    if len(set(lengths.values())) > 1:
        raise ValueError(f"columns differ in length: {lengths}")
