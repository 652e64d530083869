-- When what names a person was erased from a session; those not erased yet are found by when they closed.
ALTER TABLE parking_session ADD COLUMN erased_at timestamptz;
CREATE INDEX parking_session_kept ON parking_session (closed_at, id) WHERE closed_at IS NOT NULL AND erased_at IS NULL;

-- A picture is a reading's: by it its session is found, which may hold it.
CREATE INDEX witness_of_cause ON witness (cause);

-- Plates by age, so that those nobody needs are found.
CREATE INDEX subject_age ON subject (created_at, id);

CREATE INDEX alarm_ended ON alarm (cleared_at) WHERE cleared_at IS NOT NULL;
GRANT DELETE ON alarm TO syspark_worker;

-- Days of pictures of which none is left, without any right to drop tables; returns how many.
CREATE FUNCTION drop_photo_days(before timestamptz) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET lock_timeout = '1s' AS $$
DECLARE
    leaf text;
    filled boolean;
    dropped integer := 0;
BEGIN
    FOR leaf IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'public.photo'::regclass AND c.relname ~ '^photo_[0-9]{8}$'
            AND to_date(substr(c.relname, 7), 'YYYYMMDD') < (before AT TIME ZONE 'UTC')::date - 1
        ORDER BY c.relname
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', leaf) INTO filled;
        CONTINUE WHEN filled;
        -- Whoever reads pictures is not waited for long: it is tried again the next night.
        BEGIN
            EXECUTE format('LOCK TABLE public.photo, public.%I IN ACCESS EXCLUSIVE MODE', leaf);
            EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', leaf) INTO filled;
            IF NOT filled THEN
                EXECUTE format('DROP TABLE public.%I', leaf);
                dropped := dropped + 1;
            END IF;
        EXCEPTION WHEN lock_not_available THEN
            RETURN dropped;
        END;
    END LOOP;
    RETURN dropped;
END
$$;
REVOKE ALL ON FUNCTION drop_photo_days(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION drop_photo_days(timestamptz) TO syspark_worker;

-- Evidence somebody outside may ask to be kept, by a written request.
CREATE TABLE evidence_hold (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    site_id text NOT NULL,
    session_id uuid NOT NULL,
    reference text NOT NULL,
    author text NOT NULL,
    made_at timestamptz NOT NULL,
    until timestamptz NOT NULL
);
COMMENT ON TABLE evidence_hold IS 'Written requests, of the police for instance, to keep what is known of a session.';
CREATE INDEX evidence_hold_of_session ON evidence_hold (session_id);
ALTER TABLE evidence_hold ENABLE ROW LEVEL SECURITY;
CREATE POLICY worker ON evidence_hold TO syspark_worker USING (true) WITH CHECK (true);
CREATE POLICY web ON evidence_hold TO syspark_web
    USING (organisation_id = (SELECT nullif(current_setting('syspark.organisation_id', true), '')::uuid));
GRANT SELECT, INSERT ON evidence_hold TO syspark_worker;
GRANT SELECT ON evidence_hold TO syspark_web;
