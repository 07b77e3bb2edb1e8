"""Buyer keys: one numbering over all files, their strength, and the customer ids made of them."""

import re

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retailcrm.domain.identity import Identity, Strength, strength_of
from retailcrm.ports.batches import BuyerKey
from retailcrm.shop.buyers import ids_of, number_buyers, strength_of_values

NICK = BuyerKey(platform="taobao", kind="nick")
PHONE = BuyerKey(platform="taobao", kind="phone", strength=1)
EMAIL = BuyerKey(platform="shopify", kind="email")


def numbered(*parts, several=False):
    """Number columns of plain texts; give each row's id and strength."""
    columns = [(key, pa.array(texts, pa.large_string())) for key, texts in parts]
    buyers = number_buyers(columns, several_kinds=several)
    ids, strengths = [*buyers.ids.tolist(), None], [*buyers.strength.tolist(), 0]
    return [[(ids[c], strengths[c]) for c in codes] for codes in buyers.codes]


def test_equal_keys_of_several_files_are_one_customer():
    """The same nick has the same id in both files, a missing one none."""
    first, second = numbered((NICK, ["小明", "Ann"]), (NICK, ["Ann", None, "小明"]))
    assert first == [("小明", 2), ("Ann", 2)]
    assert second == [("Ann", 2), (None, 0), ("小明", 2)]


def test_dictionary_and_plain_columns_are_numbered_together():
    """One file codes its buyers and another does not."""
    coded = pa.chunked_array([pa.array(["a", "b"]).dictionary_encode(), pa.array(["c"]).dictionary_encode()])
    buyers = number_buyers([(NICK, coded), (NICK, pa.array(["b", "d"]))], several_kinds=False)
    ids = buyers.ids.tolist()
    assert [[ids[c] for c in codes] for codes in buyers.codes] == [["a", "b", "c"], ["b", "d"]]


@pytest.mark.parametrize("key", ["+86 138-0013-8000", "13800138000", "'8613800138000", "138 0013 8000"])
def test_a_phone_is_one_customer_however_it_is_written(key):
    """Country code, blanks and dashes are no part of the number."""
    ((plain,), (other,)) = numbered((PHONE, ["13800138000"]), (PHONE, [key]))
    assert plain == other
    assert plain[1] == 1


def test_ids_of_phones_and_addresses_show_neither():
    """A phone's id is a digest with p-, an e-mail address's one with e-; capitals do not matter."""
    ((phone,),) = numbered((PHONE, ["13800138000"]))
    ((mail, same),) = numbered((EMAIL, ["Ann@Example.com", "ann@example.com "]))
    assert mail == same
    for (made, _), front in ((phone, "p-"), (mail, "e-")):
        assert made.startswith(front)
        assert re.fullmatch("[0-9a-f]{16}", made[2:])


def test_keys_of_several_kinds_say_which_they_are():
    """Two platforms' keys never meet, not even when their texts are equal."""
    rows = numbered((NICK, ["ann"]), (BuyerKey(platform="shopify", kind="id"), ["ann"]), several=True)
    assert rows == [[("taobao:nick:ann", 2)], [("shopify:id:ann", 2)]]
    (one,), (two,) = numbered((PHONE, ["13800138000"]), (EMAIL, ["13800138000@x"]), several=True)
    assert one[0].startswith("taobao:phone:p-")
    assert two[0].startswith("shopify:email:e-")


def test_one_phone_on_two_platforms_is_two_customers():
    """Ids are unique: which platform knows the number is part of them."""
    shopify = BuyerKey(platform="shopify", kind="phone", strength=1)
    (one,), (two,) = numbered((PHONE, ["13800138000"]), (shopify, ["13800138000"]), several=True)
    assert one != two


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (NICK, "t**1"),
        (NICK, "摈＊＊唉"),
        (NICK, ""),
        (NICK, " - "),
        (NICK, "null"),
        (NICK, "NULL"),
        (NICK, "1.93068E+15"),
        (NICK, "x" * 1001),
        (PHONE, "138****8000"),
        (PHONE, "18400000000-1234"),
        (PHONE, "12"),
        (PHONE, "00000000000"),
        (EMAIL, "nobody"),
        (BuyerKey(platform="x", kind="oaid"), "abcdef"),
        (BuyerKey(platform="x", kind="id", strength=0), "abcdef"),
    ],
)
def test_keys_that_tell_nobody_apart_are_worth_nothing(key, text):
    """Masked, virtual, blank and damaged keys make no customer."""
    ((row,),) = numbered((key, [text]))
    assert row[1] == 0


