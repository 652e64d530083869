-- A site that was added without a seller is sold by its organisation's first.
UPDATE site s SET legal_entity_id = (
    SELECT e.id FROM legal_entity e WHERE e.organisation_id = s.organisation_id ORDER BY e.id LIMIT 1)
WHERE legal_entity_id IS NULL;

CREATE TABLE payment (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    site_id text NOT NULL,
    session_id uuid NOT NULL,
    state text NOT NULL,
    means text NOT NULL,
    amount_cents bigint NOT NULL,
    currency text NOT NULL,
    body bytea NOT NULL,
    made_at timestamptz NOT NULL,
    checkout_ref text,
    payment_ref text,
    paid_at timestamptz,
    refunded_cents bigint NOT NULL DEFAULT 0,
    legal_entity_id uuid,
    receipt_number bigint,
    receipt_code text
);
CREATE INDEX payment_of_session ON payment (session_id);
CREATE INDEX payment_of_site ON payment (site_id, paid_at) WHERE paid_at IS NOT NULL;
CREATE INDEX payment_ref ON payment (payment_ref) WHERE payment_ref IS NOT NULL;
CREATE UNIQUE INDEX payment_receipt ON payment (legal_entity_id, receipt_number);
CREATE UNIQUE INDEX payment_receipt_code ON payment (organisation_id, receipt_code);
COMMENT ON TABLE payment IS 'Prices offered to sessions and the payments they became, as pages read them; what they are decided by is the session.';

CREATE TABLE ledger_entry (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    site_id text NOT NULL,
    legal_entity_id uuid,
    session_id uuid NOT NULL,
    at timestamptz NOT NULL,
    local_day date NOT NULL,
    kind text NOT NULL
        CHECK (kind IN ('sale', 'refund', 'counter', 'dispute', 'waiver', 'debt', 'settled-debt')),
    means text NOT NULL,
    amount_cents bigint NOT NULL,
    currency text NOT NULL,
    vat_cents bigint NOT NULL,
    payment_id uuid,
    author text NOT NULL,
    reason text NOT NULL,
    counter_of uuid
);
CREATE INDEX ledger_entry_of_day ON ledger_entry (site_id, local_day);
CREATE INDEX ledger_entry_of_session ON ledger_entry (session_id);
COMMENT ON TABLE ledger_entry IS 'What was booked; never changed, put right by counter-entries.';

CREATE TABLE provider_order (
    id text PRIMARY KEY,
    organisation_id uuid NOT NULL,
    site_id text NOT NULL,
    partition integer NOT NULL,
    session_id uuid NOT NULL,
    body bytea NOT NULL,
    fate text NOT NULL DEFAULT 'waiting' CHECK (fate IN ('waiting', 'done', 'refused')),
    tries integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    done_at timestamptz
);
CREATE INDEX provider_order_waiting ON provider_order (created_at, id) WHERE fate = 'waiting';
CREATE INDEX provider_order_of_session ON provider_order (session_id);
COMMENT ON TABLE provider_order IS 'What the payment provider is to do; id is the idempotency key.';

-- Six characters that nobody mistakes for one another, of which nobody can tell the next.
CREATE FUNCTION new_receipt_code(organisation uuid) RETURNS text LANGUAGE plpgsql VOLATILE STRICT AS $$
DECLARE
    made text;
BEGIN
    LOOP
        SELECT string_agg(substr('23456789ABCDEFGHJKMNPQRSTUVWXYZ', 1 + (get_byte(bytes, place) % 31), 1), '')
        INTO made
        FROM (SELECT uuid_send(gen_random_uuid()) AS bytes) random,
            unnest(ARRAY[0, 1, 2, 3, 4, 5]) AS place;
        EXIT WHEN NOT EXISTS (
            SELECT FROM payment p WHERE p.organisation_id = organisation AND p.receipt_code = made);
    END LOOP;
    RETURN made;
END
$$;

GRANT SELECT, INSERT, UPDATE ON payment, provider_order TO syspark_worker;
GRANT SELECT, INSERT ON ledger_entry TO syspark_worker;
GRANT SELECT ON payment, ledger_entry, provider_order TO syspark_web;
ALTER TABLE payment ENABLE ROW LEVEL SECURITY;
ALTER TABLE ledger_entry ENABLE ROW LEVEL SECURITY;
ALTER TABLE provider_order ENABLE ROW LEVEL SECURITY;
CREATE POLICY worker ON payment TO syspark_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON ledger_entry TO syspark_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON provider_order TO syspark_worker USING (true) WITH CHECK (true);
CREATE POLICY web ON payment TO syspark_web
    USING (organisation_id = (SELECT nullif(current_setting('syspark.organisation_id', true), '')::uuid));
CREATE POLICY web ON ledger_entry TO syspark_web
    USING (organisation_id = (SELECT nullif(current_setting('syspark.organisation_id', true), '')::uuid));
CREATE POLICY web ON provider_order TO syspark_web
    USING (organisation_id = (SELECT nullif(current_setting('syspark.organisation_id', true), '')::uuid));
