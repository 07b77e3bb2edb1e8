"""Find a customer by whatever is known of her, and see all that is known: profile, reviews, parcels."""

from datetime import UTC, datetime

import pyarrow as pa
import pytest

from retailcrm import open_shop
from retailcrm.domain.customers import Email, Phone
from retailcrm.domain.identity import Identity
from retailcrm.domain.parcels import ParcelEvent
from retailcrm.errors import InputError, NotFoundError

AS_OF = "2024-03-31"
PLATFORM = {"name": "web", "buyer": {"kind": "nick", "strength": "stable"}}
ORDERS = {
    **PLATFORM,
    "columns": {"number": "id", "buyer": "who", "paid_at": "at", "paid": "money"},
    "constants": {"state": "completed"},
}
MEMBERS = {
    **PLATFORM,
    "grain": "customer",
    "columns": {"buyer": "who", "name": "name", "phone": "phone", "email": "email", "level": "level"},
}
REVIEWS = {
    **PLATFORM,
    "grain": "review",
    "columns": {
        "number": "id", "buyer": "who", "product": "what", "score": "stars", "text": "text", "at": "at",
        "second_text": "more", "second_at": "later",
    },
    "score": {"full_marks": 5},
}  # fmt: skip
PARCELS = {
    "name": "web",
    "grain": "parcel",
    "columns": {"number": "id", "parcel": "parcel", "carrier": "carrier", "event": "event", "at": "at"},
    "events": {"shipped": "已发货", "signed": "已签收", "unreachable": "无法接通"},
}


def frame(names, *rows):
    """Make a table of texts; None is an empty cell."""
    columns = enumerate(names.split())
    return pa.table({name: pa.array([row[i] for row in rows], pa.string()) for i, name in columns})


def filled(**settings):
    """Open a shop with three orders, four members, three reviews and two parcels."""
    now = [datetime(2024, 4, 1, tzinfo=UTC)]
    shop = open_shop(clock=lambda: now[0], **settings)
    shop.imports.table(
        frame(
            "id who at money",
            ("1001", "ann", "2024-03-01", "50"),
            ("1002", "ann", "2024-03-05", "30"),
            ("1003", "t**1", "2024-03-05", "9"),
        ),
        ORDERS,
    )
    shop.imports.table(
        frame(
            "who name phone email level",
            ("ann", "张三", "13800134821", "ann@example.com", "银卡"),
            ("bob", "李四", "13900000001", None, None),
            ("cat", "李五", "139 0000 0001", None, None),
            ("dan", "王五", "138****4821", None, "普通"),
        ),
        MEMBERS,
        name="members A",
    )
    now[0] = datetime(2024, 4, 2, tzinfo=UTC)
    shop.imports.table(
        frame("who name phone email level", ("ann", "张*", None, None, "金卡")), MEMBERS, name="members B"
    )
    shop.imports.table(
        frame(
            "id who what stars text at more later",
            ("1002", "a**n", "茶", "4", "香", "2024-03-20 10:00:00", "还买", "2024-04-05 10:00:00"),
            (None, "ann", "饼", "5", None, "2024-03-10 10:00:00", None, None),
            ("1003", "t**1", "饼", "1", "碎", "2024-03-11 10:00:00", None, None),
        ),
        REVIEWS,
    )
    shop.imports.table(
        frame(
            "id parcel carrier event at",
            ("1001", "SF1", "顺丰", "已发货", "2024-03-02 09:00:00"),
            ("1001", "SF1", "顺丰", "无法接通", "2024-03-03 09:00:00"),
            ("1001", "SF1", "顺丰", "已签收", "2024-03-04 09:00:00"),
            ("1003", "SF2", "顺丰", "已发货", "2024-03-06 09:00:00"),
            ("1002", "SF3", "顺丰", "已发货", "2024-03-31 00:00:00"),
        ),
        PARCELS,
    )
    return shop


@pytest.fixture(scope="module", params=[None, 1 << 20], ids=["memory", "disk"])
def shop(request):
    """Give the shop, in memory and on disk."""
    with filled(memory_budget=request.param) as opened:
        yield opened


@pytest.mark.parametrize(
    "how",
    [
        {"who": "ann"},
        {"who": Identity.of("web", "main", "nick", "ann")},
        {"phone": "13800134821"},
        {"phone": "+86 138-0013-4821"},
        {"email": " ANN@example.com"},
        {"order": "1002"},
    ],
)
def test_each_of_these_leads_to_ann(shop, how):
    """By id, identity, phone or address however written, or one of her orders."""
    assert shop.customers.get(**how, as_of=AS_OF).id == "ann"


@pytest.mark.parametrize(
    ("how", "error", "said"),
    [
        ({"phone": "13700000000"}, NotFoundError, "nobody in shop main is known to have this phone number"),
        (
            {"email": "x@example.com"},
            NotFoundError,
            "nobody in shop main is known to have this e-mail address",
        ),
        ({"order": "9"}, NotFoundError, "no order 9 in shop main"),
        ({"order": "1003"}, NotFoundError, "nobody knows who bought order 1003"),
        (
            {"phone": "13900000001"},
            InputError,
            "2 customers have this phone number: bob, cat; say which by id",
        ),
        ({"phone": "138****4821"}, InputError, "no whole phone number"),
        ({"email": "ann"}, InputError, "no whole e-mail address"),
        ({}, InputError, "by exactly one of who, phone, email and order, not by 0"),
        ({"who": "ann", "order": "1001"}, InputError, "not by 2"),
    ],
)
def test_nobody_or_several_say_what_to_do(shop, how, error, said):
    """Not found, hidden, shared, or asked in two ways: each has its sentence."""
    with pytest.raises(error, match=said) as refusal:
        shop.customers.get(**how, as_of=AS_OF)
    assert "13700000000" not in str(refusal.value)


