CREATE TABLE opening (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    site_id text NOT NULL,
    lane text NOT NULL,
    at timestamptz NOT NULL,
    because text
);
CREATE INDEX opening_of_site ON opening (site_id, at);
COMMENT ON TABLE opening IS 'Openings that barriers told of and no command asked for; the others are in outbox with their reason. because NULL: nothing explains it. id is the inbox row.';

GRANT SELECT, INSERT ON opening TO syspark_worker;
GRANT SELECT ON opening TO syspark_web;
ALTER TABLE opening ENABLE ROW LEVEL SECURITY;
CREATE POLICY worker ON opening TO syspark_worker USING (true) WITH CHECK (true);
CREATE POLICY web ON opening TO syspark_web
    USING (organisation_id = (SELECT nullif(current_setting('syspark.organisation_id', true), '')::uuid));
