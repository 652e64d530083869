CREATE TABLE portal_try (
    organisation_id uuid NOT NULL,
    site_id text,
    who bytea NOT NULL,
    at timestamptz[] NOT NULL,
    last_at timestamptz NOT NULL,
    PRIMARY KEY (organisation_id, who)
);
CREATE INDEX portal_try_last ON portal_try (organisation_id, last_at);
COMMENT ON TABLE portal_try IS 'When a stranger, or for a session any stranger, was answered on the portal in the last hour. Who it is cannot be read.';

GRANT SELECT, INSERT, UPDATE, DELETE ON portal_try TO syspark_web;
ALTER TABLE portal_try ENABLE ROW LEVEL SECURITY;
CREATE POLICY worker ON portal_try TO syspark_worker USING (true) WITH CHECK (true);
CREATE POLICY web ON portal_try TO syspark_web
    USING (organisation_id = (SELECT nullif(current_setting('syspark.organisation_id', true), '')::uuid));
