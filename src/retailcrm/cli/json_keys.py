"""What the JSON documents of the commands hold: the documentation shows it, and a test holds it against them.

Keys are paths: ``files[].name`` is the key ``name`` of each object in the list ``files``; a last ``*`` stands
for whatever keys an object has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

RUN: Final = {
    "version": "Version of this document; keys are only ever added.",
    "command": "The command that wrote it, its words joined by `_`: `points_redeem`, `db_status`.",
    "exit_code": "The exit code of the run.",
}
"""Of every document."""

_DB: Final = {"db": "The database, without its password."}
_ON_A_SHOP: Final = {**_DB, "shop": "Which shop of it."}
_POLICY: Final = {
    "zone": "Time zone of days.",
    "policy_digest": "Equal rules, equal digest.",
}
_OF_FILES: Final = {
    "as_of": "The moment that ends what counts, with its offset.",
    "currency": "ISO 4217 code of every amount; amounts are decimal text.",
    "problem_count": "How many problems the files have.",
}

FAILED: Final = {
    **RUN,
    "error.message": "One sentence in English.",
    "error.code": "A stable word, such as `nobody`, `key-conflict`, `no-points`, `unrecognised`; `null` if "
    "the exit code says all.",
}
"""Of a run that fails, whatever the command."""

IMPORT_FAILED: Final = {
    **FAILED,
    "files": "The tables that were read before, as below; they stay.",
    "not_read": "Names of the files that the run did not come to.",
}

VERB: Final = {
    **RUN,
    **_ON_A_SHOP,
    "outcome": "`done`, `refused` or `unknown`.",
    "key": "The `--key`.",
}
"""Of every verb, whatever it comes to."""

NAMED: Final = {
    "customer": "Whose points: her customer id; who gives, of `transfer`.",
    "found_by": "What led to her: `id`, `phone`, `email`, `order`; `account` where no file names her, `new` "
    "with `--new`.",
}
"""Of ``redeem``, ``reserve``, ``adjust`` and ``transfer`` besides."""

TAKER: Final = {
    "taker": "Who gets the points.",
    "taker_found_by": "What led to her.",
}
"""Of ``transfer`` besides."""

DONE: Final = {
    "account": "The account: wallet and customer id.",
    "account_version": "Its version afterwards: it grows with every entry.",
    "points": "Points that the command moved.",
    "detail.*": "What else there is to say: `value`, what the points are worth in minor units; of `capture` "
    "also `returned`, points of the reservation that it did not spend; of `reserve` "
    "also `reservation`, `ends_at` and `state`: `open`, `captured` or `void` by now.",
    "repeated": "Whether the same command was done before, and not again.",
}
REFUSED: Final = {
    "limit": "A stable word for what stood in the way: `balance`, `debt`, `minimum`, `multiple`, ...",
    "asked": "Points asked for.",
    "allowed": "Points that would have been allowed.",
    "message": "One sentence in English.",
}
UNKNOWN: Final = {"reason": "What went wrong; run it again with the same `--key`."}

POINTS: Final = {
    **RUN,
    **_POLICY,
    **_OF_FILES,
    "wallet": "Which currency of points.",
    "out": "The file of balances that was written.",
    "columns_version": "Version of its columns.",
    "flows.*": "What came in and went out since the beginning, by kind: `issued`, `redeemed`, `expired`, ...",
    "outstanding": "What is left of it.",
    "pending": "Of it, not spendable yet.",
    "available": "Of it, spendable.",
    "held": "Of it, set aside by checkouts.",
    "lapsed": "Points that lapse at this very moment, and are in nobody's balance.",
    "customers": "Customers with any history of points.",
    "holders": "Customers who have any.",
    "expiring[].key": "Month of the last day, or `never`, `waiting`, `lapsed`.",
    "expiring[].points": "Points.",
    "expiring[].customers": "Whose.",
    "expiring[].amount": "What they are expected to cost; `null` in a wallet that is never spent.",
    "liability": "`null` in a wallet that is never spent.",
    "liability.amount": "What the points are expected to cost.",
    "liability.at_most": "What they cost if all are spent.",
    "liability.points_per_unit": "Points that are worth one unit of money, an exact fraction.",
    "liability.expected_share": "Share of their worth that is expected to be spent.",
    "liability.assumed.*": "Why all are taken to be spent, in `zh` and `en`; `null` if there is a forecast.",
    "liability.back_test.*": "How good the forecast would have been: `months`, `forecast`, `actual`, "
    "`error`; else `null`.",
    "orders.paid": "Orders that were paid.",
    "orders.gross": "Their money.",
    "orders.nobody": "Of them, without a buyer who can be told from others.",
    "orders.nobody_gross": "Their money.",
    "orders.credit_notes": "Credit notes that name no order.",
    "orders.earning": "Orders that earned points.",
    "orders.one_by_one": "Orders whose points were followed one by one.",
}
JOURNAL: Final = {
    **RUN,
    **_POLICY,
    **_OF_FILES,
    "wallet": "Which currency of points.",
    "customer": "Her customer id.",
    "pending": "Points not spendable yet.",
    "available": "Spendable.",
    "held": "Set aside by checkouts.",
    "debt": "Owed: taken back after they were spent.",
    "next_expiry": "Last day of the points that lapse next, or `null`.",
    "next_expiry_points": "How many these are.",
    "value": "What her points pay; `null` in a wallet that is never spent.",
    "journal[].at": "When.",
    "journal[].verb": "What happened.",
    "journal[].points": "Points of the movement.",
    "journal[].change": "What it added or took away; 0 where points only became spendable.",
    "journal[].pending": "Pending afterwards.",
    "journal[].available": "Available afterwards.",
    "journal[].about": "What it was for: `order:` with a reference, or another key.",
    "journal[].reason": "Why, where a person or a rule said so.",
    "journal[].actor": "Who, where a person did it.",
}
IMPORT: Final = {
    **RUN,
    **_ON_A_SHOP,
    **_POLICY,
    "currency": "ISO 4217 code of the shop's amounts.",
    "files[].name": "The file, with archive member and sheet.",
    "files[].format": "What read it.",
    "files[].recognised_by": "Why.",
    "files[].records": "Data records; the next four add up to them.",
    "files[].accepted": "Taken.",
    "files[].rejected": "Left out, each with a problem.",
    "files[].blank": "Without content.",
    "files[].passed": "Left out because the mapping asks for others only.",
    "files[].repeated": "Whether the same content was read before.",
    "files[].again": "The same.",
    "files[].exported_at": "Moment of the export.",
    "files[].money_rule.*": "What its amounts mean; `null` where it has none.",
    "files[].rejected_by_code.*": "Rejections by code.",
    "files[].warnings_by_code.*": "Warnings by code.",
    "problem_count": "How many problems there are in all.",
    "problems[].*": "The first hundred; `--problems FILE` writes all.",
}
_DUE: Final = {
    "out": "The file of events that was written, or `null`.",
    "days[].day": "A local day.",
    "days[].event": "What fell due.",
    "days[].wallet": "Which currency of points.",
    "days[].points": "Points.",
    "days[].customers": "Of how many.",
    "events[].at": "When.",
    "events[].event": "What fell due.",
    "events[].customer_id": "Whose.",
    "events[].points": "Points.",
    "events[].wallet": "Which currency of points.",
}
TICK_KEPT: Final = {
    **RUN,
    **_ON_A_SHOP,
    **_POLICY,
    "since": "The moment of the run before.",
    "now": "The moment up to which it wrote.",
    "accounts": "Accounts that it wrote to.",
    **_DUE,
    "events[].reference": "What they were for.",
}
TICK_FILES: Final = {
    **RUN,
    **_POLICY,
    **_OF_FILES,
    "since": "The first moment.",
    **_DUE,
}
VERIFY: Final = {
    **RUN,
    **_DB,
    "rows.*": "Rows by table.",
    "points.*": "By shop and wallet: what was issued, and all places in which it is.",
    "found.*": "How many findings there are of each code.",
    "findings[].shop": "In which shop; empty if it is the database's own.",
    "findings[].table": "In which table; empty between several.",
    "findings[].key": "The row's key, or the account.",
    "findings[].code": "A stable word for the kind.",
    "findings[].message": "One sentence; no personal value stands in it but ids.",
}
DOCTOR: Final = {
    **RUN,
    "db": "The database, without its password; `null` if none was given.",
    "counts.*": "How many there are of each level.",
    "advice[].topic": "A stable word for what was looked at.",
    "advice[].level": "`ok`, `note`, `warning` or `error`.",
    "advice[].zh": "What was seen, and what to do, in Chinese.",
    "advice[].en": "The same in English.",
}
TORTURE: Final = {
    **RUN,
    **_DB,
    "seed": "Of the first round: with it, the same attacks are made again.",
    "parts[].name": "The attack.",
    "parts[].runs": "How often it ran.",
    "parts[].counts.*": "What it counted.",
    "parts[].problems": "Every promise that was broken, in words.",
    "parts[].seconds": "How long it took.",
}
_REVISION: Final = {"revision": "Version of the tables."}
DB_INIT: Final = {**RUN, **_DB, **_REVISION, "created": "Whether they were made now."}
DB_UPGRADE: Final = {**RUN, **_DB, **_REVISION, "was": "Their version before."}
DB_STATUS: Final = {
    **RUN,
    **_DB,
    "kind": "`sqlite` or `postgresql`.",
    "state": "`current`, `empty`, `older` or `newer`.",
    "revision": "Version of the tables; `null` if there are none.",
    "needs": "The version that this library works with.",
    "shops[].shop": "Name of a shop.",
    "shops[].currency": "Its currency.",
    "shops[].zone": "Time zone of its days.",
}
DB_BACKUP: Final = {
    **RUN,
    **_DB,
    **_REVISION,
    "rows": "Rows of a portable backup; `null` of an SQLite file.",
    "out": "The file that was written.",
    "portable": "Whether it can be restored into any database.",
    "bytes": "Its size.",
}
DB_RESTORE: Final = {
    **RUN,
    **_DB,
    **_REVISION,
    "file": "The backup.",
    "was": "Version of its tables.",
    "rows": "Rows of a portable backup; `null` of an SQLite file.",
    "feed_anew": "Whether readers of the event feed have to start anew in any case; else only if something "
    "was written after the backup.",
}

SECTIONS: Final[Mapping[str, tuple[tuple[str, Mapping[str, str]], ...]]] = {
    "every command": (("", RUN), ("Where the run failed", FAILED)),
    "retailcrm points": (("", POINTS),),
    "retailcrm points --customer": (("", JOURNAL),),
    "the verbs of retailcrm points": (
        ("Every verb", VERB),
        ("`redeem`, `reserve`, `adjust` and `transfer` besides", NAMED),
        ("`transfer` besides", TAKER),
        ("where it was done", DONE),
        ("where it was refused", REFUSED),
        ("where nobody knows", UNKNOWN),
    ),
    "retailcrm import": (("", IMPORT), ("Where a file stops the run", IMPORT_FAILED)),
    "retailcrm tick": (("On a database", TICK_KEPT), ("On FILEs", TICK_FILES)),
    "retailcrm verify": (("", VERIFY),),
    "retailcrm doctor": (("", DOCTOR),),
    "retailcrm torture": (("", TORTURE),),
    "retailcrm db init": (("", DB_INIT),),
    "retailcrm db upgrade": (("", DB_UPGRADE),),
    "retailcrm db status": (("", DB_STATUS),),
    "retailcrm db backup": (("", DB_BACKUP),),
    "retailcrm db restore": (("", DB_RESTORE),),
}
"""Documents by command, each in parts; the documentation shows them."""
