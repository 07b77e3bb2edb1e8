"""How cells are written as text."""

from __future__ import annotations

import datetime as dt
import math
import subprocess
import sys
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retailcrm.adapters.sources.xlsx import child
from retailcrm.adapters.sources.xlsx.child import column_texts


@given(number=st.integers(-(2**53) + 1, 2**53 - 1))
def test_whole_numbers_keep_every_digit(number: int) -> None:
    """Below 2**53 a float holds each whole number, and its text is that number."""
    assert column_texts([float(number), number]) == [str(number)] * 2


@given(number=st.decimals(-(10**9), 10**9, places=6))
def test_amounts_come_back_as_they_were_typed(number: Decimal) -> None:
    """A number of at most 15 digits reads as the number typed, free of binary noise, and never with an E."""
    (text,) = column_texts([float(number)])
    assert text is not None
    assert Decimal(text) == number
    assert "E" not in text.upper()


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (12.5, "12.5"),
        (30.299999999999997, "30.3"),  # 10.1 * 3
        (0.1 + 0.2, "0.3"),
        (2.9999999999999996, "3"),
        (-0.0, "0"),
        (1e-7, "0.0000001"),
        (999999999999999.0, "999999999999999"),
        (1930000000000647.0, "1930000000000647"),
    ],
)
def test_numbers_are_written_as_excel_shows_them(number: float, text: str) -> None:
    """15 digits, no point where none is needed, no scientific notation for small ones."""
    assert column_texts([number]) == [text]


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (5113000000000047045.0, "5.113000000000047E+18"),
        (-5113000000000047045.0, "-5.113000000000047E+18"),
        (2.0**53, "9.007199254740992E+15"),
        (1e15 + 0.5, "1.0000000000000005E+15"),
        (2e16, "2E+16"),
        (1e300, "1E+300"),
    ],
)
def test_numbers_that_lost_digits_are_visibly_so(number: float, text: str) -> None:
    """From 2**53 on, for fractions from 10**15 on, the text is scientific: nobody takes it for an id."""
    assert column_texts([number]) == [text]
    assert float(text) == number


def test_no_number_at_all_is_said() -> None:
    """What only a forged file holds still gives text."""
    assert column_texts([math.nan, math.inf, -math.inf]) == ["nan", "inf", "-inf"]


def test_other_cells_have_one_way_each() -> None:
    """Text as it is, truth in capitals, moments in ISO form with a blank, nothing for an empty cell."""
    moment = dt.datetime(2019, 6, 30, 22, 46, 22, 511_000)  # noqa: DTZ001 - sheets know no zone
    values = [" a ", "", True, False, moment, moment.date(), moment.time()]
    assert column_texts(values) == [
        " a ",
        None,
        "TRUE",
        "FALSE",
        "2019-06-30 22:46:22.511000",
        "2019-06-30",
        "22:46:22.511000",
    ]


def test_durations_count_hours_beyond_the_day() -> None:
    """Hours, minutes, seconds; a minus for the whole."""
    long = dt.timedelta(days=2, hours=3, minutes=4, seconds=5, microseconds=600)
    assert column_texts([long, -long, dt.timedelta()]) == ["51:04:05.000600", "-51:04:05.000600", "00:00:00"]


def test_the_process_loads_little() -> None:
    """The script needs nothing of the package, and not even its own imports are heavy."""
    code = (
        f"import runpy, sys; runpy.run_path({child.__file__!r}); "
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"retailcrm", "attrs", "numpy", "pyarrow", "msoffcrypto", "asyncio"} & set(run.stdout.split())
