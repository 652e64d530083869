-- A plate has one subject at a site; an erased subject has no plate. A second writer would make another: refused.
DROP INDEX subject_plate;
CREATE UNIQUE INDEX subject_plate ON subject (site_id, plate) WHERE plate IS NOT NULL;

CREATE TABLE witness (
    session_id uuid NOT NULL,
    cause uuid NOT NULL,
    holder_key text NOT NULL,
    organisation_id uuid NOT NULL,
    site_id text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('badge', 'plate', 'pin')),
    lane text NOT NULL,
    read_at timestamptz NOT NULL,
    confidence double precision,
    -- The times of two readings may be the same, since untimed facts share the one before them; their rows differ.
    PRIMARY KEY (session_id, cause, holder_key),
    -- Joined to its subject whenever sessions are read: one bad key would stop the site's actor for ever.
    CHECK (kind <> 'plate' OR holder_key ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$')
);
-- Whose latest session it is: session ids are in the order of time.
CREATE INDEX witness_of_holder ON witness (site_id, holder_key, session_id);
COMMENT ON TABLE witness IS 'What speaks for a session''s vehicle. A plate''s holder key is its subject''s id; cause is the inbox row, and the photo''s id.';

GRANT SELECT, INSERT, UPDATE, DELETE ON witness TO syspark_worker;
GRANT SELECT ON witness TO syspark_web;
ALTER TABLE witness ENABLE ROW LEVEL SECURITY;
CREATE POLICY worker ON witness TO syspark_worker USING (true) WITH CHECK (true);
CREATE POLICY web ON witness TO syspark_web
    USING (organisation_id = (SELECT nullif(current_setting('syspark.organisation_id', true), '')::uuid));
