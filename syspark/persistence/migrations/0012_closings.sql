-- What is shut for good: a day, month or year of a site's ledger, chained to the closing before it.
CREATE TABLE closing (
    site_id text NOT NULL,
    legal_entity_id uuid NOT NULL,
    seq integer NOT NULL CHECK (seq > 0),
    organisation_id uuid NOT NULL,
    period text NOT NULL CHECK (period IN ('day', 'month', 'year')),
    first_day date NOT NULL,
    last_day date NOT NULL,
    made_at timestamptz NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (site_id, legal_entity_id, seq),
    UNIQUE (site_id, legal_entity_id, period, last_day)
);
CREATE INDEX closing_newest ON closing (organisation_id, last_day DESC);
COMMENT ON TABLE closing IS 'Closings of a site''s ledger, never changed; body is what is chained.';

-- An entry of a day that is closed already belongs to the first that is open. Whoever closes waits for the entries
-- under way, and they for it: no entry can slip into a day behind its closing.
CREATE FUNCTION into_an_open_day() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    closed date;
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('syspark closing ' || NEW.site_id, 0));
    SELECT last_day INTO closed FROM closing
    WHERE site_id = NEW.site_id AND legal_entity_id = NEW.legal_entity_id ORDER BY seq DESC LIMIT 1;
    IF NEW.local_day <= closed THEN
        NEW.local_day := closed + 1;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER into_an_open_day BEFORE INSERT ON ledger_entry FOR EACH ROW EXECUTE FUNCTION into_an_open_day();

CREATE FUNCTION never_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is never changed: what was wrong is put right by a counter-entry', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entry
    FOR EACH STATEMENT EXECUTE FUNCTION never_changed();
CREATE TRIGGER never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON closing
    FOR EACH STATEMENT EXECUTE FUNCTION never_changed();

-- What the payment provider says of a day, beside what was booked on it.
CREATE TABLE provider_day (
    site_id text NOT NULL,
    provider text NOT NULL,
    local_day date NOT NULL,
    organisation_id uuid NOT NULL,
    compared_at timestamptz NOT NULL,
    body bytea NOT NULL,
    differences integer NOT NULL,
    PRIMARY KEY (site_id, provider, local_day)
);
CREATE INDEX provider_day_newest ON provider_day (organisation_id, local_day DESC);
COMMENT ON TABLE provider_day IS 'What the provider''s own list says of a day, and where the ledger says otherwise.';

CREATE INDEX ledger_entry_newest ON ledger_entry (organisation_id, local_day DESC);
CREATE INDEX payment_newest ON payment (organisation_id, paid_at DESC) WHERE paid_at IS NOT NULL;
CREATE INDEX payment_disputed ON payment (organisation_id, paid_at DESC) WHERE state = 'disputed';
CREATE INDEX payment_back ON payment (organisation_id, paid_at DESC) WHERE refunded_cents > 0;
CREATE INDEX payment_on_site ON payment (organisation_id, paid_at DESC) WHERE means IN ('cash', 'terminal');
CREATE INDEX payment_checkout ON payment (checkout_ref) WHERE checkout_ref IS NOT NULL;
CREATE INDEX provider_order_refused ON provider_order (organisation_id, created_at DESC) WHERE fate = 'refused';

GRANT SELECT, INSERT ON closing TO syspark_worker;
GRANT SELECT, INSERT, UPDATE ON provider_day TO syspark_worker;
GRANT SELECT ON closing, provider_day TO syspark_web;
ALTER TABLE closing ENABLE ROW LEVEL SECURITY;
ALTER TABLE provider_day ENABLE ROW LEVEL SECURITY;
CREATE POLICY worker ON closing TO syspark_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON provider_day TO syspark_worker USING (true) WITH CHECK (true);
CREATE POLICY web ON closing TO syspark_web
    USING (organisation_id = (SELECT nullif(current_setting('syspark.organisation_id', true), '')::uuid));
CREATE POLICY web ON provider_day TO syspark_web
    USING (organisation_id = (SELECT nullif(current_setting('syspark.organisation_id', true), '')::uuid));
