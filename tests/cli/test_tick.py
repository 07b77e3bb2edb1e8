"""``retailcrm tick``: what falls due in a tiny shop, the fuse, and spans that meet."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet
import pytest
from click.testing import Result

from retailcrm.cli.exits import Exit

Run = Callable[..., Result]

NAME: Final = "ExportOrderList202403252230.csv"
"""Exported on 25 March 2024 at 22:30 in Shanghai."""

POLICY: Final = '[points]\nexpiry.months = 1\nexpiry.snap = "month"\n'
HEADER: Final = (
    "订单编号,买家会员名,买家实际支付金额,总金额,退款金额,订单状态,订单创建时间,订单付款时间,确认收货时间\n"
)
ORDERS: Final = (
    # Spendable on 15 January, to the end of February: 100 and 30 points lapse at once.
    ("1001", "甲", "100.00", "2024-01-10 09:00:00", "2024-01-15 12:00:00"),
    ("1002", "甲", "30.00", "2024-01-11 09:00:00", "2024-01-15 12:00:00"),
    # Spendable on 25 February, to the end of March.
    ("1003", "乙", "59.90", "2024-02-20 09:00:00", "2024-02-25 12:00:00"),
    # Spendable on 1 March at the very moment when February's points lapse.
    ("1004", "乙", "20.00", "2024-02-28 09:00:00", "2024-03-01 00:00:00"),
)
EVENTS: Final = [
    ["2024-01-15 12:00:00", "activate", "甲", "130", "points"],
    ["2024-02-25 12:00:00", "activate", "乙", "59", "points"],
    ["2024-03-01 00:00:00", "expire", "甲", "130", "points"],
    ["2024-03-01 00:00:00", "activate", "乙", "20", "points"],
]


@pytest.fixture
def shop() -> str:
    """Write the policy and the export of the tiny shop."""
    Path("shop.toml").write_text(POLICY, "utf-8")
    lines = (
        f"{number},{buyer},{paid},{paid},0.00,交易成功,{at},{at},{received}\n"
        for number, buyer, paid, at, received in ORDERS
    )
    Path(NAME).write_text(HEADER + "".join(lines), "gb18030")
    return NAME


@pytest.fixture
def tick(run: Run, shop: str) -> Callable[..., Result]:
    """Give a function that lists what falls due in that shop."""

    def called(since: str, as_of: str, *options: str) -> Result:
        return run("tick", shop, "--policy", "shop.toml", "--since", since, "--as-of", as_of, *options)

    return called


def events(name: str = "events.csv") -> list[list[str]]:
    """Read a file of events without its header."""
    with Path(name).open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["at", "event", "customer_id", "points", "wallet"]
    return rows


def document(result: Result) -> dict[str, Any]:
    """Read standard output, all of it, as one JSON object."""
    plain: dict[str, Any] = json.loads(result.stdout)
    assert plain["exit_code"] == result.exit_code
    return plain


def test_each_day_is_added_up(tick: Callable[..., Result]) -> None:
    """What happens is printed by day and kind; what lapses at a moment comes before what comes in."""
    result = tick("2024-01-01", "2024-03-26", "--lang", "en")
    assert result.exit_code == Exit.OK, result.stderr
    lines = [line.rstrip() for line in result.stdout.splitlines()]
    assert (
        "\n".join(lines[lines.index("") + 1 :])
        == """\
