-- What version 0001 left: its tables, as it created them, and a few rows. Never changed.

CREATE TABLE retailcrm_alembic_version (
    version_num VARCHAR(32) NOT NULL,
    CONSTRAINT retailcrm_alembic_version_pkc PRIMARY KEY (version_num)
);

CREATE TABLE retailcrm_accounts (
    shop TEXT NOT NULL,
    account TEXT NOT NULL,
    version INTEGER NOT NULL,
    recorded_at INTEGER,
    settled_at INTEGER,
    pending INTEGER NOT NULL,
    available INTEGER NOT NULL,
    held INTEGER NOT NULL,
    debt INTEGER NOT NULL,
    next_change_at INTEGER,
    document TEXT NOT NULL,
    proof TEXT NOT NULL,
    PRIMARY KEY (shop, account),
    CONSTRAINT not_below_zero CHECK (version >= 0 AND pending >= 0 AND available >= 0 AND held >= 0 AND debt >= 0)
)
 WITHOUT ROWID,
 STRICT;

CREATE INDEX retailcrm_accounts_due ON retailcrm_accounts (shop, next_change_at) WHERE next_change_at IS NOT NULL;

CREATE TABLE retailcrm_awards (
    shop TEXT NOT NULL,
    wallet TEXT NOT NULL,
    reference TEXT NOT NULL,
    account TEXT NOT NULL,
    known TEXT NOT NULL,
    document TEXT NOT NULL,
    proof TEXT NOT NULL,
    PRIMARY KEY (shop, wallet, reference)
) STRICT;

CREATE INDEX retailcrm_awards_account ON retailcrm_awards (shop, account);

CREATE TABLE retailcrm_clocks (
    shop TEXT NOT NULL,
    advanced_at INTEGER NOT NULL,
    proof TEXT NOT NULL,
    PRIMARY KEY (shop)
) STRICT;

