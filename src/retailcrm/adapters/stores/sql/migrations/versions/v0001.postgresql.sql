-- Version 0001, as it was released: it never changes. Changes are versions of their own.

CREATE TABLE retailcrm_accounts (
    shop TEXT COLLATE "C" NOT NULL,
    account TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    recorded_at BIGINT,
    settled_at BIGINT,
    pending BIGINT NOT NULL,
    available BIGINT NOT NULL,
    held BIGINT NOT NULL,
    debt BIGINT NOT NULL,
    next_change_at BIGINT,
    document TEXT COLLATE "C" NOT NULL,
    proof TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (shop, account),
    CONSTRAINT not_below_zero CHECK (version >= 0 AND pending >= 0 AND available >= 0 AND held >= 0 AND debt >= 0)
);

CREATE INDEX retailcrm_accounts_due ON retailcrm_accounts (shop, next_change_at) WHERE next_change_at IS NOT NULL;

CREATE TABLE retailcrm_awards (
    shop TEXT COLLATE "C" NOT NULL,
    wallet TEXT COLLATE "C" NOT NULL,
    reference TEXT COLLATE "C" NOT NULL,
    account TEXT COLLATE "C" NOT NULL,
    known TEXT COLLATE "C" NOT NULL,
    document TEXT COLLATE "C" NOT NULL,
    proof TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (shop, wallet, reference)
);

CREATE INDEX retailcrm_awards_account ON retailcrm_awards (shop, account);

CREATE TABLE retailcrm_clocks (
    shop TEXT COLLATE "C" NOT NULL,
    advanced_at BIGINT NOT NULL,
    proof TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (shop)
);

CREATE TABLE retailcrm_effects (
    shop TEXT COLLATE "C" NOT NULL,
    verb TEXT COLLATE "C" NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    fingerprint TEXT COLLATE "C" NOT NULL,
    document TEXT COLLATE "C" NOT NULL,
    proof TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (shop, verb, key)
);

CREATE TABLE retailcrm_entries (
    shop TEXT COLLATE "C" NOT NULL,
    account TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    verb TEXT COLLATE "C" NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    effective_at BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    document TEXT COLLATE "C" NOT NULL,
    proof TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (shop, account, version),
    CONSTRAINT versions_from_one CHECK (version >= 1)
);

CREATE TABLE retailcrm_events (
    position BIGINT GENERATED ALWAYS AS IDENTITY,
    shop TEXT COLLATE "C" NOT NULL,
    transaction_id BIGINT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    recorded_at BIGINT NOT NULL,
    document TEXT COLLATE "C" NOT NULL,
    proof TEXT COLLATE "C",
    PRIMARY KEY (position)
);

CREATE INDEX retailcrm_events_shop ON retailcrm_events (shop, transaction_id, position);

CREATE TABLE retailcrm_files (
    shop TEXT COLLATE "C" NOT NULL,
    file BIGINT NOT NULL,
    digest TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    source TEXT COLLATE "C" NOT NULL,
    platform TEXT COLLATE "C" NOT NULL,
    exported_at BIGINT NOT NULL,
    imported_at BIGINT NOT NULL,
    buyers_only BIGINT NOT NULL,
    account TEXT COLLATE "C" NOT NULL,
    told TEXT COLLATE "C" NOT NULL,
    grains TEXT COLLATE "C" NOT NULL,
    proof TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (shop, file),
    CONSTRAINT retailcrm_files_digest UNIQUE (shop, digest)
);

CREATE TABLE retailcrm_holds (
    shop TEXT COLLATE "C" NOT NULL,
    hold TEXT COLLATE "C" NOT NULL,
    account TEXT COLLATE "C" NOT NULL,
    ends_at BIGINT NOT NULL,
    PRIMARY KEY (shop, hold)
);

