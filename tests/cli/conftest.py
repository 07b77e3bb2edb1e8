"""A folder to work in, made-up exports, and the command line called in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

import pytest
from click.testing import CliRunner, Result

from retailcrm.cli.commands import retailcrm

HEADER: Final = "订单编号,买家会员名,买家实际支付金额,总金额,退款金额,订单状态,订单创建时间,订单付款时间\n"
Run = Callable[..., Result]
Order = Callable[..., str]
Export = Callable[..., str]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder, on a screen of 80 columns, with nothing set that changes the output."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("FORCE_COLOR", "NO_COLOR", "RETAILCRM_PASSWORD", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def run() -> Run:
    """Call ``retailcrm`` with arguments; only an exit code may come out of it, never an exception."""

    def called(*arguments: str) -> Result:
        result = CliRunner().invoke(retailcrm, [str(argument) for argument in arguments])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert "Traceback" not in result.output
        return result

    return called


@pytest.fixture
def order() -> Order:
    """Give a function that writes one record of an order report."""

    def written(
        number: int | str,
        buyer: str,
        *,
        paid: str = "10.00",
        state: str = "交易成功",
        at: str = "2024-03-01 10:00:00",
    ) -> str:
        return f'="{number}",{buyer},{paid},{paid},0.00,{state},{at},{at}\n'

    return written


@pytest.fixture
def export() -> Export:
    """Give a function that writes an order report as Taobao does, in GBK."""

    def written(records: Iterable[str], name: str = "orders.csv") -> str:
        Path(name).write_text(HEADER + "".join(records), "gb18030")
        return name

    return written


@pytest.fixture
def three(export: Export, order: Order) -> str:
    """Write an export of three customers with one, two and three orders of 10 yuan each."""
    buyers = ["甲", "乙", "乙", "丙", "丙", "丙"]
    return export(order(1000000000000001 + i, buyer) for i, buyer in enumerate(buyers))


@pytest.fixture
def mostly_masked(export: Export, order: Order) -> str:
    """Write an export of five orders of 10 yuan, four of them with a masked nick."""
    return export(order(1000000000000001 + i, "李四" if not i else "张**") for i in range(5))


@pytest.fixture
def buyers() -> str:
    """Write a file that names the buyer of each of those orders."""
    lines = [f"{1000000000000001 + i},客{i}\n" for i in range(5)]
    Path("buyers.csv").write_text("订单编号,买家\n" + "".join(lines), "utf-8-sig")
    return "buyers.csv"
