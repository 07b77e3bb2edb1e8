"""Times that count from 1970."""

from __future__ import annotations

import pyarrow as pa

from retailcrm.adapters.sources.unix_times import quick_unix, unix_instants


def test_unix_times_are_instants() -> None:
    """Seconds or milliseconds from 1970 in UTC; what no order can have is marked."""
    texts = pa.array(["1511544070", "0", "-5", "x", None, "99999999999999", "7258118400"])
    times, bad = unix_instants(texts, 1_000_000)
    assert [str(t) for t in times[:2]] == ["2017-11-24T17:21:10.000000", "1970-01-01T00:00:00.000000"]
    assert bad.tolist() == [False, False, True, True, False, True, True]
    quick = quick_unix(pa.array([b"1511544070", b""]), 1_000_000)
    assert quick is not None
    assert [str(t) for t in quick[0]] == ["2017-11-24T17:21:10.000000", "NaT"]
    assert quick_unix(pa.array([b"-5"]), 1_000_000) is None
    assert quick_unix(pa.array([b"1.5x"]), 1_000_000) is None
    assert str(unix_instants(pa.array(["1511544070123"]), 1_000)[0][0]) == "2017-11-24T17:21:10.123000"