CREATE TABLE retailcrm_lots (
    shop TEXT COLLATE "C" NOT NULL,
    account TEXT COLLATE "C" NOT NULL,
    lot TEXT COLLATE "C" NOT NULL,
    pending BIGINT NOT NULL,
    available BIGINT NOT NULL,
    held BIGINT NOT NULL,
    spent BIGINT NOT NULL,
    expired BIGINT NOT NULL,
    reversed BIGINT NOT NULL,
    moved BIGINT NOT NULL,
    document TEXT COLLATE "C" NOT NULL,
    proof TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (shop, account, lot),
    CONSTRAINT not_below_zero CHECK (pending >= 0 AND available >= 0 AND held >= 0 AND spent >= 0 AND expired >= 0 AND reversed >= 0 AND moved >= 0)
);

CREATE TABLE retailcrm_merged (
    shop TEXT COLLATE "C" NOT NULL,
    gone TEXT COLLATE "C" NOT NULL,
    keep TEXT COLLATE "C" NOT NULL,
    proof TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (shop, gone)
);

CREATE INDEX retailcrm_merged_keep ON retailcrm_merged (shop, keep);

CREATE TABLE retailcrm_merges (
    shop TEXT COLLATE "C" NOT NULL,
    position BIGINT NOT NULL,
    document TEXT COLLATE "C" NOT NULL,
    proof TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (shop, position)
);

CREATE TABLE retailcrm_observed_customers (
    shop TEXT COLLATE "C" NOT NULL,
    file BIGINT NOT NULL,
    place BIGINT NOT NULL,
    record BIGINT NOT NULL,
    buyer TEXT COLLATE "C",
    name TEXT COLLATE "C",
    phone TEXT COLLATE "C",
    email TEXT COLLATE "C",
    address TEXT COLLATE "C",
    province TEXT COLLATE "C",
    city TEXT COLLATE "C",
    gender BIGINT,
    birthday BIGINT,
    joined_at BIGINT,
    level TEXT COLLATE "C",
    points BIGINT,
    source TEXT COLLATE "C",
    tags TEXT COLLATE "C",
    consent BIGINT,
    consent_sms BIGINT,
    consent_email BIGINT,
    who TEXT COLLATE "C",
    PRIMARY KEY (shop, file, place)
);

CREATE INDEX retailcrm_observed_customers_who ON retailcrm_observed_customers (shop, who);

CREATE TABLE retailcrm_observed_lines (
    shop TEXT COLLATE "C" NOT NULL,
    file BIGINT NOT NULL,
    place BIGINT NOT NULL,
    record BIGINT NOT NULL,
    number TEXT COLLATE "C",
    line TEXT COLLATE "C",
    buyer TEXT COLLATE "C",
    state BIGINT,
    placed_at BIGINT,
    paid_at BIGINT,
    product TEXT COLLATE "C",
    category TEXT COLLATE "C",
    quantity BIGINT,
    amount BIGINT,
    refunded BIGINT,
    credit BIGINT,
    province TEXT COLLATE "C",
    city TEXT COLLATE "C",
    PRIMARY KEY (shop, file, place)
);

CREATE INDEX retailcrm_observed_lines_line ON retailcrm_observed_lines (shop, line);

CREATE INDEX retailcrm_observed_lines_number ON retailcrm_observed_lines (shop, number);

CREATE TABLE retailcrm_observed_orders (
    shop TEXT COLLATE "C" NOT NULL,
    file BIGINT NOT NULL,
    place BIGINT NOT NULL,
    record BIGINT NOT NULL,
    number TEXT COLLATE "C",
    buyer TEXT COLLATE "C",
    state BIGINT,
    placed_at BIGINT,
    paid_at BIGINT,
    shipped_at BIGINT,
    received_at BIGINT,
    completed_at BIGINT,
    total BIGINT,
    paid BIGINT,
    postage BIGINT,
    refunded BIGINT,
    refunded_at BIGINT,
    province TEXT COLLATE "C",
    city TEXT COLLATE "C",
    channel TEXT COLLATE "C",
    name TEXT COLLATE "C",
    phone TEXT COLLATE "C",
    email TEXT COLLATE "C",
    address TEXT COLLATE "C",
    gifts TEXT COLLATE "C",
    PRIMARY KEY (shop, file, place)
);

