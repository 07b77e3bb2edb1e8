"""Phone numbers in one form, the quick way and by the rules of each country."""

from __future__ import annotations

import sys
from typing import Final

import phonenumbers
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retailcrm.adapters.sources import phones
from retailcrm.adapters.sources.phones import phone_texts, quick_phones
from retailcrm.errors import MissingExtraError

FORMS: Final = [
    ("13800138000", "CN", "13800138000"),
    ("+86 138-0013-8000", "CN", "13800138000"),
    ("8613800138000", "CN", "13800138000"),
    ("+8613800138000", "US", "13800138000"),
    ("008613800138000", "CN", "13800138000"),
    ("１３８００１３８０００", "CN", "13800138000"),
    ("0571-8888 8888", "CN", "57188888888"),
    ("400-800-1234", "CN", "4008001234"),
    ("+1 (650) 253-0000", "CN", "+16502530000"),
    ("(650) 253-0000", "US", "+16502530000"),
    ("020 7946 0958", "GB", "+442079460958"),
]


@pytest.mark.parametrize(("text", "region", "want"), FORMS)
def test_a_number_has_one_form_however_it_is_written(text: str, region: str, want: str) -> None:
    """E.164 by the shop's country, Chinese numbers without their code; read again in China it is the same."""
    for written, country in ((text, region), (want, "CN")):
        found, bad = phone_texts(pa.array([written]), country)
        assert (found.to_pylist(), bad.tolist()) == ([want], [False])


@pytest.mark.parametrize(
    "text", ["138****8000", "1380013＊＊＊＊", "18400000000-1234", "18400000000转1234", "0571-88888888 x12"]
)
def test_hidden_and_lent_numbers_are_no_mistakes(text: str) -> None:
    """A masked number or one with an extension stays as it is."""
    found, bad = phone_texts(pa.array([text]), "CN")
    assert (found.to_pylist(), bad.tolist()) == ([text], [False])


@pytest.mark.parametrize(
    "text", ["12", "95588", "无", "13800138000/13900139000", "12800138000", "1380013800", "9" * 400]
)
def test_what_is_no_number_is_marked_and_kept(text: str) -> None:
    """A person has to look at it; nothing is lost."""
    found, bad = phone_texts(pa.array(["13800138000", text, None]), "CN")
    assert (found.to_pylist(), bad.tolist()) == (["13800138000", text, None], [False, True, False])


def test_nothing_is_read_of_nothing() -> None:
    """Empty columns and columns of nulls need no rules."""
    for texts in (pa.array([], pa.string()), pa.array([None, None], pa.string())):
        for region in ("CN", "US"):
            found, bad = phone_texts(texts, region)
            assert (found.to_pylist(), bad.tolist()) == (texts.to_pylist(), [False] * len(texts))


chinese = st.builds(
    lambda code, head, tail: f"{code}{head}{tail:07d}",
    st.sampled_from(["", "", "86", "+86", "0086", "0"]),
    st.integers(1000, 1999),
    st.integers(0, 9_999_999),
)


@given(st.lists(st.one_of(st.none(), chinese, st.text("0123456789+-() 转*", max_size=14)), max_size=12))
def test_the_quick_way_is_the_slow_way(texts: list[str | None]) -> None:
    """What the pattern of plain mobiles takes, the rules of the country read the same."""
    found, bad = phone_texts(pa.array(texts, pa.string()), "CN")
    want = [(None, False) if text is None else phones._canonical(text, "CN", phonenumbers) for text in texts]
    assert list(zip(found.to_pylist(), bad.tolist(), strict=True)) == want


def test_every_quick_prefix_is_allowed_by_the_rules() -> None:
    """Each beginning of four digits, with the least and the greatest of the rest."""
    numbers = [f"{head}{tail}" for head in range(1000, 2000) for tail in ("0000000", "9999999")]
    quick = [number for number in numbers if quick_phones(pa.array([number.encode()]), "CN") is not None]
    assert len(quick) > 500
    assert [n for n in quick if phones._canonical(n, "CN", phonenumbers) != (n, False)] == []


def test_a_column_is_quick_only_if_all_of_it_is() -> None:
    """Mobiles and empty cells of a Chinese shop; anything else takes the longer way."""
    raw = pa.array([b"13800138000", b"", b"13900139000"])
    quick = quick_phones(raw, "CN")
    assert quick is not None
    assert (quick[0].tolist(), quick[1].tolist()) == (
        ["13800138000", "", "13900139000"],
        [False, True, False],
    )
    assert quick_phones(raw, "US") is None
    for other in (b"138 0013 8000", b"02088888888", b"+8613800138000", "一".encode()):
        assert quick_phones(pa.array([b"13800138000", other]), "CN") is None


def test_without_the_rules_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain mobiles need no package; other numbers say which extra brings it."""
    monkeypatch.setitem(sys.modules, "phonenumbers", None)
    assert phone_texts(pa.array(["13800138000"]), "CN")[0].to_pylist() == ["13800138000"]
    with pytest.raises(MissingExtraError, match=r"retailcrm-core\[shop\]"):
        phone_texts(pa.array(["0571-88888888"]), "CN")