@given(
    st.lists(
        st.one_of(
            st.text(max_size=6),
            st.emails(),
            st.from_regex(r"[a-zA-Z0-9._*'+ -]{1,8}[@＠][a-zA-Z0-9. *-]{1,8}", fullmatch=True),
            st.text("*＊-nulNUL0123456789.eE+ ", max_size=8),
            st.sampled_from(["4e135", "1.2E+15", "－", "x" * 1001, "null ", "\u3000", "'-", "\x1f"]),
        ),
        unique=True,
        max_size=20,
    ),
    st.sampled_from(["nick", "id", "open_uid", "jd_pin", "email", "phone", "contact", "oaid", "own word"]),
    st.sampled_from([0, 1, 2]),
)
def test_strength_in_bulk_equals_the_rule_for_one(texts, kind, declared):
    """The quick look that spares most keys a judgement never lets a worthless one pass."""
    found = strength_of_values(pa.array(texts, pa.large_string()), kind, declared)
    assert found.tolist() == [strength_of(kind, text, Strength(declared)) for text in texts]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("nick", "小明"),
        ("id", "17850"),
        ("phone", "+86 138 0013 8000"),
        ("email", "A@B.c"),
        ("contact", "A@B.c"),
        ("contact", "'+1 415 555 0123"),
    ],
)
@pytest.mark.parametrize("several", [True, False])
def test_an_identity_leads_to_the_id_that_files_made(kind, text, several):
    """What the platform calls her is found among the ids, prefixed or plain."""
    ((made,),) = numbered((BuyerKey(platform="shopify", kind=kind), [text]), several=several)
    assert made[0] in ids_of(Identity.of("shopify", "main", kind, text))


CONTACT = BuyerKey(platform="shopify", kind="contact")


@given(
    st.lists(
        st.one_of(
            st.emails(),
            st.from_regex(r"[aA@＠'.+ -]{0,5}[bB0-9]{0,9}", fullmatch=True),
            st.from_regex(r"\+?[0-9 ()-]{7,17}", fullmatch=True),
        ),
        max_size=12,
    )
)
def test_a_contact_has_the_id_of_the_address_or_the_phone_that_it_is(texts):
    """The digest, and so the customer, is the one that kind email or phone gives for the same text."""
    for text, (made, strength) in zip(texts, numbered((CONTACT, texts))[0], strict=True):
        kind = "email" if "@" in text or "＠" in text else "phone"
        (((expected, worth),),) = numbered((BuyerKey(platform="shopify", kind=kind), [text]))
        assert made == expected
        assert strength == (min(worth, 1) if kind == "phone" else worth)


def test_contacts_are_judged_one_by_one():
    """An address is stable, a phone weak, and a word nobody."""
    ((ann, same, phone, word),) = numbered(
        (CONTACT, ["Ann@Example.com", "ann@example.com", "+1 415 555 0123", "Ann"])
    )
    assert ann == same
    assert [strength for _, strength in (ann, phone, word)] == [2, 1, 0]
    assert ann[0].startswith("e-")
    assert phone[0].startswith("p-")


def test_no_buyers_at_all():
    """A shop without files, and files without buyers, give no customers."""
    assert numbered() == []
    assert numbered((NICK, [None, None])) == [[(None, 0), (None, 0)]]


def test_a_buyers_file_speaks_of_the_other_files_platform(kit):
    """Numbers and keys of a buyers file are those of the one platform that the shop has."""
    orders = kit.file(
        [{"number": "1", "buyer": "t**1", "paid": 5}, {"number": "2", "buyer": "ann", "paid": 5}],
        platform="myshop",
        key=BuyerKey(platform="myshop", kind="id"),
        name="orders.csv",
    )
    buyers = kit.file(
        [{"number": "1", "buyer": "ann"}, {"number": "3", "buyer": "bob"}],
        at=2,
        name="buyers.csv",
        buyers_only=True,
    )
    folded = kit.fold(buyers, orders).orders
    rows = kit.rows(folded)
    assert {n: row["buyer"] for n, row in rows.items()} == {"1": "ann", "2": "ann"}
    assert folded.customers.ids.tolist() == ["ann"]


def test_a_buyers_file_names_the_buyers_of_a_file_that_has_none(kit):
    """An order report without buyer column takes its customers from the buyers file."""
    orders = kit.file([{"number": "1", "paid": 5}], platform="myshop", name="orders.csv")
    buyers = kit.file([{"number": "1", "buyer": "ann"}], name="buyers.csv", buyers_only=True)
    assert kit.rows(kit.fold(orders, buyers).orders)["1"]["buyer"] == "ann"


def test_a_buyers_file_beside_two_platforms_is_taobaos(kit):
    """Where it could be either's, it is taken as what it says."""
    files = [
        kit.file([{"number": "1", "paid": 5}], platform=p, name=p, key=BuyerKey(platform=p, kind="id"))
        for p in ("taobao", "shopify")
    ]
    buyers = kit.file([{"number": "1", "buyer": "ann"}], name="buyers.csv", buyers_only=True)
    rows = kit.rows(kit.fold(*files, buyers).orders)
    assert rows[("taobao", "1")]["buyer"] == "ann"
    assert rows[("shopify", "1")]["buyer"] is None


def test_a_buyers_file_creates_no_order_and_no_customer_without_orders(kit):
    """Numbers that only the buyers file has leave no trace, in whichever sequence files come."""
    orders = kit.file([{"number": "1", "buyer": "小**", "paid": 5}], name="orders.csv")
    buyers = kit.file(
        [{"number": "1", "buyer": "小明"}, {"number": "2", "buyer": "老王"}], name="b.csv", buyers_only=True
    )
    folded = kit.fold(orders, buyers).orders
    assert folded.numbers.tolist() == ["1"]
    assert folded.customers.ids.tolist() == ["小明"]
    assert len(kit.fold(buyers).orders) == 0
