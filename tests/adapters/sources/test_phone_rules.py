"""Phone numbers read many at a time say what the rules of each country say one by one."""

from __future__ import annotations

import re
from typing import Any, Final

import phonenumbers
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retailcrm.adapters.sources import phones
from retailcrm.adapters.sources.phone_rules import certain_forms

REGIONS: Final = sorted(phonenumbers.SUPPORTED_REGIONS)
KINDS: Final = (
    *("premium_rate", "toll_free", "shared_cost", "voip", "personal_number", "pager", "uan", "voicemail"),
    *("fixed_line", "mobile"),
)


def metadata(region: str) -> Any:
    """What the rules say of a region."""
    return phonenumbers.PhoneMetadata.metadata_for_region(region, None)


def examples(region: str) -> list[str]:
    """One national number of each kind that a region has."""
    found = [getattr(metadata(region), kind) for kind in KINDS]
    return [kind.example_number for kind in found if kind is not None and kind.example_number]


@st.composite
def written(draw: st.DrawFn, home: str) -> str:
    """A number of some country, perhaps with wrong digits, as somebody at home might write it."""
    region = draw(st.sampled_from([home, *REGIONS]))
    digits = list(draw(st.sampled_from(examples(region))))
    for _ in range(draw(st.integers(0, 3))):
        digits[draw(st.integers(0, len(digits) - 1))] = draw(st.sampled_from("0123456789"))
    number, rules = "".join(digits), metadata(region)
    code, trunk = str(rules.country_code), rules.national_prefix or "0"
    before = draw(
        st.sampled_from(
            ["", "+" + code, "+" + code, trunk, code, "00" + code, f"+{code}{trunk}", f"+ {code}"]
        )
    )
    parts = (draw(st.sampled_from(["", "", " ", "-", ".", "(", ") "])) + d for d in number)
    return str(before + "".join(parts))


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_what_is_certain_is_what_the_rules_say(data: st.DataObject) -> None:
    """The form of a valid number; no form for one that is not, which stays as it is."""
    home = data.draw(st.sampled_from(["CN", "US", "GB", "CA", "RU", "JP", "BR", "IT", *REGIONS]))
    texts = data.draw(st.lists(written(home), min_size=1, max_size=12))
    forms, certain = certain_forms(pa.array(texts), home, phonenumbers)
    for text, form, sure in zip(texts, forms.to_pylist(), certain.tolist(), strict=True):
        if sure:
            want = (text, True) if form is None else (form.removeprefix("+86"), False)
            assert phones._canonical(text, home, phonenumbers) == want
        else:
            assert form is None


@pytest.mark.parametrize("region", [r for r in REGIONS if metadata(r).mobile is not None])
def test_mobiles_of_every_region_in_full_are_certain(region: str) -> None:
    """With their country code, but for the few that begin as calls within the country do."""
    mobile, rules = metadata(region).mobile.example_number, metadata(region)
    main = phonenumbers.region_code_for_country_code(rules.country_code)
    text = f"+{rules.country_code}{mobile}"
    forms, certain = certain_forms(pa.array([text]), "CN", phonenumbers)
    trunk = re.match(metadata(main).national_prefix_for_parsing or "(?!)", mobile)
    assert certain.tolist() == [trunk is None and len(text) <= len("+8613800138000")]
    assert forms.to_pylist() == [text if certain[0] else None]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "12",
        "+",
        "18400000000-1234",
        "650 253 0000 ext. 1",
        "６５０２５３００００",
        "+1650253000/1",
        "+++1 650 253 0000",
    ],
)
def test_unusual_texts_are_left_to_the_rules(text: str) -> None:
    """Extensions, lent numbers, several numbers, full-width digits, fragments."""
    forms, certain = certain_forms(pa.array([text]), "US", phonenumbers)
    assert (forms.to_pylist(), certain.tolist()) == ([None], [False])


def test_without_a_known_region_only_full_numbers_are_certain() -> None:
    """A shop may name a country that there is not."""
    forms, certain = certain_forms(pa.array(["+16502530000", "6502530000"]), "XX", phonenumbers)
    assert (forms.to_pylist(), certain.tolist()) == (["+16502530000", None], [True, False])
