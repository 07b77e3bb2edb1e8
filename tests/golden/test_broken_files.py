"""Broken files: every record is accounted for, the good ones are all taken, the bad ones are found."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import attrs
import pytest

from retailcrm import open_shop
from retailcrm.domain.problems import Severity
from retailcrm.testing.broken import TABLE_MAPPING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from retailcrm.analytics.tables import OrderTable
    from retailcrm.shop.observed import FileAccount

    MakeBroken = Callable[[Path, int], Any]

GENERIC_FILES: Final = 1_200
TAOBAO_FILES: Final = 800
BATCH: Final = 100
READ_AGAIN: Final = 10
"""One of so many files is read twice."""

MAPPING: Final = TABLE_MAPPING
REPORTS: Final = {
    "order report": (
        "订单编号,买家会员名,总金额,买家实际支付金额,订单状态,订单创建时间,订单付款时间 ,退款金额\r\n",
        ",小明,10.00,10.00,交易成功,2024-01-01 10:00:00,2024-01-01 10:00:00,0\r\n",
    ),
    "item report": ("订单编号,标题,价格,购买数量,订单状态\r\n", "1001,红薯粉,x,1,交易成功\r\n"),
    "refund report": (
        "退款编号,订单编号,退款状态,买家退款金额,退款完结时间\r\n",
        "1,1001,退款成功,x,2024-01-02 10:00:00\r\n",
    ),
}
"""Header and a record without one good thing of each Taobao report."""
HEADER: Final = b"Order No,Customer,Placed,Paid\n"
ODD_AMOUNTS: Final[dict[str, int | None]] = {
    "5": 500, "5.": 500, ".5": 50, "+5": 500, "-5": -500, "005.10": 510, "5.000": 500, " 5 ": 500,
    "５.５": 550, "¥5": 500, "￥5": 500, "5元": 500, "CNY 5": 500, "(5)": -500, "\u22125": -500,
    "'5": 500, '="5"': 500, '"1,234.50"': 123_450, "9999999999999999.99": 999_999_999_999_999_999,
    "--5": None, "5-": None, "5.001": None, "1_000": None, "1e2": None, "0x10": None, "$5": None,
    "NaN": None, "inf": None, "none": None, "5%": None, "५": None, "5.5.5": None, "1 234": None,
    '"12,34"': None, "100000000000000000": None, "1e400": None,
}  # fmt: skip
"""Texts as exports hold them, and the fen that they are; ``None`` where they are no amount."""

ODD_TIMES: Final = (
    "2024-01-05T10:00:00", "2024-01-05", "2024-01-05 10:00", "2024-01-05T10:00:00Z", "2024/1/5 10:00",
    "2024-01-05T10:00:00+08:00", "2024-01-05 10:00:00.5", "2024-01-05 10:00:00.1234567", "2024/1/5",
    "20240105", "2024年1月5日", "1704420000", "0", "2024-01-05 24:00:00", "2024-02-30", "0000-00-00 00:00:00",
    "9999-12-31", "", "null", "05/01/2024", " 2024-01-05 ", "1986-05-04 02:30:00", "45296.5",
)  # fmt: skip


@attrs.frozen
class Read:
    """What one reading of a file gave."""

    account: FileAccount
    orders: dict[str, tuple[int, str | None]]


def read(path: Path, mapping: Any = None) -> Read:
    """Import a file into a fresh shop."""
    shop = open_shop(zone="Asia/Shanghai", currency="CNY")
    (account,) = shop.imports.files([path], mapping=mapping).files
    (orders,) = shop.insight.parts()
    return Read(account, facts_of(orders))


def facts_of(orders: OrderTable) -> dict[str, tuple[int, str | None]]:
    """Give gross and buyer of each order number."""
    ids = [*orders.customers.ids.tolist(), None]
    buyers = [ids[code] for code in orders.customer.tolist()]
    return dict(zip(orders.numbers.tolist(), zip(orders.gross.tolist(), buyers, strict=True), strict=True))


def count_violations(found: Read, broken: Any) -> list[str]:
    """Law 1: accepted + rejected + blank == records, and each is what the truth says."""
    account, what = found.account, Counter(fate.what for fate in broken.fates)
    accepted, blank = what.pop("accepted", 0), what.pop("blank", 0)
    expected = (len(broken.fates), accepted, what.total(), blank)
    counts = (account.records, account.accepted, account.rejected, account.blank)
    complaints = [] if counts == expected else [f"counts {counts}, truly {expected}"]
    if account.accepted + account.rejected + account.blank != account.records:
        complaints.append(f"{counts} do not add up")
    return complaints


def order_violations(found: Read, broken: Any) -> list[str]:
    """Law 2: the orders are the accepted records, with their money and buyers, and no others."""
    truth = {f.number: (f.gross, f.buyer) for f in broken.fates if f.what == "accepted"}
    numbers = sorted(truth.keys() | found.orders.keys())
    return [
        f"order {n}: {found.orders.get(n)}, truly {truth.get(n)}"
        for n in numbers
        if found.orders.get(n) != truth.get(n)
    ]


def place_violations(found: Read, broken: Any) -> list[str]:
    """Law 3: each rejection names file, record, first and last line, and why, as they truly are."""
    rejected = [p for p in found.account.problems if p.severity is Severity.REJECTED]
    told = sorted((p.record or 0, p.first_line or 0, p.last_line or 0, p.code) for p in rejected)
    truth = sorted(
        (f.record, f.first_line, f.last_line, f.what)
        for f in broken.fates
        if f.what not in {"accepted", "blank"}
    )
    complaints = [f"told {one}" for one in told if one not in truth]
    complaints += [f"not told {one}" for one in truth if one not in told]
    complaints += [f"told twice {one}" for one, times in Counter(told).items() if times > 1]
    return complaints + [f"no file or message: {p!r}" for p in rejected if not says_where(p, broken.path)]


def says_where(problem: Any, path: Path) -> bool:
    """Say whether a problem names the file and has a message that a person sees with its line."""
    shown = f"line {problem.first_line}" in str(problem) or f"lines {problem.first_line}-" in str(problem)
    return bool(problem.source.endswith(path.name) and len(problem.message) > 10 and shown)


def violations(found: Read, broken: Any) -> list[str]:
    """List what breaks any of the laws."""
    laws = (count_violations, order_violations, place_violations)
    return [f"{broken.path.name}: {text}" for law in laws for text in law(found, broken)]


def check_all(folder: Path, make: MakeBroken, seeds: range, mapping: Any) -> None:
    """Write, read and read again one file a seed; every file must keep every law."""
    complaints: list[str] = []
    for seed in seeds:
        broken = make(folder, seed)
        found = read(broken.path, mapping)
        wrong = violations(found, broken)
        if seed % READ_AGAIN == 0 and read(broken.path, mapping) != found:
            wrong.append(f"{broken.path.name}: a second reading differs")
        complaints += [f"seed {seed} {sorted(broken.spoilt)}: {text}" for text in wrong]
    assert not complaints, "\n".join(complaints[:20])


@pytest.mark.parametrize("first", range(0, GENERIC_FILES, BATCH))
def test_broken_generic_files(tmp_path: Path, break_generic: MakeBroken, first: int) -> None:
    """Of generic CSVs with every kind of damage each record is taken, rejected with its place, or blank."""
    check_all(tmp_path, break_generic, range(first, first + BATCH), MAPPING)


@pytest.mark.parametrize("first", range(0, TAOBAO_FILES, BATCH))
def test_broken_taobao_reports(tmp_path: Path, break_taobao: MakeBroken, first: int) -> None:
    """Of order reports in GB18030 and UTF-8 each record is taken, rejected with its place, or blank."""
    check_all(tmp_path, break_taobao, range(first, first + BATCH), None)


def test_every_kind_of_damage_occurs(
    tmp_path: Path, break_generic: MakeBroken, break_taobao: MakeBroken, all_kinds: frozenset[str]
) -> None:
    """Both sets of files have every kind of damage, several times, and records of every fate."""
    for make, files in ((break_generic, GENERIC_FILES), (break_taobao, TAOBAO_FILES)):
        made = [make(tmp_path, seed) for seed in range(files)]
        kinds = Counter(kind for broken in made for kind in broken.spoilt)
        assert kinds.keys() == all_kinds
        assert min(kinds.values()) >= 30
        fates = Counter(fate.what for broken in made for fate in broken.fates)
        assert min(fates.values()) >= 100, fates
        assert any(f.last_line > f.first_line for broken in made for f in broken.fates)


@pytest.fixture
def sound(tmp_path: Path, break_generic: MakeBroken) -> tuple[Read, Any]:
    """Give a reading of a broken file that keeps every law, with a rejection and a blank."""
    for seed in range(150):
        broken = break_generic(tmp_path, seed)
        what = {fate.what for fate in broken.fates}
        if "blank" in what and "accepted" in what and len(what) > 2:
            found = read(broken.path, MAPPING)
            assert not violations(found, broken)
            return found, broken
    pytest.fail("no file has both")


def with_problem(found: Read, **changes: Any) -> Read:
    """Change the first problem of a reading."""
    first, *rest = found.account.problems
    changed = (attrs.evolve(first, **changes), *rest)
    return attrs.evolve(found, account=attrs.evolve(found.account, problems=changed))


@pytest.mark.parametrize(
    "changes",
    [
        {"first_line": 1}, {"last_line": 9_999}, {"record": 9_999}, {"code": "amount?"},
        {"source": "another.csv"}, {"message": ""},
    ],
    ids=lambda changes: next(iter(changes)),
)  # fmt: skip
def test_a_wrong_place_is_noticed(sound: tuple[Read, Any], changes: dict[str, Any]) -> None:
    """The checker sees one wrong line, record, code, file or message."""
    found, broken = sound
    assert place_violations(with_problem(found, **changes), broken)


def test_a_lost_or_doubled_rejection_is_noticed(sound: tuple[Read, Any]) -> None:
    """The checker sees a rejection that is not told, and one that is told twice."""
    found, broken = sound
    first, *rest = found.account.problems
    for problems in (tuple(rest), (first, first, *rest)):
        changed = attrs.evolve(found, account=attrs.evolve(found.account, problems=problems))
        assert place_violations(changed, broken)


@pytest.mark.parametrize("name", ["records", "accepted", "rejected", "blank"])
def test_a_wrong_count_is_noticed(sound: tuple[Read, Any], name: str) -> None:
    """The checker sees a count that is off by one."""
    found, broken = sound
    account = attrs.evolve(found.account, **{name: getattr(found.account, name) + 1})
    assert count_violations(attrs.evolve(found, account=account), broken)


def test_a_wrong_order_is_noticed(sound: tuple[Read, Any]) -> None:
    """The checker sees an order that is missing, made up, a cent dearer, or somebody else's."""
    found, broken = sound
    number, (gross, buyer) = next(iter(found.orders.items()))
    rest = {n: facts for n, facts in found.orders.items() if n != number}
    wrongs = (
        rest,
        found.orders | {"1.93E+15": (gross, buyer)},
        rest | {number: (gross + 1, buyer)},
        rest | {number: (gross, "x")},
    )
    for orders in wrongs:
        assert order_violations(attrs.evolve(found, orders=orders), broken)


