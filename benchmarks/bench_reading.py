"""Reading against a peer on the same files: a GBK order report, a clean CSV, a line-grain file.

``python -m benchmarks reading DATE [orders]`` makes the files with our own simulator in a temporary
folder, runs each contender in its own process, asserts that both come to the same figures, and stores
``results/reading.json``. The line-grain file is the real Online Retail one, if RETAILCRM_DATA is set.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.measure import Measured, measure, write_result

ROOT = Path(__file__).parents[1]
REPORT, CLEAN = "ExportOrderList202407010000.csv", "orders.csv"
AS_OF = "2024-07-01"
MAPPING = {
    "name": "clean",
    "grain": "order",
    "columns": {
        "number": "order_id",
        "buyer": "customer_id",
        "placed_at": "ordered_at",
        "paid_at": "paid_at",
        "state": "state",
        "total": "amount",
        "refunded": "refunded",
        "province": "province",
        "city": "city",
    },
    "buyer": {"kind": "id", "strength": "stable"},
    "states": {n: n for n in ("placed", "paid", "shipped", "received", "completed", "closed", "refunded")},
}


def make(folder: Path, orders: int) -> None:
    """Write the two files."""
    from retailcrm.simulate import ShopSpec, simulate_shop, write_order_report, write_orders_csv

    shop = simulate_shop(ShopSpec.of_orders(7, orders))
    write_order_report(shop, folder / REPORT)
    write_orders_csv(shop, folder / CLEAN)


def path_of(folder: str, name: str) -> str:
    """Give the file; reading it once here lets both contenders find it in the page cache."""
    path = Path(folder) / name
    with path.open("rb") as file:
        while file.read(1 << 24):
            pass
    return str(path)


def ours_report(path: str) -> Any:
    """Read the order report into our order table."""
    from retailcrm import open_shop

    shop = open_shop("memory:")
    shop.imports.files([path])
    return next(shop.insight.parts())


def digest_ours(orders: Any) -> Any:
    """Reduce the order table to figures that the peer can be held to."""
    import numpy as np

    return {
        "orders": len(orders),
        "buyers": len(orders.customers),
        "gross": int(orders.gross.sum()),
        "refunded": int(orders.refunded.sum()),
        "states": np.bincount(orders.state, minlength=8).tolist(),
        "placed": int(orders.placed_at.astype("int64").sum() % 2**53),
        "paid_at": int(orders.paid_at[~np.isnat(orders.paid_at)].astype("int64").sum() % 2**53),
        "provinces": len(set(orders.province.tolist())),
    }


STATES = {
    "等待买家付款": 1,
    "买家已付款，等待卖家发货": 2,
    "卖家已发货，等待买家确认": 3,
    "买家已签收": 4,
    "交易成功": 5,
    "交易关闭": 6,
    "付款以后用户退款成功，交易自动关闭": 7,
}
WANTED = [
    *("订单编号", "买家会员名", "总金额", "买家实际支付金额", "订单状态", "收货地址"),
    *("订单创建时间", "订单付款时间", "退款金额", "确认收货时间"),
]


def pandas_report(path: str) -> Any:
    """Do the same cleaning with pandas: columns by name, texts first, then typed."""
    import pandas as pd

    with open(path, encoding="gb18030") as file:  # noqa: PTH123 - only the header
        header = [name.strip().strip('"').strip() for name in file.readline().split(",")]
    frame = pd.read_csv(
        path, encoding="gb18030", dtype=str, header=0, names=header, usecols=WANTED, keep_default_na=False
    )
    number = frame["订单编号"].str.removeprefix('="').str.removesuffix('"')
    out = pd.DataFrame({"number": number})
    for name, column in (("total", "总金额"), ("paid", "买家实际支付金额"), ("refunded", "退款金额")):
        out[name] = pandas_minor(frame[column])
    times = {"placed_at": "订单创建时间", "paid_at": "订单付款时间", "completed_at": "确认收货时间"}
    for name, column in times.items():
        local = pd.to_datetime(frame[column].replace("", None), format="%Y-%m-%d %H:%M:%S")
        out[name] = local.dt.tz_localize("Asia/Shanghai").dt.tz_convert("UTC")
    state = frame["订单状态"].str.strip().map(STATES).fillna(0).astype("int8")
    state[(state == 6) & out["paid_at"].notna()] = 7
    out["state"] = state
    net = (out["paid"] == out["total"] - out["refunded"])[out["refunded"] > 0].mean() >= 0.5
    gross = out["paid"] + (out["refunded"] if net else 0)
    gross = gross.mask(state.isin([1, 6]), out["total"])
    gross = gross.mask((state == 7) & (gross <= 0), out["total"])
    out["gross"], out["refunded"] = gross, out["refunded"].mask(state == 7, gross)
    nick = frame["买家会员名"].str.strip()
    nick = nick.mask(nick.str.contains("**", regex=False) | (nick == ""))
    out["buyer"], buyers = pd.factorize(nick)
    places = frame["收货地址"].str.split(" ", n=2, expand=True)
    out["province"], out["city"] = places[0].astype("category"), places[1].astype("category")
    out = out.drop_duplicates("number", keep="last")
    return out, buyers


def pandas_minor(texts: Any) -> Any:
    """Turn decimal texts into whole minor units."""
    import pandas as pd

    numbers = pd.to_numeric(texts.replace({"": "0", "null": "0", "无退款申请": "0"}))
    return (numbers * 100).round().astype("int64")


def digest_pandas(result: Any) -> Any:
    """Reduce the frame to the same figures."""
    frame, buyers = result
    micro = "datetime64[us, UTC]"
    return {
        "orders": len(frame),
        "buyers": len(buyers),
        "gross": int(frame["gross"].sum()),
        "refunded": int(frame["refunded"].sum()),
        "states": [int((frame["state"] == s).sum()) for s in range(8)],
        "placed": int(frame["placed_at"].astype(micro).astype("int64").sum() % 2**53),
        "paid_at": int(frame["paid_at"].dropna().astype(micro).astype("int64").sum() % 2**53),
        "provinces": int(frame["province"].nunique()),
    }


def ours_scores(path: str) -> Any:
    """Read the clean CSV and score every customer."""
    from retailcrm import open_shop

    shop = open_shop("memory:")
    shop.imports.files([path], mapping=MAPPING)
    return shop.insight.score(AS_OF)


def digest_scores(scores: Any) -> Any:
    """Reduce the scores to figures that the peer can be held to."""
    summary = scores.summary
    return {
        "customers": len(summary),
        "orders": int(summary.orders.sum()),
        "days": int(summary.purchase_days.sum()),
        "net": int(summary.net.sum()),
        "r": [int((scores.rfm.r == k).sum()) for k in range(1, 6)],
    }


QUERY = """
with orders as (
    select customer_id, coalesce(paid_at, ordered_at) as bought, amount - refunded as net
    from read_csv('{path}')
    where state in ('paid', 'shipped', 'received', 'completed')
      and coalesce(paid_at, ordered_at) < timestamp '2024-07-01 00:00:00'
      and not (amount > 0 and refunded >= amount)
), summary as (
    select customer_id, count(*) as orders, count(distinct bought::date) as days, min(bought) as first_at,
           max(bought) as last_at, sum(net)::decimal(18, 2) as net,
           date_diff('day', max(bought)::date, date '2024-07-01') as days_since_last
    from orders group by customer_id
), cuts as (
    select quantile_disc(-days_since_last, [0.2, 0.4, 0.6, 0.8]) as r,
           quantile_disc(orders, [0.2, 0.4, 0.6, 0.8]) as f, quantile_disc(net, [0.2, 0.4, 0.6, 0.8]) as m
    from summary
)
select summary.*,
       1 + len(list_filter(cuts.r, lambda c: -days_since_last > c)) as r,
       1 + len(list_filter(cuts.f, lambda c: orders > c)) as f,
       1 + len(list_filter(cuts.m, lambda c: net > c)) as m
