"""Golden files: twins are written once, compared for ever, and never missing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retailcrm.adapters.sources.taobao import Taobao
from retailcrm.errors import InputError
from retailcrm.testing import golden
from retailcrm.testing.__main__ import main

if TYPE_CHECKING:
    from pathlib import Path

HEADER = "订单编号,买家会员名,总金额,买家实际支付金额,订单状态,订单创建时间,订单付款时间 \n"
RECORD = "193000000000064{n},小明,{yuan}.00,{yuan}.00,交易成功,2024-03-01 10:00:00,2024-03-01 10:01:00\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder with one sample of two orders."""
    (tmp_path / "ExportOrderList202403252230.csv").write_text(
        HEADER + RECORD.format(n=1, yuan=5) + RECORD.format(n=2, yuan=7), "utf-8"
    )
    return tmp_path


def test_a_twin_is_written_once_and_holds(folder: Path) -> None:
    """What was generated is as expected; a second time there is nothing to write."""
    (twin,) = golden.generate(folder, Taobao())
    rows = json.loads(twin.read_text("utf-8"))["tables"][0]["rows"]["orders"]
    assert [(row["record"], row["paid"], row["paid_at"]) for row in rows] == [
        (1, 500, "2024-03-01T02:01:00"),
        (2, 700, "2024-03-01T02:01:00"),
    ]
    assert golden.check(folder, Taobao()) == ()
    assert golden.generate(folder, Taobao()) == ()
    assert golden.generate(folder, Taobao(), again=True) == (twin,)


def test_a_change_is_named_by_its_place(folder: Path) -> None:
    """The sample, the row, the column, both values."""
    (twin,) = golden.generate(folder, Taobao())
    twin.write_text(twin.read_text("utf-8").replace("700", "701"), "utf-8")
    found = golden.check(folder, Taobao())
    assert "ExportOrderList202403252230.csv: tables.0.rows.orders.1.total is 700, expected 701" in found


def test_a_sample_without_a_twin_is_refused(folder: Path) -> None:
    """It would be tested against nothing."""
    with pytest.raises(InputError, match=r"has no .*expected\.json"):
        golden.check(folder, Taobao())


def test_a_twin_without_its_sample_is_refused(folder: Path) -> None:
    """Somebody renamed or deleted a sample."""
    (folder / "gone.csv.expected.json").write_text("{}", "utf-8")
    with pytest.raises(InputError, match=r"gone.csv.expected.json is the twin of a sample that is not there"):
        golden.samples(folder)


def test_notes_and_mappings_are_no_samples(folder: Path) -> None:
    """A README beside the samples is none."""
    for name in ("README.md", "mapping.toml", ".hidden"):
        (folder / name).write_text("x", "utf-8")
    assert [path.name for path in golden.samples(folder)] == ["ExportOrderList202403252230.csv"]


_json = st.recursive(
    st.none() | st.integers(-3, 3) | st.sampled_from("ab"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("xyz"), inner, max_size=3),
    max_leaves=8,
)


@given(_json, _json)
def test_values_differ_only_if_they_are_unequal(one: Any, other: Any) -> None:
    """Equal values differ nowhere, unequal ones somewhere (a missing entry counts as none)."""
    assert golden.differ(one, one) == []
    if _filled(one) != _filled(other):
        assert golden.differ(one, other)


def _filled(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _filled(inner) for key, inner in value.items() if _filled(inner) is not None} or {}
    return [_filled(inner) for inner in value] if isinstance(value, list) else value


def test_the_command_generates_and_tests(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """0 as expected, 1 different, 2 a wrong question."""
    assert main(["test", "taobao", str(folder)]) == 2
    assert "tested against nothing" in capsys.readouterr().err
    assert main(["generate", "taobao", str(folder)]) == 0
    assert "look through it" in capsys.readouterr().out
    assert main(["test", "taobao", str(folder)]) == 0
    (twin,) = folder.glob("*.json")
    twin.write_text(twin.read_text("utf-8").replace("700", "701"), "utf-8")
    assert main(["test", "taobao", str(folder)]) == 1
    assert main(["test", "amazonia", str(folder)]) == 2
    assert "no source 'amazonia'" in capsys.readouterr().err