def test_a_second_reading_that_differs_is_noticed(sound: tuple[Read, Any]) -> None:
    """Two readings are equal only if accounts, problems and orders are."""
    found, _ = sound
    assert found == attrs.evolve(found)
    assert found != with_problem(found, first_line=1)
    assert found != attrs.evolve(found, orders={})


def test_a_rejected_buyer_is_not_shown(tmp_path: Path, break_generic: MakeBroken) -> None:
    """A buyer cell that is no text is rejected without being quoted: it could be personal."""
    problems = [
        problem
        for seed in range(150)
        if "undecodable bytes" in (broken := break_generic(tmp_path, seed)).spoilt
        for problem in read(broken.path, MAPPING).account.problems
        if problem.code == "encoding"
    ]
    assert len(problems) > 5
    assert {(p.column, p.value) for p in problems} == {("Customer", None)}


@pytest.fixture
def one_bad_byte(tmp_path: Path) -> Path:
    """Give a file of 30 good records in plain ASCII and a last one with a byte that is no character."""
    good = b"".join(b"N%d,ann,2024-01-01 10:00:00,5.00\n" % n for n in range(30))
    path = tmp_path / "orders.csv"
    path.write_bytes(HEADER + good + b"X,caf\xff,2024-01-01 10:00:00,5.00\n")
    return path


