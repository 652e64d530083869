ALTER TABLE alarm
    ADD COLUMN last_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN times integer NOT NULL DEFAULT 1,
    ADD COLUMN escalated_at timestamptz,
    ADD COLUMN cleared_by text,
    ADD COLUMN under text,
    ADD COLUMN flapping boolean NOT NULL DEFAULT false;
ALTER TABLE alarm ALTER COLUMN last_at DROP DEFAULT;
CREATE INDEX alarm_history ON alarm (organisation_id, cleared_at DESC) WHERE cleared_at IS NOT NULL;
COMMENT ON TABLE alarm IS 'What pages read of alarms; what they are decided by is the snapshot of their actor.';

CREATE TABLE notice (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    site_id text,
    alarm_id uuid NOT NULL,
    body bytea NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    fate text NOT NULL DEFAULT 'waiting' CHECK (fate IN ('waiting', 'sent', 'expired', 'refused')),
    fate_at timestamptz
);
CREATE INDEX notice_waiting ON notice (created_at, id) WHERE fate = 'waiting';
CREATE INDEX notice_ended ON notice (fate_at) WHERE fate <> 'waiting';
COMMENT ON TABLE notice IS 'What people are told of alarms, until it is sent or too old.';

GRANT SELECT, INSERT, UPDATE, DELETE ON notice TO syspark_worker;
GRANT SELECT ON notice TO syspark_web;
ALTER TABLE notice ENABLE ROW LEVEL SECURITY;
CREATE POLICY worker ON notice TO syspark_worker USING (true) WITH CHECK (true);
CREATE POLICY web ON notice TO syspark_web
    USING (organisation_id = (SELECT nullif(current_setting('syspark.organisation_id', true), '')::uuid));