CREATE INDEX retailcrm_observed_orders_number ON retailcrm_observed_orders (shop, number);

CREATE TABLE retailcrm_observed_parcels (
    shop TEXT COLLATE "C" NOT NULL,
    file BIGINT NOT NULL,
    place BIGINT NOT NULL,
    record BIGINT NOT NULL,
    number TEXT COLLATE "C",
    parcel TEXT COLLATE "C",
    carrier TEXT COLLATE "C",
    event BIGINT,
    at BIGINT,
    shipped_at BIGINT,
    arrived_at BIGINT,
    attempt_failed_at BIGINT,
    unreachable_at BIGINT,
    signed_at BIGINT,
    returned_at BIGINT,
    PRIMARY KEY (shop, file, place)
);

CREATE INDEX retailcrm_observed_parcels_number ON retailcrm_observed_parcels (shop, number);

CREATE TABLE retailcrm_observed_products (
    shop TEXT COLLATE "C" NOT NULL,
    file BIGINT NOT NULL,
    place BIGINT NOT NULL,
    record BIGINT NOT NULL,
    product TEXT COLLATE "C",
    title TEXT COLLATE "C",
    category TEXT COLLATE "C",
    cost BIGINT,
    price BIGINT,
    stock BIGINT,
    on_shelf BIGINT,
    on_shelf_since BIGINT,
    PRIMARY KEY (shop, file, place)
);

CREATE TABLE retailcrm_observed_refunds (
    shop TEXT COLLATE "C" NOT NULL,
    file BIGINT NOT NULL,
    place BIGINT NOT NULL,
    record BIGINT NOT NULL,
    refund TEXT COLLATE "C",
    number TEXT COLLATE "C",
    amount BIGINT,
    settled_at BIGINT,
    asked_at BIGINT,
    reason TEXT COLLATE "C",
    PRIMARY KEY (shop, file, place)
);

CREATE INDEX retailcrm_observed_refunds_number ON retailcrm_observed_refunds (shop, number);

CREATE TABLE retailcrm_observed_reviews (
    shop TEXT COLLATE "C" NOT NULL,
    file BIGINT NOT NULL,
    place BIGINT NOT NULL,
    record BIGINT NOT NULL,
    review TEXT COLLATE "C",
    number TEXT COLLATE "C",
    buyer TEXT COLLATE "C",
    product TEXT COLLATE "C",
    score BIGINT,
    text TEXT COLLATE "C",
    at BIGINT,
    second_text TEXT COLLATE "C",
    second_at BIGINT,
    who TEXT COLLATE "C",
    PRIMARY KEY (shop, file, place)
);

CREATE INDEX retailcrm_observed_reviews_number ON retailcrm_observed_reviews (shop, number);

CREATE INDEX retailcrm_observed_reviews_who ON retailcrm_observed_reviews (shop, who);

CREATE TABLE retailcrm_orders (
    shop TEXT COLLATE "C" NOT NULL,
    platform TEXT COLLATE "C" NOT NULL,
    number TEXT COLLATE "C" NOT NULL,
    customer TEXT COLLATE "C" NOT NULL,
    strength BIGINT NOT NULL,
    placed_at BIGINT,
    paid_at BIGINT,
    shipped_at BIGINT,
    received_at BIGINT,
    completed_at BIGINT,
    state BIGINT NOT NULL,
    credit BIGINT NOT NULL,
    gross BIGINT NOT NULL,
    refunded BIGINT NOT NULL,
    refunded_at BIGINT,
    first_seen BIGINT,
    province TEXT COLLATE "C",
    city TEXT COLLATE "C",
    channel TEXT COLLATE "C",
    postage BIGINT,
    PRIMARY KEY (shop, platform, number)
);

