# ruff: noqa: S608 - statements of the peer are made of fixed words
"""The hand-written peer of the benchmark of stores: the rows of one redemption with the raw driver."""

from __future__ import annotations

from typing import Any

TABLES = {
    "effects": "shop, verb, key, fingerprint, document, proof",
    "entries": "shop, account, version, verb, key, effective_at, recorded_at, document, proof",
    "spendings": "shop, key, account, wallet, order_ref, position, document, proof",
}
PEER = "by-hand"


class ByHand:
    """Writes the rows of one redemption with the driver alone; their texts were made once."""

    def __init__(self, connection: Any, mark: str, template: dict[str, Any], begin: str) -> None:
        self.connection, self.begin = connection, begin
        self.cursor = connection.cursor()
        self.template = template
        self.lock = " FOR NO KEY UPDATE" if mark == "%s" else ""
        self.inserts = {name: self._insert(name, columns, mark) for name, columns in TABLES.items()}
        number = "0" if mark == "?" else "pg_current_xact_id()::text::bigint"
        self.event = (
            "INSERT INTO retailcrm_events (shop, transaction_id, kind, subject, recorded_at, document) "
            f"VALUES ({mark}, {number}, {mark}, {mark}, {mark}, {mark})"
        )
        self.effect = (
            f"SELECT document FROM retailcrm_effects WHERE shop = {mark} AND verb = {mark} AND key = {mark}"
        )
        self.account = (
            f"SELECT version, available FROM retailcrm_accounts WHERE shop = {mark} AND account = {mark}"
        )
        self.update = (
            f"UPDATE retailcrm_accounts SET version = {mark}, available = {mark}, document = {mark}, "
            f"proof = {mark} WHERE shop = {mark} AND account = {mark} AND version = {mark}"
        )
        self.lot = (
            f"UPDATE retailcrm_lots SET available = available - 7, spent = spent + 7, document = {mark}, "
            f"proof = {mark} WHERE shop = {mark} AND account = {mark} AND lot = {mark}"
        )

    @staticmethod
    def _insert(name: str, columns: str, mark: str) -> str:
        marks = ", ".join([mark] * len(columns.split(",")))
        return f"INSERT INTO retailcrm_{name} ({columns}) VALUES ({marks})"

    def redeem(self, n: int) -> None:
        run, t, key = self.cursor.execute, self.template, f"hand:{n}"
        run(self.begin)
        assert run(self.effect, (PEER, "redeem", key)).fetchone() is None
        version, available = run(self.account + self.lock, (PEER, t["account"])).fetchone()
        run(self.inserts["effects"], (PEER, "redeem", key, t["fingerprint"], t["effect"], t["proof"]))
        where = (PEER, t["account"], version)
        run(self.update, (version + 1, available - 7, t["state"], t["proof"], *where))
        run(self.lot, (t["lot"], t["proof"], PEER, t["account"], t["lot_id"]))
        entry = (PEER, t["account"], version + 1, "redeem", key, n, n, t["entry"], t["proof"])
        run(self.inserts["entries"], entry)
        run(self.event, (PEER, "points.moved", t["account"], n, t["event"]))
        spent = (PEER, key, t["account"], "points", "", version + 1, t["spending"], t["proof"])
        run(self.inserts["spendings"], spent)
        run("COMMIT")


def template_of(shop: Any) -> dict[str, Any]:
    """Take the texts of one real redemption."""
    shop.loyalty.redeem("c0", 7, key="template")
    run, account = shop._database.database.executor, "points/c0"  # noqa: SLF001 - the rows themselves

    def text(sql: str, *values: Any) -> Any:
        return run.one(sql, (shop.name, *values))

    state = text("SELECT document, proof FROM retailcrm_accounts WHERE shop = ? AND account = ?", account)
    effect = text(
        "SELECT document, fingerprint FROM retailcrm_effects WHERE shop = ? AND key = ?", "template"
    )
    lot = text("SELECT lot, document FROM retailcrm_lots WHERE shop = ? AND account = ?", account)
    entry = text("SELECT document FROM retailcrm_entries WHERE shop = ? AND key = ?", "template")
    spending = text("SELECT document FROM retailcrm_spendings WHERE shop = ? AND key = ?", "template")
    event = text("SELECT document FROM retailcrm_events WHERE shop = ? AND subject = ?", account)
    return {
        "account": account, "state": state[0], "proof": state[1], "effect": effect[0],
        "fingerprint": effect[1], "lot_id": lot[0], "lot": lot[1], "entry": entry[0],
        "spending": spending[0], "event": event[0],
    }  # fmt: skip