def test_one_bad_byte_costs_its_own_record(one_bad_byte: Path) -> None:
    """A stray byte in an otherwise plain file refuses no other record."""
    found = read(one_bad_byte, MAPPING)
    assert (found.account.accepted, found.account.rejected) == (30, 1)
    assert [(p.first_line, p.code) for p in found.account.problems] == [(32, "encoding")]


def test_a_file_whose_encoding_is_said(one_bad_byte: Path) -> None:
    """A mapping that says the encoding lets the other records in: one bad byte costs its own record."""
    found = read(one_bad_byte, MAPPING | {"file": {"encoding": "utf-8"}})
    assert (found.account.accepted, found.account.rejected) == (30, 1)
    assert [(p.first_line, p.code) for p in found.account.problems] == [(32, "encoding")]


@pytest.mark.parametrize("budget", [None, 1 << 20])
@pytest.mark.parametrize("body", [b"", b"\n", b",,,\n", b"N1,ann,2024-01-01,bad\n"])
def test_a_file_without_one_good_record(tmp_path: Path, body: bytes, budget: int | None) -> None:
    """A shop whose only file has no good record has no order and nobody to score, and still answers."""
    path = tmp_path / "orders.csv"
    path.write_bytes(HEADER + body)
    with open_shop(memory_budget=budget) as shop:
        assert shop.imports.files(path, mapping=MAPPING).accepted == 0
        assert [len(part) for part in shop.insight.parts()] == [0]
        assert len(shop.insight.score("2024-02-01")) == 0