from summary, cuts
"""


def duckdb_scores(path: str) -> Any:
    """Read and aggregate the same file with DuckDB on two threads, to the same scores."""
    import duckdb

    connection = duckdb.connect(config={"threads": 2})
    return connection.execute(QUERY.format(path=path)).to_arrow_table()


def digest_duckdb(result: Any) -> Any:
    """Reduce DuckDB's table to the same figures."""
    table = result.read_all() if hasattr(result, "read_all") else result
    frame = table.to_pandas()
    return {
        "customers": len(frame),
        "orders": int(frame["orders"].sum()),
        "days": int(frame["days"].sum()),
        "net": int(sum(frame["net"]) * 100),
        "r": [int((frame["r"] == k).sum()) for k in range(1, 6)],
    }


def ours_lines(path: str) -> Any:
    """Read the real line-grain file and score every customer."""
    from retailcrm import open_shop

    shop = open_shop("memory:", zone="Europe/London", currency="GBP")
    shop.imports.files([path], mapping=ROOT / "examples" / "mappings" / "online_retail.toml")
    return shop.insight.score("2011-12-10")


def pandas_lines(path: str) -> Any:
    """Only read the same file with pandas."""
    import pandas as pd

    return pd.read_csv(path)


def pair(name: str, ours: Measured, peer: Measured, *, same: bool) -> dict[str, Any]:
    """Give both figures and their ratio."""
    if same and ours.digest != peer.digest:
        raise AssertionError(f"{name}: {ours.digest} != {peer.digest}")
    ratio = peer.median / ours.median
    memory = ours.peak_rss_mb / peer.peak_rss_mb
    print(f"{name}: ours {ours.median:.2f} s, {peer.name} {peer.median:.2f} s")
    print(f"  {ratio:.2f}x faster, memory {memory:.2f}x")
    return {
        "retailcrm": ours.to_dict(),
        peer.name: peer.to_dict(),
        "times_faster": round(ratio, 3),
        "memory_ratio": round(memory, 3),
        "figures": ours.digest,
    }


def main(date: str, orders: int = 2_000_000) -> None:
    """Run everything and store the figures."""
    results: dict[str, Any] = {"orders": orders}
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder), orders)
        args = (folder, REPORT)
        ours = measure("retailcrm", path_of, ours_report, args=args, repeats=3, digest=digest_ours)
        peer = measure("pandas", path_of, pandas_report, args=args, repeats=3, digest=digest_pandas)
        results["gbk_order_report"] = pair("GBK order report", ours, peer, same=True)
        ours = measure("retailcrm", path_of, ours_scores, args=(folder, CLEAN), digest=digest_scores)
        peer = measure("duckdb", path_of, duckdb_scores, args=(folder, CLEAN), digest=digest_duckdb)
        results["clean_csv_to_scores"] = pair("clean CSV to scores", ours, peer, same=True)
    data = os.environ.get("RETAILCRM_DATA")
    if data:
        args = (data, "online_retail.csv.gz")
        ours = measure("retailcrm", path_of, ours_lines, args=args, digest=digest_scores)
        peer = measure("pandas", path_of, pandas_lines, args=args)
        name = "Online Retail to scores (pandas only reads)"
        results["online_retail_to_scores"] = pair(name, ours, peer, same=False)
    write_result("reading", date, results, ("retailcrm-core", "pandas", "duckdb", "pyarrow", "numpy"))
