"""What may prove that two ids are one person."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retailcrm.domain.identity import (
    Evidence,
    EvidenceKind,
    Identity,
    merge_evidence,
    phone_name_key,
)
from retailcrm.errors import InputError

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
]


class TestEvidence:
    """What may prove that two ids are one person."""

    @pytest.mark.parametrize(("kind", "value"), MASKED_OR_BORROWED)
    def test_masked_borrowed_and_blank_values_never_merge_anybody(self, kind: str, value: str) -> None:
        """Two people sharing such a value, and a name, share nothing."""
        both = [Identity.of("taobao", "main", kind, value), Identity.of("taobao", "main", "name", "张三")]
        assert merge_evidence(both, both) == []

    @given(
        st.lists(st.sampled_from(MASKED_OR_BORROWED), max_size=8),
        st.lists(st.sampled_from(MASKED_OR_BORROWED)),
    )
    def test_no_heap_of_them_does(self, a: list[tuple[str, str]], b: list[tuple[str, str]]) -> None:
        """Not in any combination either."""
        sides = [[Identity.of("taobao", "main", *pair) for pair in side] for side in (a, b)]
        assert merge_evidence(*sides) == []

    def test_a_shared_nick_is_evidence_in_all_shops_of_a_platform(self) -> None:
        """A Taobao member is one person in shop A and shop B, but not on another platform."""
        here, there = (Identity.of("taobao", shop, "nick", "小明") for shop in ("a", "b"))
        elsewhere = Identity.of("weidian", "a", "nick", "小明")
        assert merge_evidence([here], [there]) == [Evidence(EvidenceKind.SHARED_IDENTITY, here)]
        assert merge_evidence([here], [elsewhere]) == []

    def test_a_shop_number_counts_in_its_shop_only(self) -> None:
        """Customer 17850 of two shops is two people."""
        here, there = (Identity.of("generic", shop, "id", "17850") for shop in ("a", "b"))
        assert merge_evidence([here], [there]) == []
        assert [e.kind for e in merge_evidence([here], [here])] == [EvidenceKind.SHARED_IDENTITY]

    def test_a_shared_phone_needs_the_same_name(self) -> None:
        """Mother and son share a phone; one person under one name is one."""
        phone = Identity.of("jd", "main", "phone", "13800138000")
        other = Identity.of("taobao", "main", "phone", "+86 138-0013-8000")
        zhang = Identity.of("jd", "main", "name", "张三")
        li = Identity.of("taobao", "main", "name", "李四")
        assert merge_evidence([phone], [other]) == []
        assert merge_evidence([phone, zhang], [other, li]) == []
        assert [e.kind for e in merge_evidence([phone, zhang], [other, zhang])] == [
            EvidenceKind.SAME_PHONE_AND_NAME
        ]

    def test_a_hash_on_one_side_meets_phone_and_name_on_the_other(self) -> None:
        """Sources that give only the hash can still be joined."""
        key = phone_name_key("13800138000", "张三")
        assert key is not None
        hashed = Identity.of("youzan", "main", "phone_name", key)
        plain = [Identity.of("jd", "main", "phone", "13800138000"), Identity.of("jd", "main", "name", "张三")]
        assert [e.kind for e in merge_evidence([hashed], plain)] == [EvidenceKind.SAME_PHONE_AND_NAME]

    def test_a_contact_is_the_address_or_the_phone_that_it_is(self) -> None:
        """Shopify's one column meets an e-mail address anywhere, and a phone under the same name."""
        mail = Identity.of("shopify", "eu", "contact", "Ann@Example.com")
        phone = Identity.of("shopify", "eu", "contact", "+8613800138000")
        name = Identity.of("shopify", "eu", "name", "Ann Li")
        other = [
            Identity.of("jd", "main", "phone", "13800138000"),
            Identity.of("jd", "main", "name", "Ann Li"),
        ]
        assert [
            e.kind for e in merge_evidence([mail], [Identity.of("jd", "main", "email", "ann@example.com")])
        ] == [EvidenceKind.SHARED_IDENTITY]
        assert [e.kind for e in merge_evidence([phone, name], other)] == [EvidenceKind.SAME_PHONE_AND_NAME]

    @given(st.data())
    def test_it_does_not_matter_who_is_asked_first(self, data: st.DataObject) -> None:
        """Evidence is symmetric and independent of the order of identities."""
        pool = [
            Identity.of(platform, "main", kind, value)
            for platform in ("taobao", "jd")
            for kind, value in [
                ("nick", "x1"),
                ("email", "a@b.c"),
                ("phone", "13800138000"),
                ("name", "张三"),
            ]
        ]
        a, b = (data.draw(st.lists(st.sampled_from(pool))) for _ in range(2))
        assert merge_evidence(a, b) == merge_evidence(b[::-1], a[::-1])

    def test_evidence_must_say_something(self) -> None:
        """An empty note or a masked identity proves nothing."""
        with pytest.raises(InputError, match="says why"):
            Evidence.stated("  ")
        with pytest.raises(InputError, match="no evidence"):
            Evidence(EvidenceKind.SHARED_IDENTITY, Identity.of("taobao", "main", "nick", "t**1"))