CREATE INDEX retailcrm_orders_customer ON retailcrm_orders (shop, customer);

CREATE TABLE retailcrm_policies (
    shop TEXT COLLATE "C" NOT NULL,
    digest TEXT COLLATE "C" NOT NULL,
    valid_from BIGINT NOT NULL,
    document TEXT COLLATE "C" NOT NULL,
    proof TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (shop, digest)
);

CREATE TABLE retailcrm_referrals (
    shop TEXT COLLATE "C" NOT NULL,
    referred TEXT COLLATE "C" NOT NULL,
    order_ref TEXT COLLATE "C" NOT NULL,
    document TEXT COLLATE "C" NOT NULL,
    proof TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (shop, referred)
);

CREATE INDEX retailcrm_referrals_order ON retailcrm_referrals (shop, order_ref);

CREATE TABLE retailcrm_refunds (
    shop TEXT COLLATE "C" NOT NULL,
    wallet TEXT COLLATE "C" NOT NULL,
    order_ref TEXT COLLATE "C" NOT NULL,
    document TEXT COLLATE "C" NOT NULL,
    proof TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (shop, wallet, order_ref)
);

CREATE TABLE retailcrm_rolled (
    shop TEXT COLLATE "C" NOT NULL,
    rules TEXT COLLATE "C" NOT NULL,
    file BIGINT NOT NULL,
    unknown TEXT COLLATE "C" NOT NULL,
    proof TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (shop, rules)
);

CREATE TABLE retailcrm_rules (
    shop TEXT COLLATE "C" NOT NULL,
    digest TEXT COLLATE "C" NOT NULL,
    document TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (shop, digest)
);

CREATE TABLE retailcrm_shops (
    shop TEXT COLLATE "C" NOT NULL,
    currency TEXT COLLATE "C" NOT NULL,
    zone TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    followed TEXT COLLATE "C" NOT NULL,
    observed_at BIGINT,
    decisions BIGINT DEFAULT '0' NOT NULL,
    proof TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (shop)
);

CREATE TABLE retailcrm_spendings (
    shop TEXT COLLATE "C" NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    account TEXT COLLATE "C" NOT NULL,
    wallet TEXT COLLATE "C" NOT NULL,
    order_ref TEXT COLLATE "C" NOT NULL,
    position BIGINT NOT NULL,
    document TEXT COLLATE "C" NOT NULL,
    proof TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (shop, key)
);

CREATE INDEX retailcrm_spendings_account ON retailcrm_spendings (shop, account);

CREATE INDEX retailcrm_spendings_order ON retailcrm_spendings (shop, wallet, order_ref) WHERE order_ref <> '';

CREATE TABLE retailcrm_stale (
    shop TEXT COLLATE "C" NOT NULL,
    customer TEXT COLLATE "C" NOT NULL,
    proof TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (shop, customer)
);

CREATE TABLE retailcrm_stocks (
    shop TEXT COLLATE "C" NOT NULL,
    reward TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    document TEXT COLLATE "C" NOT NULL,
    proof TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (shop, reward),
    CONSTRAINT not_below_zero CHECK (version >= 0)
);

CREATE TABLE retailcrm_summaries (
    shop TEXT COLLATE "C" NOT NULL,
    rules TEXT COLLATE "C" NOT NULL,
    first TEXT COLLATE "C" NOT NULL,
    customers BIGINT NOT NULL,
    packed TEXT COLLATE "C" NOT NULL,
    proof TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (shop, rules, first)
);

-- What was written stays: a correction is another entry.

CREATE FUNCTION retailcrm_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'retailcrm_entries is append-only: write another entry';
END
$$;

CREATE TRIGGER retailcrm_entries_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON retailcrm_entries
    FOR EACH STATEMENT EXECUTE FUNCTION retailcrm_append_only();
