"""Walk through a journal: every rule of the ledger, at every entry."""

from __future__ import annotations

from datetime import UTC, datetime
from operator import itemgetter
from typing import Any, Final

from retailcrm.domain.points.checker.reading import Doc, ends, if_any, moment, own_end, parts, whole

BUCKETS: Final = ("pending", "available", "held", "spent", "expired", "reversed", "moved")

# The ways that points may go by each verb; None: they come into being.
WAYS: Final[dict[str, set[tuple[str | None, str]]]] = {
    "earn": {(None, "pending")},
    "open": {(None, "pending"), (None, "available")},
    "activate": {("pending", "available")},
    "expire": {("available", "expired")},
    "redeem": {("available", "spent")},
    "reserve": {("available", "held")},
    "capture": {("held", "spent")},
    "void": {("held", "available")},
    "reverse": {("pending", "reversed"), ("available", "reversed"), ("expired", "reversed")},
    "give_back": {("spent", "available"), ("spent", "expired"), ("spent", "moved"), (None, "available")},
    "repay": {("available", "reversed")},
    "transfer": {
        (None, "pending"), (None, "available"), ("available", "held"),
        ("pending", "moved"), ("available", "moved"), ("held", "moved"),
    },
    "adjust": {(None, "pending"), ("available", "reversed")},
    "reschedule": set(),
    "extend": set(),
}  # fmt: skip
# What time does by itself.
BY_ITSELF: Final = {"activate", "expire", "void", "repay"}
# What must begin or end a reservation; a transfer may.
HOLDING: Final = ("reserve", "capture", "void")
# Reasons of transfers that move whole lots, not the points that lapse first.
WHOLE: Final = ("merge", "split", "order")
FIXED: Final = ("source", "awarded_at", "root", "owners", "expiry", "limit_at", "idle")
_FIXED: Final = itemgetter(*FIXED)
_ENDS: Final = itemgetter("activates_at", "expires_at")
_WHOLE: Final = {int}


def walk(entries: list[Doc], problems: list[str], *, cut: int | None = None) -> Doc:
    """Go through a journal; a command that was cut off after entry ``cut`` need not be at its end."""
    book: Doc = {"lots": {}, "able": {}, "holds": {}, "debt": 0, "owed_at": None}
    for n, entry in enumerate(entries):
        found: list[str] = []
        before = entries[n - 1] if n else None
        if before and before["key"] != entry["key"] and n != cut:
            _at_rest(book, found)
        _in_line(n, entry, before, found)
        _images(book, entry, found)
        for lot in entry["lots"]:
            _moments(entry, lot, book["lots"].get(lot["id"]), found)
        _use(book, entry, found)
        _burn_order(book, entry, found)
        _reservation(book, entry, found)
        _owing(book, entry, found)
        for lot in entry["lots"]:
            book["lots"][lot["id"]] = book["able"][lot["id"]] = lot
            if not lot["buckets"]["available"]:
                del book["able"][lot["id"]]
        _held(book, entry, found)
        problems += [f"entry {n + 1}: {one}" for one in found]
    if len(entries) != cut:
        _at_rest(book, problems)
    _never_below_nothing(entries, problems)
    return book


def _in_line(n: int, entry: Doc, before: Doc | None, found: list[str]) -> None:
    """Versions 1, 2, 3 ..., one account, writing times that rise."""
    if entry["schema"] != 1 or whole(entry["version"]) != n + 1:
        found.append(f"stands at place {n + 1} with version {entry['version']}")
    if before and entry["account"] != before["account"]:
        found.append("is another account's")
    if before and moment(entry["recorded_at"]) <= moment(before["recorded_at"]):
        found.append("was written no later than the one before")
    if not any((entry["movements"], entry["debt"], entry["forgiven"], not WAYS[entry["verb"]])):
        found.append("says nothing")


def _images(book: Doc, entry: Doc, found: list[str]) -> None:
    """Every lot stands there as it was and what moved; nothing appears, vanishes or goes below nothing."""
    verb = entry["verb"]
    moves: dict[str, dict[str, int]] = {lot["id"]: {} for lot in entry["lots"]}
    born = {one["lot"] for one in entry["movements"] if one["source"] is None}
    for one in entry["movements"]:
        if whole(one["points"]) < 1 or (one["source"], one["target"]) not in WAYS[verb]:
            found.append(f"moves {one['points']} from {one['source']} to {one['target']}")
        moved, source, target = moves[one["lot"]], one["source"] or "", one["target"]
        moved[target] = moved.get(target, 0) + one["points"]
        moved[source] = moved.get(source, 0) - one["points"]
    if len(moves) != len(entry["lots"]):
        found.append("shows a lot twice")
    for lot in entry["lots"]:
        old, moved = book["lots"].get(lot["id"]), moves[lot["id"]]
        if (lot["id"] in born) == (old is not None):
            found.append(f"lot {lot['id']} comes into being twice, or from nowhere")
        if not moved and WAYS[verb]:
            found.append(f"lot {lot['id']} stands there for nothing")
        if lot["touched_at"] != entry["effective_at"]:
            found.append(f"lot {lot['id']} was touched at another time")
        _sums(lot, old, moved, found)
        if old:
            _goes_on(lot, old, found)


