"""Ways to tamper with a journal: each changes something somewhere, or finds nothing to change.

Some change one number and leave the rest; others do it well, so that every sum comes out, and only a rule of
the ledger is broken.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any

Journal = list[dict[str, Any]]
Way = Callable[[Journal, Random], bool | None]

BUCKETS = ("pending", "available", "held", "spent", "expired", "reversed", "moved")
WAYS: dict[str, Way] = {}


def way(function: Way) -> Way:
    """Add a way by its name."""
    WAYS[function.__name__] = function
    return function


def moved(text: str, **by: float) -> str:
    """Give a moment so much later."""
    return (datetime.fromisoformat(text) + timedelta(**by)).isoformat(timespec="microseconds")


def rebuild(journal: Journal) -> None:
    """Make every image come to what moved."""
    sums: dict[str, dict[str, int]] = {}
    for n, entry in enumerate(journal):
        entry["version"] = n + 1
        for one in entry["movements"]:
            buckets = sums.setdefault(one["lot"], dict.fromkeys(BUCKETS, 0))
            buckets[one["target"]] += one["points"]
            if one["source"]:
                buckets[one["source"]] -= one["points"]
        for lot in entry["lots"]:
            lot["buckets"] = dict(sums.get(lot["id"], dict.fromkeys(BUCKETS, 0)))
            lot["touched_at"] = entry["effective_at"]


def some(chance: Random, things: Any) -> Any:
    """Choose one, or nothing if there is none."""
    things = list(things)
    return chance.choice(things) if things else None


def entry_of(journal: Journal, chance: Random, *verbs: str, **more: Any) -> dict[str, Any] | None:
    """Choose an entry: of some verbs, with movements if that is asked for."""
    fits = (
        entry
        for entry in journal
        if (not verbs or entry["verb"] in verbs) and (not more.get("moving") or entry["movements"])
    )
    return some(chance, fits)


def movement_of(journal: Journal, chance: Random, *verbs: str) -> Any:
    entry = entry_of(journal, chance, *verbs, moving=True)
    return entry and (entry, chance.choice(entry["movements"]))


def image_of(journal: Journal, chance: Random, *, later: bool = False, again: bool = False) -> Any:
    """Choose an image: one that is followed by another, or follows one."""
    images = [(n, entry, lot) for n, entry in enumerate(journal) for lot in entry["lots"]]
    fits = []
    for n, entry, lot in images:
        after = [(e, o) for m, e, o in images if o["id"] == lot["id"] and m > n]
        before = [o for m, _, o in images if o["id"] == lot["id"] and m < n]
        if (not later or (after and after[0][0]["verb"] not in ("reschedule", "activate"))) and (
            not again or before
        ):
            fits.append((entry, lot))
    return some(chance, fits)


# ---- entries ---------------------------------------------------------------------------------------------


@way
def version_is_off(journal: Journal, chance: Random) -> bool:
    some(chance, journal)["version"] += chance.choice((-1, 1, 7))
    return True


@way
def entries_change_places(journal: Journal, chance: Random) -> bool:
    n = chance.randrange(len(journal) - 1)
    journal[n], journal[n + 1] = journal[n + 1], journal[n]
    return True


@way
def an_entry_is_missing(journal: Journal, chance: Random) -> bool:
    del journal[chance.randrange(len(journal) - 1)]
    return True


@way
def an_entry_is_missing_and_the_rest_renumbered(journal: Journal, chance: Random) -> bool | None:
    found = image_of(journal, chance, later=True)
    if not found:
        return None
    journal.remove(found[0])
    for n, entry in enumerate(journal):
        entry["version"] = n + 1
    return True


@way
def an_entry_is_told_twice(journal: Journal, chance: Random) -> bool:
    n = chance.randrange(len(journal))
    journal.insert(n, journal[n])
    return True


@way
def an_entry_is_written_twice(journal: Journal, chance: Random) -> bool | None:
    entry = entry_of(journal, chance, moving=True)
    # Points can be set aside again and given back again; that a key does it once is the store's affair.
    if entry is None or entry["verb"] in ("reserve", "give_back"):
        return None
    again = {**entry, "recorded_at": moved(journal[-1]["recorded_at"], microseconds=1)}
    journal.append({**again, "version": len(journal) + 1})
    return True


@way
def another_accounts_entry(journal: Journal, chance: Random) -> bool:
    some(chance, journal)["account"] = "eve"
    return True


@way
def another_format(journal: Journal, chance: Random) -> bool:
    some(chance, journal)["schema"] = 2
    return True


@way
def written_at_the_same_moment(journal: Journal, chance: Random) -> bool:
    n = chance.randrange(1, len(journal))
    journal[n]["recorded_at"] = journal[n - 1]["recorded_at"]
    return True


@way
def written_before_the_one_before(journal: Journal, chance: Random) -> bool:
    n = chance.randrange(1, len(journal))
    journal[n]["recorded_at"] = moved(journal[n - 1]["recorded_at"], seconds=-chance.random() - 1)
    return True


@way
def a_moment_without_a_zone(journal: Journal, chance: Random) -> bool:
    entry = some(chance, journal)
    name = chance.choice(("effective_at", "recorded_at"))
    entry[name] = entry[name].removesuffix("+00:00")
    return True


@way
def another_verb(journal: Journal, chance: Random) -> bool | None:
    entry = entry_of(journal, chance, "redeem", "reserve", "activate", "expire", "earn", "void", "repay")
    if entry is None:
        return None
    entry["verb"] = chance.choice(
        [v for v in ("give_back", "capture", "extend", "steal") if v != entry["verb"]]
    )
    return True


@way
def an_empty_entry(journal: Journal, _: Random) -> bool:
    last = journal[-1]
    journal.append(
        {
            **last, "version": len(journal) + 1, "verb": "reverse", "movements": [], "lots": [], "debt": 0,
            "forgiven": 0, "opens": None, "closes": "",
            "recorded_at": moved(last["recorded_at"], microseconds=1),
        }
    )  # fmt: skip
    return True


# ---- movements -------------------------------------------------------------------------------------------


def _points(change: Callable[[int], object]) -> Way:
    def tamper(journal: Journal, chance: Random) -> bool | None:
        found = movement_of(journal, chance)
        if not found:
            return None
        found[1]["points"] = change(found[1]["points"])
        return True

    return tamper


WAYS |= {
    "one_point_more": _points(lambda points: points + 1),
    "one_point_less": _points(lambda points: points - 1),
    "ten_times_the_points": _points(lambda points: points * 10),
    "no_points": _points(lambda _: 0),
    "points_backwards": _points(lambda points: -points),
    "points_as_a_float": _points(float),
    "points_as_text": _points(str),
    "half_a_point": _points(lambda points: points + 0.5),
    "points_that_are_true": _points(lambda _: True),
    "points_missing": _points(lambda _: None),
}


@way
def points_of_another_lot(journal: Journal, chance: Random) -> bool | None:
    found = movement_of(journal, chance)
    if not found:
        return None
    found[1]["lot"] += "x"
    return True


@way
def points_from_another_bucket(journal: Journal, chance: Random) -> bool | None:
    found = movement_of(journal, chance)
    if not found:
        return None
    found[1]["source"] = chance.choice([b for b in (None, *BUCKETS) if b != found[1]["source"]])
    return True


@way
def points_to_another_bucket(journal: Journal, chance: Random) -> bool | None:
    found = movement_of(journal, chance)
    if not found:
        return None
    found[1]["target"] = chance.choice([b for b in BUCKETS if b != found[1]["target"]])
    return True


@way
def a_movement_is_missing(journal: Journal, chance: Random) -> bool | None:
    found = movement_of(journal, chance)
    if not found:
        return None
    found[0]["movements"].remove(found[1])
    return True


@way
def a_movement_is_told_twice(journal: Journal, chance: Random) -> bool | None:
    found = movement_of(journal, chance)
    if not found:
        return None
    found[0]["movements"].append(dict(found[1]))
    return True


# ---- lots ------------------------------------------------------------------------------------------------


@way
def a_bucket_is_off(journal: Journal, chance: Random) -> bool | None:
    found = image_of(journal, chance)
    if not found:
        return None
    found[1]["buckets"][chance.choice(BUCKETS)] += chance.choice((-1, 1, 100))
    return True


@way
def points_slip_into_another_bucket(journal: Journal, chance: Random) -> bool | None:
    found = image_of(journal, chance)
    if not found:
        return None
    one, other = chance.sample(BUCKETS, 2)
    found[1]["buckets"][one] -= 1
    found[1]["buckets"][other] += 1
    return True


@way
def a_lot_is_not_shown(journal: Journal, chance: Random) -> bool | None:
    found = image_of(journal, chance)
    if not found:
        return None
    found[0]["lots"].remove(found[1])
    # An extension moves no points: without it nobody would miss it but the next image.
    return None if found[0]["verb"] in ("reschedule", "extend") else True


@way
def a_lot_is_shown_twice(journal: Journal, chance: Random) -> bool | None:
    found = image_of(journal, chance)
    if not found:
        return None
    found[0]["lots"].append(dict(found[1]))
    return True


@way
def a_lot_is_shown_that_nothing_happened_to(journal: Journal, chance: Random) -> bool | None:
    found = image_of(journal, chance)
    later = [e for e in journal if found and e["version"] > found[0]["version"]]
    entry = some(
        chance,
        (e for e in later if e["movements"] and found[1]["id"] not in {lot["id"] for lot in e["lots"]}),
    )
    if entry is None:
        return None
    entry["lots"].append({**found[1], "touched_at": entry["effective_at"]})
    return True


@way
def a_lot_is_called_as_another(journal: Journal, chance: Random) -> bool | None:
    names = sorted({lot["id"] for entry in journal for lot in entry["lots"]})
    if len(names) < 2:
        return None
    old, new = chance.sample(names, 2)
    for entry in journal:
        hold = entry["opens"]
        for one in (*entry["movements"], *(hold["allocations"] if hold else ())):
            one["lot"] = new if one["lot"] == old else one["lot"]
        for lot in entry["lots"]:
            lot["id"] = new if lot["id"] == old else lot["id"]
    return True


def _fixed(name: str, change: Callable[[Any], object]) -> Way:
    def tamper(journal: Journal, chance: Random) -> bool | None:
        found = image_of(journal, chance, again=True)
        if not found:
            return None
        found[1][name] = change(found[1][name])
        return True

    return tamper


WAYS |= {
    "another_source": _fixed("source", lambda text: text + "0"),
    "another_root": _fixed("root", lambda text: text + "0"),
    "another_owner": _fixed("owners", lambda given: [*given, "0"]),
    "awarded_at_another_time": _fixed("awarded_at", lambda text: moved(text, seconds=1)),
    "touched_at_another_time": _fixed("touched_at", lambda text: moved(text, seconds=1)),
    "another_limit": _fixed("limit_at", lambda text: moved(text or "2024-05-01T00:00:00+00:00", days=1)),
    "another_idleness": _fixed("idle", lambda rule: None if rule else {"days": 1}),
    "another_rule": _fixed("expiry", lambda rule: rule | {"days": 1 + (rule["days"] or 0)}),
}


@way
def lapses_later(journal: Journal, chance: Random) -> bool | None:
    found = image_of(journal, chance)
    if not found or found[1]["expires_at"] is None:
        return None
    found[1]["expires_at"] = moved(found[1]["expires_at"], days=400)
    return True


@way
def never_lapses(journal: Journal, chance: Random) -> bool | None:
    found = image_of(journal, chance)
    if not found or found[1]["expires_at"] is None:
        return None
    found[1]["expires_at"] = None
    return True


@way
def lapses_without_a_rule(journal: Journal, chance: Random) -> bool | None:
    found = image_of(journal, chance)
    if not found or found[1]["expires_at"] is not None:
        return None
    found[1]["expires_at"] = moved(found[0]["effective_at"], days=3)
    return True


@way
def could_be_spent_from_another_moment(journal: Journal, chance: Random) -> bool | None:
    found = image_of(journal, chance, later=True)
    if not found or found[1]["activates_at"] is None:
        return None
    found[1]["activates_at"] = moved(found[1]["activates_at"], minutes=-1)
    return True


@way
def takes_effect_at_another_time(journal: Journal, chance: Random) -> bool | None:
    entry = entry_of(journal, chance, moving=True)
    if entry is None:
        return None
    entry["effective_at"] = moved(entry["effective_at"], hours=chance.choice((-1, 1)))
    return True


@way
def takes_effect_before_what_led_to_it(journal: Journal, chance: Random) -> bool | None:
    found = image_of(journal, chance, again=True)
    if not found:
        return None
    entry = found[0]
    entry["effective_at"] = moved(entry["effective_at"], days=-4000)
    for lot in entry["lots"]:
        lot["touched_at"] = entry["effective_at"]
    return True


# ---- debts -----------------------------------------------------------------------------------------------


@way
def a_debt_from_nowhere(journal: Journal, chance: Random) -> bool | None:
    entry = entry_of(journal, chance, "earn", "redeem", "activate", "expire", "adjust", "void")
    if entry is None:
        return None
    entry["debt"] = chance.choice((1, -1))
    return True


@way
def more_is_repaid_than_moved(journal: Journal, chance: Random) -> bool | None:
    entry = entry_of(journal, chance, "repay")
    if entry is None:
        return None
    entry["debt"] += chance.choice((-1, 1))
    return True


@way
def a_debt_that_a_refund_repays(journal: Journal, chance: Random) -> bool | None:
    entry = some(chance, (e for e in journal if e["verb"] == "reverse" and e["debt"]))
    if entry is None:
        return None
    entry["debt"] = -entry["debt"]
    return True


@way
def a_debt_is_not_repaid(journal: Journal, chance: Random) -> bool | None:
    entry = entry_of(journal, chance, "repay")
    if entry is None:
        return None
    journal.remove(entry)
    rebuild(journal)
    return True


@way
def forgiven_by_another_verb(journal: Journal, chance: Random) -> bool | None:
    entry = entry_of(journal, chance, "redeem", "earn", "expire", "activate")
    if entry is None:
        return None
    entry["forgiven"] = 1
    return True


@way
def forgiven_below_nothing(journal: Journal, chance: Random) -> bool | None:
    entry = entry_of(journal, chance, "reverse")
    if entry is None:
        return None
    entry["forgiven"] = -1
    return True


# ---- reservations ----------------------------------------------------------------------------------------


@way
def a_reservation_of_more(journal: Journal, chance: Random) -> bool | None:
    entry = some(chance, (e for e in journal if e["opens"]))
    if entry is None:
        return None
    chance.choice(entry["opens"]["allocations"])["points"] += 1
    return True


@way
def a_reservation_of_another_lot(journal: Journal, chance: Random) -> bool | None:
    entry = some(chance, (e for e in journal if e["opens"]))
    if entry is None:
        return None
    chance.choice(entry["opens"]["allocations"])["lot"] += "x"
    return True


@way
def a_reservation_that_ended_before_it_began(journal: Journal, chance: Random) -> bool | None:
    entry = some(chance, (e for e in journal if e["opens"]))
    if entry is None:
        return None
    entry["opens"]["ends_at"] = entry["effective_at"]
    return True


@way
def a_reservation_that_ran_out_early(journal: Journal, chance: Random) -> bool | None:
    ran_out = [e for e in journal if e["verb"] == "void" and e["reason"] == "timeout"]
    entry = some(chance, ran_out)
    if entry is None:
        return None
    for other in journal[: journal.index(entry)]:
        if other["opens"] and other["opens"]["id"] == entry["closes"]:
            other["opens"]["ends_at"] = moved(entry["effective_at"], microseconds=1)
    return True


@way
def a_reservation_that_nobody_made(journal: Journal, chance: Random) -> bool | None:
    entry = entry_of(journal, chance, "reserve")
    if entry is None:
        return None
    entry["opens"] = None
    return True


@way
def a_reservation_ends_that_was_not(journal: Journal, chance: Random) -> bool | None:
    entry = some(chance, (e for e in journal if e["closes"]))
    if entry is None:
        return None
    entry["closes"] += "x"
    return True


@way
def a_reservation_does_not_end(journal: Journal, chance: Random) -> bool | None:
    entry = some(chance, (e for e in journal if e["closes"]))
    if entry is None:
        return None
    entry["closes"] = ""
    return True


@way
def a_reservation_ends_twice(journal: Journal, chance: Random) -> bool | None:
    entry = some(chance, (e for e in journal if e["closes"]))
    if entry is None:
        return None
    last = moved(journal[-1]["recorded_at"], microseconds=1)
    journal.append({**entry, "recorded_at": last})
    rebuild(journal)
    return True


@way
def a_purchase_that_ends_a_reservation(journal: Journal, chance: Random) -> bool | None:
    entry = entry_of(journal, chance, "redeem", "earn", "expire")
    if entry is None:
        return None
    entry["closes"] = "h"
    return True


@way
def more_is_captured_than_held(journal: Journal, chance: Random) -> bool | None:
    found = movement_of(journal, chance, "capture")
    if not found:
        return None
    found[1]["points"] += 1
    rebuild(journal)
    return True


@way
def captured_after_its_end(journal: Journal, chance: Random) -> bool | None:
    entry = entry_of(journal, chance, "capture")
    if entry is None:
        return None
    entry["effective_at"] = moved(entry["effective_at"], days=9)
    rebuild(journal)
    return True


# ---- done well -------------------------------------------------------------------------------------------


@way
def lapses_before_its_time(journal: Journal, chance: Random) -> bool | None:
    entry = entry_of(journal, chance, "expire")
    if entry is None:
        return None
    ends = min(lot["expires_at"] for lot in entry["lots"])
    entry["effective_at"] = moved(ends, microseconds=-1)
    for lot in entry["lots"]:
        lot["touched_at"] = entry["effective_at"]
    return True


@way
def a_part_lapses(journal: Journal, chance: Random) -> bool | None:
    found = movement_of(journal, chance, "expire")
    if not found or found[1]["points"] < 2:
        return None
    found[1]["points"] -= 1
    rebuild(journal)
    return True


@way
def a_part_becomes_spendable(journal: Journal, chance: Random) -> bool | None:
    found = movement_of(journal, chance, "activate")
    if not found or found[1]["points"] < 2:
        return None
    found[1]["points"] -= 1
    rebuild(journal)
    return True


@way
def spendable_before_its_time(journal: Journal, chance: Random) -> bool | None:
    entry = entry_of(journal, chance, "activate")
    if entry is None:
        return None
    lot = entry["lots"][0]
    entry["effective_at"] = lot["touched_at"] = moved(lot["activates_at"], microseconds=-1)
    return True


@way
def spent_after_it_lapsed(journal: Journal, chance: Random) -> bool | None:
    entry = entry_of(journal, chance, "redeem", "reserve")
    ends = [lot["expires_at"] for lot in entry["lots"] if lot["expires_at"]] if entry else []
    if entry is None or not ends:
        return None
    entry["effective_at"] = min(ends)
    for lot in entry["lots"]:
        lot["touched_at"] = entry["effective_at"]
    return True


@way
def spent_out_of_turn(journal: Journal, chance: Random) -> bool | None:
    """Take a point of another lot than the one whose turn it is; every later sum is made to come out."""
    for entry in chance.sample(journal, len(journal)):
        if entry["verb"] not in ("redeem", "reserve"):
            continue
        before = {lot["id"]: lot for one in journal[: journal.index(entry)] for lot in one["lots"]}
        mine = {one["lot"] for one in entry["movements"]}
        others = [lot for lot in before.values() if lot["id"] not in mine and lot["buckets"]["available"]]
        other, first = some(chance, others), entry["movements"][0]
        if other is None:
            continue
        if first["points"] > 1:
            first["points"] -= 1
        else:
            entry["movements"].pop(0)
            entry["lots"] = [lot for lot in entry["lots"] if lot["id"] != first["lot"]]
        entry["movements"].append({**first, "lot": other["id"], "points": 1})
        entry["lots"].append({**other, "buckets": dict(other["buckets"])})
        if entry["opens"]:
            entry["opens"]["allocations"] = [
                {"lot": one["lot"], "points": one["points"]} for one in entry["movements"]
            ]
        rebuild(journal)
        return True
    return None


@way
def spent_twice(journal: Journal, chance: Random) -> bool | None:
    found = movement_of(journal, chance, "redeem")
    if not found:
        return None
    found[1]["points"] *= 2
    rebuild(journal)
    # Where twice as many were there, and it was the last lot to be asked, this is only another purchase.
    lot = next(one for one in found[0]["lots"] if one["id"] == found[1]["lot"])
    return None if lot["buckets"]["available"] >= 0 else True


@way
def awarded_as_spendable(journal: Journal, chance: Random) -> bool | None:
    found = movement_of(journal, chance, "earn")
    if not found:
        return None
    found[1]["target"] = "available"
    rebuild(journal)
    return True