what falls due (2024-01-01 - 2024-03-26)
day         what              points  customers
2024-01-15  became spendable     130          1
2024-02-25  became spendable      59          1
2024-03-01  lapsed               130          1
2024-03-01  became spendable      20          1"""
    )
    assert result.stderr == ""


def test_both_languages_and_chinese(tick: Callable[..., Result]) -> None:
    """Without --lang each word stands beside the other; with zh Chinese stands alone."""
    assert "lapsed 过期" in tick("2024-01-01", "2024-03-26").stdout
    said = tick("2024-01-01", "2024-03-26", "--lang", "zh").stdout
    assert "到期事项 (2024-01-01 - 2024-03-26)" in said
    assert "lapsed" not in said


def test_each_event_in_a_file(tick: Callable[..., Result]) -> None:
    """All points of a customer with which the same happens at once are one event, on the shop's clock."""
    result = tick("2024-01-01", "2024-03-26", "--out", "events.csv")
    assert "4 events: events.csv" in result.stdout
    assert Path("events.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert events() == EVENTS
    tick("2024-01-01", "2024-03-26", "--out", "events.parquet")
    table = pyarrow.parquet.read_table("events.parquet")
    assert table.column("points").to_pylist() == [130, 59, 130, 20]


def test_each_event_in_the_document(tick: Callable[..., Result]) -> None:
    """--json lists days and events; moments have the shop's offset."""
    said = document(tick("2024-02-25", "2024-03-26", "--json"))
    assert (said["version"], said["command"]) == (1, "tick")
    assert (said["since"], said["as_of"]) == ("2024-02-25T00:00:00+08:00", "2024-03-26T00:00:00+08:00")
    assert said["events"][0] == {
        "at": "2024-02-25T12:00:00+08:00",
        "event": "activate",
        "customer_id": "乙",
        "points": 59,
        "wallet": "points",
    }
    assert [(day["day"], day["event"], day["points"], day["customers"]) for day in said["days"]] == [
        ("2024-02-25", "activate", 59, 1),
        ("2024-03-01", "expire", 130, 1),
        ("2024-03-01", "activate", 20, 1),
    ]


@pytest.mark.parametrize("middle", ["2024-01-15T12:00:00", "2024-02-25", "2024-03-01", "2024-03-01 00:00:01"])
def test_spans_that_meet_give_each_event_once(tick: Callable[..., Result], middle: str) -> None:
    """The events of two runs, the second from where the first ended, are those of one run."""
    found: list[list[str]] = []
    for since, as_of in (("2024-01-01", middle), (middle, "2024-03-26")):
        tick(since, as_of, "--out", "events.csv")
        found += events()
    assert found == EVENTS
    tick("2024-01-01", middle, "--out", "again.csv")
    tick("2024-01-01", middle, "--out", "events.csv")
    assert events() == events("again.csv")


def test_nothing_falls_due(tick: Callable[..., Result]) -> None:
    """A quiet span is said to be one, and the file has a header alone."""
    result = tick("2024-01-20", "2024-02-01", "--out", "events.csv")
    assert result.exit_code == Exit.OK
    assert "nothing 没有" in result.stdout
    assert events() == []


def test_memory_changes_nothing(tick: Callable[..., Result]) -> None:
    """--memory gives the same events."""
    tick("2024-01-01", "2024-03-26", "--out", "events.csv", "--memory", "64MB")
    assert events() == EVENTS


@pytest.mark.parametrize(
    ("as_of", "code"),
    [("2024-04-01T22:30:00", Exit.OK), ("2024-04-01T22:30:01", Exit.CLOCK), ("2025-01-01", Exit.CLOCK)],
)
def test_the_fuse(tick: Callable[..., Result], as_of: str, code: Exit) -> None:
    """Seven days after the newest file are fine; a second more is refused, and nothing is written."""
    result = tick("2024-03-01", as_of, "--out", "events.csv")
    assert result.exit_code == code
    if code is Exit.CLOCK:
        assert "more than 7 days (fuse_days of [points]) after the newest file" in result.stderr
        assert "2024-03-25 22:30" in result.stderr
        assert not Path("events.csv").exists()
        assert document(tick("2024-03-01", as_of, "--json"))["exit_code"] == 8


def test_the_clock_confirmed(tick: Callable[..., Result]) -> None:
    """With --confirm-clock the same run lists the 79 points that lapse with March and April."""
    tick("2024-03-02", "2025-01-01", "--confirm-clock", "--out", "events.csv")
    assert events() == [
        ["2024-04-01 00:00:00", "expire", "乙", "59", "points"],
        ["2024-05-01 00:00:00", "expire", "乙", "20", "points"],
    ]


def test_the_fuse_is_the_policys(tick: Callable[..., Result]) -> None:
    """fuse_days = 30 lets a run of 20 April pass."""
    Path("shop.toml").write_text(f"{POLICY}fuse_days = 30\n", "utf-8")
    assert tick("2024-03-02", "2024-04-20").exit_code == Exit.OK


def test_every_wallet_is_told(tick: Callable[..., Result]) -> None:
    """Where there are several currencies of points each event names its own."""
    more = '[[points.wallet]]\nname = "status"\nqualifying = true\nearn.rate = "2"\nwaiting.until = "paid"\n'
    Path("shop.toml").write_text(f"{POLICY}{more}", "utf-8")
    said = tick("2024-01-10", "2024-01-16", "--out", "events.csv").stdout
    assert "wallet 钱包" in said
    assert events() == [
        ["2024-01-10 09:00:00", "activate", "甲", "200", "status"],
        ["2024-01-11 09:00:00", "activate", "甲", "60", "status"],
        EVENTS[0],
    ]


@pytest.mark.parametrize(
    ("since", "as_of", "options", "message"),
    [
        ("2024-03-26", "2024-03-26", (), "--since 2024-03-26 is not before --as-of 2024-03-26"),
        ("soon", "2024-03-26", (), "--since: 'soon' is not a date"),
        ("0001-01-01", "2024-03-26", (), "--since: 0001-01-01 is outside the calendar"),
        ("2024-03-01", "later", (), "--as-of: 'later' is not a date"),
        ("2024-03-01", "2024-03-26", ("--out", "events.txt"), "the name must end in .csv or .parquet"),
    ],
)
def test_what_cannot_be_is_a_usage_error(
    tick: Callable[..., Result], since: str, as_of: str, options: tuple[str, ...], message: str
) -> None:
    """A wrong option is refused with one sentence before any file is read."""
    result = tick(since, as_of, *options)
    assert result.exit_code == Exit.USAGE
    assert message in result.stderr
    assert result.stdout == ""


def test_a_policy_without_points(run: Run, shop: str) -> None:
    """The three lines to add are shown."""
    result = run("tick", shop, "--since", "2024-03-01", "--as-of", "2024-03-26")
    assert result.exit_code == Exit.USAGE
    assert "\n  [points]\n" in result.stderr