def test_who_never_bought_has_a_file_too(shop):
    """Dan is only on the member list: no order, no money, his profile with a masked phone."""
    dan = shop.customers.get("dan", as_of=AS_OF)
    assert (dan.orders, dan.gross.minor, dan.profile.level) == ((), 0, "普通")
    assert not dan.profile.phone.is_clear
    assert shop.customers.get("ann", as_of="2024-02-01").orders == ()


def test_the_profile_is_what_is_in_force(shop):
    """The newer list's level, but not its masked name."""
    profile = shop.customers.get("ann", as_of=AS_OF).profile
    assert (profile.name.text, profile.level) == ("张三", "金卡")
    assert (profile.phone, profile.email) == (Phone("13800134821"), Email("ann@example.com"))
    assert "13800134821" not in str(profile)


def test_the_history_says_who_said_what_and_when(shop):
    """Every value with its source and moment, the one in force first."""
    history = shop.customers.history("ann").history
    assert [(told.value, told.source, told.observed_at.day) for told in history["level"]] == [
        ("金卡", "members B", 2),
        ("银卡", "members A", 1),
    ]
    assert [told.value.text for told in history["name"]] == ["张三", "张*"]
    with pytest.raises(NotFoundError):
        shop.customers.history("nobody")


def test_her_reviews_are_on_the_card(shop):
    """By her nick or by her order's number, oldest first; what she added later is not there yet."""
    reviews = shop.customers.get("ann", as_of=AS_OF).reviews
    assert [(r.product, r.score, r.order, r.text, r.second_text) for r in reviews] == [
        ("饼", 100, None, "", ""),
        ("茶", 80, "1002", "香", ""),
    ]
    later = shop.customers.get("ann", as_of="2024-04-06").reviews
    assert later[1].second_text == "还买"
    assert "香" not in repr(later)
    assert len(shop.customers.get("ann", as_of="2024-03-20").reviews) == 1


def test_reviews_of_one_moment_that_tell_different_things_are_in_one_order():
    """One names an order, one a product, one neither, two no moment: who names nothing comes first."""
    shop = filled()
    rows = [
        (None, "ann", "饼", "5", "b", "2024-03-20", None, None),
        ("1001", "ann", None, "4", "c", "2024-03-20", None, None),
        (None, "ann", None, "3", "a", "2024-03-20", None, None),
        ("1001", "ann", None, "2", "e", None, None, None),
        (None, "ann", "茶", "1", "d", None, None, None),
    ]
    shop.imports.table(frame("id who what stars text at more later", *rows), REVIEWS, name="another shop")
    reviews = shop.customers.get("ann", as_of=AS_OF).reviews
    assert [one.text for one in reviews if one.text in tuple("abcde")] == ["a", "b", "c", "d", "e"]


def test_her_parcels_are_on_the_card():
    """Events of her orders' parcels by then, oldest first; a guest's are not hers."""
    parcels = filled().customers.get("ann", as_of=AS_OF).parcels
    assert [(p.event, p.order, p.parcel, p.carrier, p.at.day) for p in parcels] == [
        (ParcelEvent.SHIPPED, "1001", "SF1", "顺丰", 2),
        (ParcelEvent.UNREACHABLE, "1001", "SF1", "顺丰", 3),
        (ParcelEvent.SIGNED, "1001", "SF1", "顺丰", 4),
    ]


def test_a_merge_brings_reviews_and_values_together():
    """Ann and Bob as one: his phone finds her, and a preview says whose values would be in force."""
    shop = filled()
    fields = {f.field: f for f in shop.customers.preview("bob", "ann", as_of=AS_OF).fields}
    # One list told both at one moment: the lesser text is in force.
    assert {name: (f.of, f.value.source) for name, f in fields.items()} == {
        "name": ("ann", "members A"),
        "phone": ("ann", "members A"),
        "email": ("ann", "members A"),
        "level": ("ann", "members B"),
    }
    assert fields["phone"].instead_of.value == Phone("13900000001")
    assert fields["level"].instead_of is None
    merge = shop.customers.merge("bob", "ann", by="mei", note="said so")
    card = shop.customers.get("ann", as_of=AS_OF)
    assert (card.id, card.ids, len(card.reviews), len(card.parcels)) == ("bob", ("ann", "bob"), 2, 3)
    assert card.profile.phone == fields["phone"].value.value
    assert shop.customers.get(email="ann@example.com", as_of=AS_OF).id == "bob"
    shop.customers.undo(merge, by="mei")
    assert shop.customers.get(email="ann@example.com", as_of=AS_OF).id == "ann"


def test_figures_about_reviews_see_the_merged_customer():
    """The reviews' positions lead to present ids, before and after a merge."""
    shop = filled()
    for ids in (["ann", "ann", None], ["bob", "bob", None]):
        (orders,) = shop.insight.parts()
        names = [*orders.customers.ids.tolist(), None]
        assert [names[code] for code in shop.customers.store.beside().reviews.customer.tolist()] == ids
        if ids[0] == "ann":
            shop.customers.merge("bob", "ann", by="mei", note="said so")


def test_a_review_in_two_files_is_one():
    """The same review exported again with a later addition is joined, not doubled."""
    shop = filled()
    again = ("1002", "a**n", "茶", "4", "香", "2024-03-20 10:00:00", "好", "2024-03-25 10:00:00")
    shop.imports.table(frame("id who what stars text at more later", again), REVIEWS, name="the same again")
    assert [r.second_text for r in shop.customers.get("ann", as_of=AS_OF).reviews] == ["", "好"]