CREATE TABLE retailcrm_effects (
    shop TEXT NOT NULL,
    verb TEXT NOT NULL,
    "key" TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    document TEXT NOT NULL,
    proof TEXT NOT NULL,
    PRIMARY KEY (shop, verb, "key")
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE retailcrm_entries (
    shop TEXT NOT NULL,
    account TEXT NOT NULL,
    version INTEGER NOT NULL,
    verb TEXT NOT NULL,
    "key" TEXT NOT NULL,
    effective_at INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    document TEXT NOT NULL,
    proof TEXT NOT NULL,
    PRIMARY KEY (shop, account, version),
    CONSTRAINT versions_from_one CHECK (version >= 1)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE retailcrm_events (
    position INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    shop TEXT NOT NULL,
    transaction_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    document TEXT NOT NULL,
    proof TEXT
) STRICT;

CREATE INDEX retailcrm_events_shop ON retailcrm_events (shop, transaction_id, position);

CREATE TABLE retailcrm_files (
    shop TEXT NOT NULL,
    file INTEGER NOT NULL,
    digest TEXT NOT NULL,
    name TEXT NOT NULL,
    source TEXT NOT NULL,
    platform TEXT NOT NULL,
    exported_at INTEGER NOT NULL,
    imported_at INTEGER NOT NULL,
    buyers_only INTEGER NOT NULL,
    account TEXT NOT NULL,
    told TEXT NOT NULL,
    grains TEXT NOT NULL,
    proof TEXT NOT NULL,
    PRIMARY KEY (shop, file),
    CONSTRAINT retailcrm_files_digest UNIQUE (shop, digest)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE retailcrm_holds (
    shop TEXT NOT NULL,
    hold TEXT NOT NULL,
    account TEXT NOT NULL,
    ends_at INTEGER NOT NULL,
    PRIMARY KEY (shop, hold)
) STRICT;

CREATE TABLE retailcrm_lots (
    shop TEXT NOT NULL,
    account TEXT NOT NULL,
    lot TEXT NOT NULL,
    pending INTEGER NOT NULL,
    available INTEGER NOT NULL,
    held INTEGER NOT NULL,
    spent INTEGER NOT NULL,
    expired INTEGER NOT NULL,
    reversed INTEGER NOT NULL,
    moved INTEGER NOT NULL,
    document TEXT NOT NULL,
    proof TEXT NOT NULL,
    PRIMARY KEY (shop, account, lot),
    CONSTRAINT not_below_zero CHECK (pending >= 0 AND available >= 0 AND held >= 0 AND spent >= 0 AND expired >= 0 AND reversed >= 0 AND moved >= 0)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE retailcrm_merged (
    shop TEXT NOT NULL,
    gone TEXT NOT NULL,
    keep TEXT NOT NULL,
    proof TEXT NOT NULL,
    PRIMARY KEY (shop, gone)
) STRICT;

CREATE INDEX retailcrm_merged_keep ON retailcrm_merged (shop, keep);

CREATE TABLE retailcrm_merges (
    shop TEXT NOT NULL,
    position INTEGER NOT NULL,
    document TEXT NOT NULL,
    proof TEXT NOT NULL,
    PRIMARY KEY (shop, position)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE retailcrm_observed_customers (
    shop TEXT NOT NULL,
    file INTEGER NOT NULL,
    place INTEGER NOT NULL,
    record INTEGER NOT NULL,
    buyer TEXT,
    name TEXT,
    phone TEXT,
    email TEXT,
    address TEXT,
    province TEXT,
    city TEXT,
    gender INTEGER,
    birthday INTEGER,
    joined_at INTEGER,
    level TEXT,
    points INTEGER,
    source TEXT,
    tags TEXT,
    consent INTEGER,
    consent_sms INTEGER,
    consent_email INTEGER,
    who TEXT,
    PRIMARY KEY (shop, file, place)
)
 WITHOUT ROWID,
 STRICT;

CREATE INDEX retailcrm_observed_customers_who ON retailcrm_observed_customers (shop, who);

CREATE TABLE retailcrm_observed_lines (
    shop TEXT NOT NULL,
    file INTEGER NOT NULL,
    place INTEGER NOT NULL,
    record INTEGER NOT NULL,
    number TEXT,
    line TEXT,
    buyer TEXT,
    state INTEGER,
    placed_at INTEGER,
    paid_at INTEGER,
    product TEXT,
    category TEXT,
    quantity INTEGER,
    amount INTEGER,
    refunded INTEGER,
    credit INTEGER,
    province TEXT,
    city TEXT,
    PRIMARY KEY (shop, file, place)
)
 WITHOUT ROWID,
 STRICT;

CREATE INDEX retailcrm_observed_lines_line ON retailcrm_observed_lines (shop, line);

CREATE INDEX retailcrm_observed_lines_number ON retailcrm_observed_lines (shop, number);

CREATE TABLE retailcrm_observed_orders (
    shop TEXT NOT NULL,
    file INTEGER NOT NULL,
    place INTEGER NOT NULL,
    record INTEGER NOT NULL,
    number TEXT,
    buyer TEXT,
    state INTEGER,
    placed_at INTEGER,
    paid_at INTEGER,
    shipped_at INTEGER,
    received_at INTEGER,
    completed_at INTEGER,
    total INTEGER,
    paid INTEGER,
    postage INTEGER,
    refunded INTEGER,
    refunded_at INTEGER,
    province TEXT,
    city TEXT,
    channel TEXT,
    name TEXT,
    phone TEXT,
    email TEXT,
    address TEXT,
    gifts TEXT,
    PRIMARY KEY (shop, file, place)
)
 WITHOUT ROWID,
 STRICT;

CREATE INDEX retailcrm_observed_orders_number ON retailcrm_observed_orders (shop, number);

CREATE TABLE retailcrm_observed_parcels (
    shop TEXT NOT NULL,
    file INTEGER NOT NULL,
    place INTEGER NOT NULL,
    record INTEGER NOT NULL,
    number TEXT,
    parcel TEXT,
    carrier TEXT,
    event INTEGER,
    at INTEGER,
    shipped_at INTEGER,
    arrived_at INTEGER,
    attempt_failed_at INTEGER,
    unreachable_at INTEGER,
    signed_at INTEGER,
    returned_at INTEGER,
    PRIMARY KEY (shop, file, place)
)
 WITHOUT ROWID,
 STRICT;

CREATE INDEX retailcrm_observed_parcels_number ON retailcrm_observed_parcels (shop, number);

CREATE TABLE retailcrm_observed_products (
    shop TEXT NOT NULL,
    file INTEGER NOT NULL,
    place INTEGER NOT NULL,
    record INTEGER NOT NULL,
    product TEXT,
    title TEXT,
    category TEXT,
    cost INTEGER,
    price INTEGER,
    stock INTEGER,
    on_shelf INTEGER,
    on_shelf_since INTEGER,
    PRIMARY KEY (shop, file, place)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE retailcrm_observed_refunds (
    shop TEXT NOT NULL,
    file INTEGER NOT NULL,
    place INTEGER NOT NULL,
    record INTEGER NOT NULL,
    refund TEXT,
    number TEXT,
    amount INTEGER,
    settled_at INTEGER,
    asked_at INTEGER,
    reason TEXT,
    PRIMARY KEY (shop, file, place)
)
 WITHOUT ROWID,
 STRICT;

CREATE INDEX retailcrm_observed_refunds_number ON retailcrm_observed_refunds (shop, number);

CREATE TABLE retailcrm_observed_reviews (
    shop TEXT NOT NULL,
    file INTEGER NOT NULL,
    place INTEGER NOT NULL,
    record INTEGER NOT NULL,
    review TEXT,
    number TEXT,
    buyer TEXT,
    product TEXT,
    score INTEGER,
    text TEXT,
    at INTEGER,
    second_text TEXT,
    second_at INTEGER,
    who TEXT,
    PRIMARY KEY (shop, file, place)
)
 WITHOUT ROWID,
 STRICT;

CREATE INDEX retailcrm_observed_reviews_number ON retailcrm_observed_reviews (shop, number);

CREATE INDEX retailcrm_observed_reviews_who ON retailcrm_observed_reviews (shop, who);

CREATE TABLE retailcrm_orders (
    shop TEXT NOT NULL,
    platform TEXT NOT NULL,
    number TEXT NOT NULL,
    customer TEXT NOT NULL,
    strength INTEGER NOT NULL,
    placed_at INTEGER,
    paid_at INTEGER,
    shipped_at INTEGER,
    received_at INTEGER,
    completed_at INTEGER,
    state INTEGER NOT NULL,
    credit INTEGER NOT NULL,
    gross INTEGER NOT NULL,
    refunded INTEGER NOT NULL,
    refunded_at INTEGER,
    first_seen INTEGER,
    province TEXT,
    city TEXT,
    channel TEXT,
    postage INTEGER,
    PRIMARY KEY (shop, platform, number)
)
 WITHOUT ROWID,
 STRICT;

CREATE INDEX retailcrm_orders_customer ON retailcrm_orders (shop, customer);

CREATE TABLE retailcrm_policies (
    shop TEXT NOT NULL,
    digest TEXT NOT NULL,
    valid_from INTEGER NOT NULL,
    document TEXT NOT NULL,
    proof TEXT NOT NULL,
    PRIMARY KEY (shop, digest)
) STRICT;

CREATE TABLE retailcrm_referrals (
    shop TEXT NOT NULL,
    referred TEXT NOT NULL,
    order_ref TEXT NOT NULL,
    document TEXT NOT NULL,
    proof TEXT NOT NULL,
    PRIMARY KEY (shop, referred)
) STRICT;

CREATE INDEX retailcrm_referrals_order ON retailcrm_referrals (shop, order_ref);

CREATE TABLE retailcrm_refunds (
    shop TEXT NOT NULL,
    wallet TEXT NOT NULL,
    order_ref TEXT NOT NULL,
    document TEXT NOT NULL,
    proof TEXT NOT NULL,
    PRIMARY KEY (shop, wallet, order_ref)
) STRICT;

CREATE TABLE retailcrm_rolled (
    shop TEXT NOT NULL,
    rules TEXT NOT NULL,
    file INTEGER NOT NULL,
    unknown TEXT NOT NULL,
    proof TEXT NOT NULL,
    PRIMARY KEY (shop, rules)
) STRICT;

CREATE TABLE retailcrm_rules (
    shop TEXT NOT NULL,
    digest TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (shop, digest)
) STRICT;

CREATE TABLE retailcrm_shops (
    shop TEXT NOT NULL,
    currency TEXT NOT NULL,
    zone TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    followed TEXT NOT NULL,
    observed_at INTEGER,
    decisions INTEGER DEFAULT '0' NOT NULL,
    proof TEXT NOT NULL,
    PRIMARY KEY (shop)
) STRICT;

CREATE TABLE retailcrm_spendings (
    shop TEXT NOT NULL,
    "key" TEXT NOT NULL,
    account TEXT NOT NULL,
    wallet TEXT NOT NULL,
    order_ref TEXT NOT NULL,
    position INTEGER NOT NULL,
    document TEXT NOT NULL,
    proof TEXT NOT NULL,
    PRIMARY KEY (shop, "key")
)
 WITHOUT ROWID,
 STRICT;

CREATE INDEX retailcrm_spendings_account ON retailcrm_spendings (shop, account);

CREATE INDEX retailcrm_spendings_order ON retailcrm_spendings (shop, wallet, order_ref) WHERE order_ref <> '';

CREATE TABLE retailcrm_stale (
    shop TEXT NOT NULL,
    customer TEXT NOT NULL,
    proof TEXT NOT NULL,
    PRIMARY KEY (shop, customer)
) STRICT;

CREATE TABLE retailcrm_stocks (
    shop TEXT NOT NULL,
    reward TEXT NOT NULL,
    version INTEGER NOT NULL,
    document TEXT NOT NULL,
    proof TEXT NOT NULL,
    PRIMARY KEY (shop, reward),
    CONSTRAINT not_below_zero CHECK (version >= 0)
) STRICT;

CREATE TABLE retailcrm_summaries (
    shop TEXT NOT NULL,
    rules TEXT NOT NULL,
    first TEXT NOT NULL,
    customers INTEGER NOT NULL,
    packed TEXT NOT NULL,
    proof TEXT NOT NULL,
    PRIMARY KEY (shop, rules, first)
) STRICT;

-- What was written stays: a correction is another entry.

CREATE TRIGGER retailcrm_entries_keep BEFORE UPDATE ON retailcrm_entries
BEGIN
    SELECT RAISE(ABORT, 'retailcrm_entries is append-only: write another entry');
END;

CREATE TRIGGER retailcrm_entries_stay BEFORE DELETE ON retailcrm_entries
BEGIN
    SELECT RAISE(ABORT, 'retailcrm_entries is append-only: write another entry');
END;

INSERT INTO retailcrm_alembic_version VALUES ('0001');

INSERT INTO retailcrm_shops (shop, currency, zone, created_at, followed, observed_at, decisions, proof) VALUES ('main', 'CNY', 'Asia/Shanghai', 1700000000000000, '', NULL, 0, 'x');

INSERT INTO retailcrm_accounts (shop, account, version, recorded_at, settled_at, pending, available, held, debt, next_change_at, document, proof) VALUES ('main', 'ann', 2, 1700000000000001, NULL, 0, 9007199254740993, 0, 0, NULL, '{"谁":"小明"}', 'x');

INSERT INTO retailcrm_entries (shop, account, version, verb, key, effective_at, recorded_at, document, proof) VALUES ('main', 'ann', 1, 'earn', 'order:1', 1700000000000000, 1700000000000000, '{}', 'x');

INSERT INTO retailcrm_entries (shop, account, version, verb, key, effective_at, recorded_at, document, proof) VALUES ('main', 'ann', 2, 'redeem', 'cart:''1''', 1700000000000001, 1700000000000001, '{"谁":"小明"}', 'x');

INSERT INTO retailcrm_events (shop, transaction_id, kind, subject, recorded_at, document) VALUES ('main', 0, 'points.moved', 'ann', 1700000000000001, '{}');

INSERT INTO retailcrm_orders (shop, platform, number, customer, strength, state, credit, gross, refunded) VALUES ('main', 'taobao', '1', 'ann', 1, 1, 1, 100, 0);