def _sums(lot: Doc, old: Doc | None, moved: dict[str, int], found: list[str]) -> None:
    """Each bucket holds what it held, and what moved; never less than nothing."""
    after: dict[str, int] = dict(old["buckets"]) if old else dict.fromkeys(BUCKETS, 0)
    for bucket, points in moved.items():
        if bucket:
            after[bucket] = after.get(bucket, 0) + points
    said = lot["buckets"]
    if said != after or set(map(type, said.values())) != _WHOLE:
        found.append(f"lot {lot['id']} does not come to what moved")
    if min(after.values()) < 0:
        found.append(f"lot {lot['id']} goes below nothing")


def _goes_on(lot: Doc, old: Doc, found: list[str]) -> None:
    """A lot goes on in time, and what it was awarded for does not change."""
    if moment(lot["touched_at"]) < moment(old["touched_at"]):
        found.append(f"lot {lot['id']} goes back in time")
    if _FIXED(lot) != _FIXED(old):
        found.append(f"lot {lot['id']} became another")


def _moments(entry: Doc, lot: Doc, old: Doc | None, found: list[str]) -> None:
    """Activation and expiry change only by what may change them, and to what the lot's own rule gives."""
    verb, effective = entry["verb"], moment(entry["effective_at"])
    starts: Any = if_any(lot["activates_at"])
    over: Any = if_any(lot["expires_at"])
    if old is None:
        fine = _begins(entry, lot, starts, over)
    elif verb == "activate":
        same = lot["activates_at"] == old["activates_at"] or entry["reason"] == "event"
        fine = starts is not None and starts <= effective and same and over == ends(lot, starts, starts)
    elif verb == "reschedule":
        fine = starts is not None and over == ends(lot, starts, starts) and lot["buckets"]["pending"] > 0
    elif verb == "extend":
        was: Any = if_any(old["expires_at"])
        same = lot["activates_at"] == old["activates_at"]
        fine = same and lot["idle"] is not None and None not in (starts, was, over)
        fine = fine and was < over <= ends(lot, starts, max(starts, effective))
    else:
        fine = _ENDS(lot) == _ENDS(old)
    if not fine:
        found.append(f"lot {lot['id']}: its moments do not follow")


def _begins(entry: Doc, lot: Doc, starts: datetime | None, over: datetime | None) -> bool:
    """A new lot lapses by its own rule; one that comes from elsewhere may have been made to last longer."""
    awarded, effective = moment(lot["awarded_at"]), moment(entry["effective_at"])
    if entry["verb"] in ("transfer", "give_back"):
        own = None if starts is None else own_end(lot, starts)
        if lot["idle"] is None or starts is None:
            return over == own
        last = ends(lot, starts, max(starts, effective)) if own is None else own
        return over is not None and last is not None and over <= last
    if entry["verb"] == "open":
        end = None if starts is None else ends(lot, starts, max(starts, effective))
        return awarded <= effective and over == end
    return awarded == effective and over == (None if starts is None else ends(lot, starts, starts))


def _use(book: Doc, entry: Doc, found: list[str]) -> None:
    """Nothing is used before it can be or after it lapsed; what lapses or comes in does so as a whole."""
    verb, effective = entry["verb"], moment(entry["effective_at"])
    after = {lot["id"]: lot["buckets"] for lot in entry["lots"]}
    for one in entry["movements"]:
        if (lot := book["lots"].get(one["lot"])) is None:
            continue
        starts, over = if_any(lot["activates_at"]), if_any(lot["expires_at"])
        lapsed = over is not None and effective >= over
        if one["source"] in ("available", "held") and (starts is None or effective < starts):
            found.append(f"lot {one['lot']} is used before it can be")
        # A reservation that came along with its lot is set aside again, whether its points lapsed or not.
        along = verb == "transfer" and entry["opens"]
        if (
            one["source"] == "available"
            and one["target"] in ("spent", "held", "moved")
            and lapsed
            and not along
        ):
            found.append(f"lot {one['lot']} is used after it lapsed")
        if verb == "repay" and lapsed:
            found.append(f"lot {one['lot']} repays after it lapsed")
        if one["target"] == "expired" and not lapsed:
            found.append(f"lot {one['lot']} lapses too early")
        if verb in ("expire", "activate") and after[one["lot"]][one["source"]]:
            found.append(f"lot {one['lot']}: only a part of what is left")


