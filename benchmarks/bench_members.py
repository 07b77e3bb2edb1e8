"""A member list against a peer: 1,000,000 people, 12 columns, 125 MB of UTF-8.

``python -m benchmarks members --date DATE`` writes the list into a temporary folder and runs the
contenders in turn in one process of their own: our import up to who everybody is; pandas reading the same
file as it comes (phones become floats, dates stay texts); and pandas reading what we read: phones as
texts, dates as dates. The best run of each counts.

A second figure is Shopify's customers export, whose phones are of
many countries.
"""

from __future__ import annotations

import csv
import random
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.measure import measure, write_result

MEMBERS, SHOPIFY = "members.csv", "customers_export.csv"
COLUMNS = {
    "buyer": "会员卡号", "name": "姓名", "gender": "性别", "birthday": "生日",
    "phone": "手机", "email": "邮箱", "joined_at": "入会时间", "level": "等级",
    "points": "积分", "consent_sms": "允许短信", "province": "省份", "city": "城市",
}  # fmt: skip
MAPPING = {
    "name": "members",
    "grain": "customer",
    "columns": COLUMNS,
    "buyer": {"kind": "id", "strength": "stable"},
}
SHOPIFY_HEADER = (
    "Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address Address1,"
    "Default Address City,Default Address Province Code,Default Address Country Code,Default Address Zip,"
    "Phone,Accepts SMS Marketing,Total Spent,Total Orders,Tags\n"
)
SURNAMES, GIVEN = "张王李赵刘陈杨黄周吴", "伟芳娜敏静丽强磊军洋勇艳杰娟涛"
PLACES = (("浙江省", "杭州市"), ("上海市", "上海市"), ("广东省", "广州市"))
PREFIXES = ("138", "139", "150", "186", "177", "135")
ROUNDS = 5


def make(folder: Path, people: int) -> None:
    """Write both lists; every person has a phone and an address of his own."""
    chance = random.Random(1)  # noqa: S311 - a benchmark
    with (folder / MEMBERS).open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(COLUMNS.values())
        rows.writerows(member(i, chance) for i in range(people))
    with (folder / SHOPIFY).open("w", encoding="utf-8", newline="") as file:
        file.write(SHOPIFY_HEADER)
        rows = csv.writer(file, lineterminator="\n")
        rows.writerows(shopify_customer(i, chance) for i in range(people // 5))


def member(i: int, chance: random.Random) -> list[Any]:
    """Make up one member."""
    born = (datetime(1950, 1, 1) + timedelta(days=chance.randrange(20_000))).date()  # noqa: DTZ001 - a day
    joined = datetime(2015, 1, 1) + timedelta(seconds=chance.randrange(3_000 * 86_400))  # noqa: DTZ001 - local
    name = chance.choice(SURNAMES) + chance.choice(GIVEN) + chance.choice(GIVEN)
    phone = f"{chance.choice(PREFIXES)}{chance.randrange(10**8):08}"
    gender, consent = chance.choice(("女", "男", "")), chance.choice(("是", "否", ""))
    level = chance.choice(("普通会员", "银卡", "金卡", "钻石"))
    email, points = f"u{i}@example{i % 50}.com", chance.randrange(20_000)
    place = PLACES[i % len(PLACES)]
    return [f"M{10**7 + i}", name, gender, born, phone, email, joined, level, points, consent, *place]


def shopify_customer(i: int, chance: random.Random) -> list[Any]:
    """Make up one customer of an international shop; a few phones are no numbers of any country."""
    local = chance.randrange(10**6)
    phone = chance.choice(
        (
            f"'+1{chance.choice((212, 312, 415, 604, 650))}{chance.randrange(200, 1000)}{local % 10_000:04}",
            f"({chance.choice((212, 312, 415))}) {chance.randrange(200, 1000)}-{local % 10_000:04}",
            f"'+447{chance.randrange(400, 1000)}{local:06}",
            f"'+8613{chance.randrange(10)}{local:06}{i % 100:02}",
            f"+49 151 {local:06}{i % 100:02}",
        )
    )
    return [
        f"'{6_940_112_000_000 + i}", f"Ann{i}", "Smith", f"ann{i}@example.com", "yes", f"{i} High St",
        "Leeds", "ENG", "GB", f"LS{i % 90} 1AA", phone, "no", "12.50", "1", "vip, new",
    ]  # fmt: skip


def warm(folder: str, name: str) -> str:
    """Give the file's path once it is in the page cache."""
    path = Path(folder) / name
    path.read_bytes()
    return str(path)


def in_turn(path: str) -> dict[str, Any]:
    """Import the list and read it with pandas, several times in turn, so that both have the same machine."""
    import pandas as pd

    from retailcrm import open_shop

    parts: dict[str, list[float]] = {"import": [], "people": [], "pandas": [], "pandas_typed": []}
    for _ in range(ROUNDS):
        start = time.perf_counter()
        frame = pd.read_csv(path)
        parts["pandas"].append(time.perf_counter() - start)
        rows = len(frame)
        del frame
        start = time.perf_counter()
        frame = pd.read_csv(
            path,
            dtype={COLUMNS[name]: "str" for name in ("buyer", "phone")},
            parse_dates=[COLUMNS["birthday"], COLUMNS["joined_at"]],
        )
        parts["pandas_typed"].append(time.perf_counter() - start)
        del frame
        shop = open_shop("memory:")
        start = time.perf_counter()
        shop.imports.files(path, mapping=MAPPING)
        parts["import"].append(time.perf_counter() - start)
        start = time.perf_counter()
        people = shop.imports.kept.beside().people
        parts["people"].append(time.perf_counter() - start)
        if len(people.profiles) != rows:
            raise AssertionError(f"{len(people.profiles)} people in {rows} rows")
        del shop, people
    return {"seconds": parts, "people": rows}


def shopify(path: str) -> dict[str, Any]:
    """Import the customers export, best of three."""
    from retailcrm import open_shop

    seconds = []
    for _ in range(3):
        shop = open_shop("memory:", zone="Europe/London", currency="GBP")
        start = time.perf_counter()
        result = shop.imports.files(path)
        seconds.append(time.perf_counter() - start)
    return {"best_seconds": round(min(seconds), 4), "rows_per_second": round(result.accepted / min(seconds))}


def kept(result: dict[str, Any]) -> dict[str, Any]:
    """Give the whole result: it is small."""
    return result


def main(date: str, people: int = 1_000_000) -> None:
    """Run everything and store the figures."""
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder), people)
        both = measure("members", warm, in_turn, args=(folder, MEMBERS), repeats=1, digest=kept).digest
        export = measure("shopify", warm, shopify, args=(folder, SHOPIFY), repeats=1, digest=kept).digest
    seconds = both["seconds"]
    best = {name: round(min(runs), 4) for name, runs in seconds.items()}
    ours = best["import"] + best["people"]
    ratios = {name: round(ours / best[name], 3) for name in ("pandas", "pandas_typed")}
    ratios["import_only"] = round(best["import"] / best["pandas"], 3)
    print(f"{people} members: {best}")
    print(f"  times as long: {ratios}; Shopify customers: {export['rows_per_second']} rows/s")
    results = {"people": people, "best_seconds": best, "ratios": ratios, "shopify_customers": export}
    write_result("members", date, results, ("retailcrm-core", "pandas", "pyarrow", "numpy", "phonenumbers"))
