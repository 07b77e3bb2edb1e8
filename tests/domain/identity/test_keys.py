"""How far keys can be trusted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retailcrm.domain.identity import (
    KIND_STRENGTH,
    Identity,
    IdentityKind,
    OrderRef,
    Strength,
    normalised,
    phone_name_key,
    strength_of,
)
from retailcrm.errors import InputError, SettingsError

MASKED_OR_BORROWED = [
    ("nick", "t**1"),
    ("nick", "摈＊＊唉"),
    ("nick", "null"),
    ("nick", "NULL"),
    ("nick", "-"),
    ("nick", " \t"),
    ("nick", ""),
    ("jd_pin", "jd_****f3"),
    ("email", "a***@example.com"),
    ("email", "not an address"),
    ("phone", "138****1234"),
    ("phone", "138*1234567"),
    ("phone", "18400000000-1234"),
    ("phone", "１８４００００００００－１２３４"),
    ("phone", "+86 18400000000-1234"),
    ("phone", "86-18400000000-1234"),
    ("phone", "18400000000ext1234"),
    ("phone", "18400000000 ext. 1234"),
    ("phone", "18400000000转1234"),
    ("phone", "13800138000,13900139000"),
    ("phone", "13800138000/13900139000"),
    ("phone", "00000000000"),
    ("phone", "110"),
    ("phone", "无"),
    ("id", "1.93068E+15"),
    ("shopify_id", "5E15"),
    ("oaid", "abcdefabcdef"),
    ("name", "张三"),
    ("contact", "a***@example.com"),
    ("contact", "ann＠example.com"),
    ("contact", "138****1234"),
    ("contact", "18400000000-1234"),
    ("contact", "Ann"),
    ("contact", ""),
]


class TestStrength:
    """What may count as a customer."""

    @pytest.mark.parametrize(("kind", "value"), MASKED_OR_BORROWED)
    def test_masked_borrowed_and_blank_values_are_worth_nothing(self, kind: str, value: str) -> None:
        """None of them tells people apart, whatever the source declares."""
        assert strength_of(kind, value) is Strength.NONE
        assert strength_of(kind, value, Strength.STABLE) is Strength.NONE

    @pytest.mark.parametrize(
        ("kind", "value", "strength"),
        [
            ("nick", "小明", Strength.STABLE),
            ("nick", "tb*king", Strength.STABLE),
            ("open_uid", "AAEwEwCeAAB", Strength.STABLE),
            ("jd_pin", "jd_4f3a", Strength.STABLE),
            ("shopify_id", "7210448301122", Strength.STABLE),
            ("id", "17850", Strength.STABLE),
            ("email", "ann@example.com", Strength.STABLE),
            ("phone", "13800138000", Strength.WEAK),
            ("phone", "'13800138000", Strength.WEAK),
            ("phone", "0571-88888880", Strength.WEAK),
            ("phone", "+1 (415) 555-0123", Strength.WEAK),
            ("phone_name", "5f0c" * 16, Strength.WEAK),
            ("contact", "Ann@Example.com", Strength.STABLE),
            ("contact", "'+1 (415) 555-0123", Strength.WEAK),
        ],
    )
    def test_real_values_have_the_strength_of_their_kind(
        self, kind: str, value: str, strength: Strength
    ) -> None:
        """Accounts are stable, telephones weak."""
        assert strength_of(kind, value) is strength

    def test_a_source_may_declare_its_own_kind(self) -> None:
        """A plugin's word needs a strength; a shop that verifies phones may call them stable."""
        assert strength_of("weibo_uid", "123", Strength.STABLE) is Strength.STABLE
        assert strength_of("phone", "13800138000", Strength.STABLE) is Strength.STABLE
        with pytest.raises(SettingsError, match=r"weibo_uid.*nick"):
            strength_of("weibo_uid", "123")

    @pytest.mark.parametrize("declared", [*Strength])
    def test_a_contact_is_worth_no_more_than_what_it_is(self, declared: Strength) -> None:
        """What a source declares lowers the strength of an address or a phone, and never raises it."""
        assert strength_of("contact", "ann@example.com", declared) is declared
        assert strength_of("contact", "13800138000", declared) is min(declared, Strength.WEAK)

    def test_every_kind_has_a_strength(self) -> None:
        """The table covers the enumeration."""
        assert set(KIND_STRENGTH) == set(IdentityKind)

    @given(
        st.sampled_from(list(IdentityKind)), st.text(max_size=30), st.text(max_size=5), st.text(max_size=5)
    )
    def test_two_stars_anywhere_are_worth_nothing(self, kind: str, value: str, left: str, right: str) -> None:
        """A mask anywhere makes a value useless, and no text raises."""
        strength_of(kind, value)
        assert strength_of(kind, f"{left}**{right}") is Strength.NONE
        assert strength_of(kind, f"{left}＊＊{right}") is Strength.NONE

    @pytest.mark.parametrize("kind", ["phone", "email", "nick"])
    def test_a_huge_cell_is_worth_nothing(self, kind: str) -> None:
        """A megabyte of digits is nobody's key."""
        assert strength_of(kind, "1-" * 500_000) is Strength.NONE


