-- Partners (hotel desk, clinic, shop) validate plates within a quota and a budget a month.
CREATE TABLE partner (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    site_id text NOT NULL,
    partition integer NOT NULL,
    name text NOT NULL,
    body bytea NOT NULL
);
CREATE UNIQUE INDEX partner_name ON partner (site_id, name);
COMMENT ON TABLE partner IS 'Who validates plates at a site; body is JSON of what one validation gives, quota, budget and dates.';

CREATE TABLE partner_month (
    partner_id uuid NOT NULL REFERENCES partner (id),
    month text NOT NULL,
    organisation_id uuid NOT NULL,
    site_id text NOT NULL,
    validated integer NOT NULL CHECK (validated >= 0),
    held_cents bigint NOT NULL CHECK (held_cents >= 0),
    spent_cents bigint NOT NULL CHECK (spent_cents >= 0),
    PRIMARY KEY (partner_id, month)
);
CREATE INDEX partner_month_of_site ON partner_month (site_id, month);
COMMENT ON TABLE partner_month IS 'How many validations of a month count, what they may cost still and what they have cost.';

CREATE TABLE validation (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    site_id text NOT NULL,
    partner_id uuid NOT NULL REFERENCES partner (id),
    subject uuid NOT NULL,
    month text NOT NULL,
    made_at timestamptz NOT NULL,
    live boolean NOT NULL,
    body bytea NOT NULL
);
CREATE INDEX validation_of_partner ON validation (partner_id, month, made_at DESC);
CREATE INDEX validation_of_site ON validation (site_id, month, made_at DESC);
CREATE INDEX validation_live ON validation (site_id) WHERE live;
COMMENT ON TABLE validation IS 'Plates that partners take over, by their subjects; never deleted: one taken back says so.';

ALTER TABLE operator ADD COLUMN partner_id uuid REFERENCES partner (id);
COMMENT ON COLUMN operator.partner_id IS 'Whose page somebody of the role partner sees, and nothing else.';

ALTER TABLE ledger_entry DROP CONSTRAINT ledger_entry_kind_check;
ALTER TABLE ledger_entry ADD CONSTRAINT ledger_entry_kind_check
    CHECK (kind IN ('sale', 'refund', 'counter', 'dispute', 'waiver', 'debt', 'settled-debt', 'validation'));

GRANT SELECT, INSERT, UPDATE ON partner, partner_month, validation TO syspark_worker;
GRANT SELECT ON partner, partner_month, validation TO syspark_web;
ALTER TABLE partner ENABLE ROW LEVEL SECURITY;
ALTER TABLE partner_month ENABLE ROW LEVEL SECURITY;
ALTER TABLE validation ENABLE ROW LEVEL SECURITY;
CREATE POLICY worker ON partner TO syspark_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON partner_month TO syspark_worker USING (true) WITH CHECK (true);
CREATE POLICY worker ON validation TO syspark_worker USING (true) WITH CHECK (true);
CREATE POLICY web ON partner TO syspark_web
    USING (organisation_id = (SELECT nullif(current_setting('syspark.organisation_id', true), '')::uuid));
CREATE POLICY web ON partner_month TO syspark_web
    USING (organisation_id = (SELECT nullif(current_setting('syspark.organisation_id', true), '')::uuid));
CREATE POLICY web ON validation TO syspark_web
    USING (organisation_id = (SELECT nullif(current_setting('syspark.organisation_id', true), '')::uuid));