def _burn_order(book: Doc, entry: Doc, found: list[str]) -> None:
    """Points go soonest expiry first, what never lapses last; then earliest activation; then by id."""
    taken = [(one["lot"], one["points"]) for one in entry["movements"] if one["source"] == "available"]
    chosen = entry["verb"] in ("redeem", "reserve", "adjust") or (
        entry["verb"] == "transfer" and entry["reason"] not in WHOLE
    )
    if not taken or not chosen:
        return
    if book["debt"] and entry["verb"] != "adjust":
        found.append("spends while points are owed")
    able = list(book["able"].values())
    far = datetime.max.replace(tzinfo=UTC)
    able.sort(key=lambda lot: (if_any(lot["expires_at"]) or far, moment(lot["activates_at"]), lot["id"]))
    left, due = sum(points for _, points in taken), []
    for lot in able:
        part = min(left, lot["buckets"]["available"])
        due += [(lot["id"], part)] if part else []
        left -= part
    if due != taken:
        found.append("does not take what lapses first")


def _reservation(book: Doc, entry: Doc, found: list[str]) -> None:
    """A reservation begins once and ends once; what is captured is at most what was held, from its front."""
    verb, opens, closes, holds = entry["verb"], entry["opens"], entry["closes"], book["holds"]
    if not opens and not closes and verb not in HOLDING:
        return
    moved = [
        (one["lot"], one["points"]) for one in entry["movements"] if "held" in (one["source"], one["target"])
    ]
    old = holds.get(closes or (opens or {}).get("id"))
    fine = not (opens and closes)
    if verb == "reserve" or (verb == "transfer" and opens):
        fine = fine and opens is not None and old is None and parts(opens) == moved
        fine = fine and moment(opens["ends_at"]) > moment(entry["effective_at"])
    elif verb == "capture":
        first, rest = _divided(parts(old), sum(points for _, points in moved))
        fine = fine and old is not None and first == moved and rest == parts(opens)
        fine = fine and moment(entry["effective_at"]) < moment(old["ends_at"])
        fine = fine and (
            opens is None or (opens["ends_at"], opens["reference"]) == (old["ends_at"], old["reference"])
        )
    elif verb == "void" or (verb == "transfer" and closes):
        fine = fine and old is not None and not opens and parts(old) == moved
        early = moment(entry["effective_at"]) < moment(old["ends_at"]) if old else False
        fine = fine and not (entry["reason"] == "timeout" and early)
    else:
        fine = not opens and not closes
    if not fine:
        found.append("its reservation does not follow")
    holds.pop(closes, None)
    if opens:
        holds[opens["id"]] = opens


def _held(book: Doc, entry: Doc, found: list[str]) -> None:
    """What reservations hold of a lot is what its bucket says."""
    held: dict[str, int] = {}
    for hold in book["holds"].values():
        for lot, points in parts(hold):
            held[lot] = held.get(lot, 0) + points
    for lot in entry["lots"]:
        there, said = held.get(lot["id"], 0), lot["buckets"]["held"]
        if said != there:
            found.append(f"lot {lot['id']}: reservations hold {there}, not {said}")


def _owing(book: Doc, entry: Doc, found: list[str]) -> None:
    """Debts arise by refunds and end by repayment, point by point, and are never below nothing."""
    verb, debt, forgiven = entry["verb"], whole(entry["debt"]), whole(entry["forgiven"])
    moved = sum(one["points"] for one in entry["movements"])
    if verb == "repay":
        fine = debt == -moved
    else:
        fine = debt == 0 or verb == "transfer" or (verb == "reverse" and debt > 0)
    if not fine or forgiven < 0 or (forgiven and verb != "reverse"):
        found.append(f"adds {debt} to the debt and forgives {forgiven}")
    changed = moment(entry["effective_at"])
    if debt and book["owed_at"] is not None and changed < book["owed_at"]:
        found.append("changes the debt before it was changed last")
    book["owed_at"] = changed if debt else book["owed_at"]
    book["debt"] += debt
    if book["debt"] < 0:
        found.append("repays more than is owed")


def _at_rest(book: Doc, found: list[str]) -> None:
    """At the end of a command nobody owes points that she could spend."""
    if book["debt"] and book["able"]:
        found.append("points are owed while others can be spent")


def _never_below_nothing(entries: list[Doc], problems: list[str]) -> None:
    """At no effective moment does any bucket of any lot hold less than nothing."""
    sums: dict[tuple[str, str], int] = {}
    for entry in sorted(entries, key=lambda one: (moment(one["effective_at"]), one["version"])):
        left = []
        for one in entry["movements"]:
            lot, points = one["lot"], one["points"]
            sums[lot, one["target"]] = sums.get((lot, one["target"]), 0) + points
            if one["source"]:
                sums[lot, one["source"]] = sums.get((lot, one["source"]), 0) - points
                left.append((lot, one["source"]))
        if any(sums[one] < 0 for one in left):
            problems.append(f"below nothing at {entry['effective_at']}")
            return


def _divided(held: list[tuple[str, int]], points: int) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    """Divide what a reservation holds into the first so many points, and the rest."""
    first, rest = [], []
    for lot, there in held:
        part = min(there, points)
        points -= part
        first += [(lot, part)] if part else []
        rest += [(lot, there - part)] if there > part else []
    return first, rest
