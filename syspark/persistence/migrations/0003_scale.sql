CREATE TABLE worker (
    name text PRIMARY KEY,
    linked boolean NOT NULL,
    beat_at timestamptz NOT NULL
) WITH (fillfactor = 50);
COMMENT ON TABLE worker IS 'Who lives, and whether it reaches the broker: each worker writes its own row while it lives.';
GRANT SELECT, INSERT, UPDATE, DELETE ON worker TO syspark_worker;

-- In which transaction a site, its lanes, devices, policy or tariff were changed last. Whoever has looked under a
-- snapshot asks next for what was changed in or after the oldest transaction that this snapshot could not see: one
-- look at an index, and no counter that writers would queue for.
ALTER TABLE site ADD COLUMN changed_in xid8 NOT NULL DEFAULT '0';
CREATE INDEX site_changed ON site (changed_in);

CREATE FUNCTION site_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.changed_in := pg_current_xact_id();
    RETURN NEW;
END
$$;
CREATE TRIGGER changes BEFORE INSERT OR UPDATE ON site FOR EACH ROW EXECUTE FUNCTION site_changes();

CREATE FUNCTION part_of_site_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE site SET changed_in = pg_current_xact_id()
    WHERE site_id IN (SELECT site_id FROM changed) AND changed_in <> pg_current_xact_id();
    RETURN NULL;
END
$$;
DO $$
DECLARE
    part text;
    happened text;
    seen text;
BEGIN
    FOREACH part IN ARRAY ARRAY['lane', 'device', 'policy_version', 'tariff_version'] LOOP
        -- A trigger that sees all rows of a statement at once is for one kind of statement.
        FOR happened, seen IN VALUES ('INSERT', 'NEW'), ('UPDATE', 'NEW'), ('DELETE', 'OLD') LOOP
            EXECUTE format(
                'CREATE TRIGGER changes_by_%s AFTER %s ON %I REFERENCING %s TABLE AS changed '
                'FOR EACH STATEMENT EXECUTE FUNCTION part_of_site_changes()', lower(happened), happened, part, seen);
        END LOOP;
    END LOOP;
END
$$;
