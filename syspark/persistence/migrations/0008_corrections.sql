-- A reading that was another vehicle's, or misread, speaks for its session no more; what was read stays.
ALTER TABLE witness ADD COLUMN withdrawn_at timestamptz;

-- A plate's subject by a column of its own: a row-level policy lets no index be used through a cast.
ALTER TABLE witness ADD COLUMN subject uuid
    GENERATED ALWAYS AS (CASE WHEN kind = 'plate' THEN holder_key::uuid END) STORED;

-- What lists of sessions are found by; ids are in the order of time, so that each list is one walk along an index.
ALTER TABLE parking_session
    ADD COLUMN in_review boolean NOT NULL DEFAULT false,
    ADD COLUMN unpaid_cents integer NOT NULL DEFAULT 0;
CREATE INDEX parking_session_newest ON parking_session (site_id, id);
CREATE INDEX parking_session_review ON parking_session (organisation_id, id) WHERE in_review;
CREATE INDEX parking_session_unpaid ON parking_session (organisation_id, id) WHERE unpaid_cents > 0;

-- A part of a plate is found by its pairs of characters. The index cannot serve row-level policies by itself, since
-- what compares arrays is not known to keep its arguments to itself: the function looks for its caller's organisation.
CREATE FUNCTION plate_pairs(plate text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT array_agg(DISTINCT substr(plate, place, 2)) FROM generate_series(1, length(plate) - 1) place
$$;
CREATE INDEX subject_pairs ON subject USING gin (plate_pairs(plate)) WHERE plate IS NOT NULL;

CREATE FUNCTION plates_with(part text, most integer)
RETURNS TABLE (site_id text, subject uuid, plate text)
LANGUAGE sql STABLE STRICT SECURITY DEFINER SET search_path = pg_catalog, public AS $$
    SELECT s.site_id, s.id, s.plate FROM subject s
    WHERE s.organisation_id = nullif(current_setting('syspark.organisation_id', true), '')::uuid
        AND s.plate IS NOT NULL AND plate_pairs(s.plate) @> plate_pairs(part) AND strpos(s.plate, part) > 0
    LIMIT most
$$;
COMMENT ON FUNCTION plates_with IS 'Plates of the caller''s organisation that hold these characters, two at least.';
REVOKE ALL ON FUNCTION plates_with FROM PUBLIC;
GRANT EXECUTE ON FUNCTION plates_with TO syspark_web;