def each_alone(folder: Path, rows: list[bytes]) -> list[Any]:
    """Read each row in a file of its own, beside a good one: what became of it, and its facts."""
    found = []
    for row in rows:
        path = folder / "alone.csv"
        path.write_bytes(HEADER + b"P,ann,2024-01-01 10:00:00,5.00\n" + row)
        one = read(path, MAPPING)
        found.append((one.orders.get(row.split(b",")[0].decode()), [p.code for p in one.account.problems]))
    return found


def together(folder: Path, rows: list[bytes]) -> list[Any]:
    """Read all rows in one file: the same of each."""
    path = folder / "together.csv"
    path.write_bytes(HEADER + b"".join(rows))
    one = read(path, MAPPING)
    codes = {n: [p.code for p in one.account.problems if p.record == n] for n in range(1, len(rows) + 1)}
    return [(one.orders.get(row.split(b",")[0].decode()), codes[n]) for n, row in enumerate(rows, 1)]


def test_neighbours_do_not_change_a_record(tmp_path: Path) -> None:
    """Odd amounts and times are read alike beside a plain record, and amid each other (slower paths)."""
    rows = [b"A%d,ann,2024-01-01 10:00:00,%s\n" % (n, text.encode()) for n, text in enumerate(ODD_AMOUNTS)]
    rows += [b"T%d,ann,%s,5.00\n" % (n, text.encode()) for n, text in enumerate(ODD_TIMES)]
    assert together(tmp_path, rows) == each_alone(tmp_path, rows)


@pytest.mark.parametrize(("text", "cents"), [*ODD_AMOUNTS.items()])
def test_odd_amounts(tmp_path: Path, text: str, cents: int | None) -> None:
    """An amount is what a person would read, or it is refused: never a guess."""
    (found,) = each_alone(tmp_path, [b"A,ann,2024-01-01 10:00:00,%s\n" % text.encode()])
    expected: Any = (None, ["amount"]) if cents is None else ((cents, "ann"), [])
    assert found == expected


@pytest.mark.parametrize("budget", [None, 1 << 20])
@pytest.mark.parametrize("name", ["order report", "item report", "refund report"])
def test_a_report_without_one_good_record(tmp_path: Path, name: str, budget: int | None) -> None:
    """A report whose every record is rejected takes nothing from a shop that has a good one."""
    good, bad = tmp_path / "ExportOrderList202407010000.csv", tmp_path / "ExportOrderList202407020000.csv"
    order = "1001,小明,10.00,10.00,交易成功,2024-01-01 10:00:00,2024-01-01 10:00:00,0\r\n"
    good.write_text(REPORTS["order report"][0] + order, "gb18030", newline="")
    bad.write_text("".join(REPORTS[name]), "gb18030", newline="")
    with open_shop(memory_budget=budget) as shop:
        assert shop.imports.files(bad).rejected == 1
        assert [len(part) for part in shop.insight.parts()] == [0]
        assert shop.imports.files(good).accepted == 1
        assert shop.insight.score("2024-02-01").customer_ids.tolist() == ["小明"]