class TestKeys:
    """Normal forms and the keys made of them."""

    @pytest.mark.parametrize(
        "text",
        [
            "13800138000",
            "'13800138000",
            "+86 138 0013 8000",
            "0086-138-0013-8000",
            "8613800138000",
            "１３８００１３８０００",
        ],
    )
    def test_one_phone_has_one_form(self, text: str) -> None:
        """Blanks, dashes, apostrophes and the country code are no part of a number."""
        assert normalised("phone", text) == "13800138000"

    def test_foreign_and_masked_numbers_keep_what_tells_them_apart(self) -> None:
        """A country code other than ours stays, and so does an extension."""
        assert normalised("phone", "+1 (415) 555-0123") == "+14155550123"
        assert normalised("phone", "18400000000-1234") == "18400000000-1234"
        assert normalised("phone", "138****8000") == "138****8000"

    @given(st.text(st.sampled_from("@＠+*'-. aA１1"), max_size=12) | st.emails() | st.text(max_size=12))
    def test_a_contact_has_the_form_of_what_it_is(self, text: str) -> None:
        """With an at sign that of an e-mail address, else that of a phone."""
        kind = "email" if "@" in text or "＠" in text else "phone"
        once = normalised("contact", text)
        assert once == normalised(kind, text)
        assert strength_of("contact", text) is strength_of(kind, text)

    def test_phone_and_name_make_one_weak_key(self) -> None:
        """The same phone and name give one key; another name another; a mask none."""
        key = phone_name_key("138 0013 8000", "张三")
        assert key == phone_name_key("+8613800138000", " 张三 ")
        assert key != phone_name_key("13800138000", "李四")
        assert key is not None
        assert strength_of("phone_name", key) is Strength.WEAK
        for phone, name in [
            ("138****8000", "张三"),
            ("13800138000", "张*"),
            ("13800138000", " "),
            ("-", "张三"),
        ]:
            assert phone_name_key(phone, name) is None

    def test_an_order_ref_reads_as_one_word(self) -> None:
        """And keeps 19 digits."""
        assert str(OrderRef("taobao", "main", "5113000000000047045")) == "taobao/main/5113000000000047045"

    @pytest.mark.parametrize("parts", [("", "s", "1"), ("p", " ", "1"), ("p", "s", "")])
    def test_an_order_ref_has_all_its_parts(self, parts: tuple[str, str, str]) -> None:
        """An empty part would make orders of two shops one."""
        with pytest.raises(InputError, match="must not be empty"):
            OrderRef(*parts)

    def test_an_identity_cannot_claim_more_than_its_value_allows(self) -> None:
        """A masked nick called stable is refused at construction."""
        with pytest.raises(InputError, match="cannot be stable"):
            Identity("taobao", "main", "nick", "t**1", Strength.STABLE)
        assert Identity.of("taobao", "main", "nick", "t**1").strength is Strength.NONE

    def test_an_identity_keeps_its_value_out_of_logs(self) -> None:
        """The repr names platform, shop and kind only."""
        identity = Identity.of("youzan", "main", "phone", "13800138000")
        assert repr(identity) == "Identity(youzan/main phone ***, weak)"
        assert "1380013" not in f"{identity} {[identity]} {identity!r}"
