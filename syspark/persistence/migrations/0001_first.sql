-- Roles are the cluster's, not the database's: two databases may create them at the same instant, and a grant may then
-- fail with "tuple concurrently updated" (XX000). Neither logs in; the connecting user changes into one of them.
DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['syspark_worker', 'syspark_web'] LOOP
        FOR attempt IN 1..20 LOOP
            BEGIN
                IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
                    EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
                END IF;
                IF NOT pg_has_role(current_user, wanted, 'SET') THEN
                    EXECUTE format('GRANT %I TO CURRENT_USER', wanted);
                END IF;
                EXIT;
            EXCEPTION WHEN duplicate_object OR unique_violation OR internal_error THEN
                IF attempt = 20 THEN
                    RAISE;
                END IF;
                PERFORM pg_sleep(0.05);
            END;
        END LOOP;
    END LOOP;
END
$$;

-- What the deployment is as a whole: belongs to no organisation.

CREATE TABLE deployment (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    id uuid NOT NULL,
    partitions integer NOT NULL CHECK (partitions BETWEEN 1 AND 4096),
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE deployment IS 'One row: the id in broker client ids, and the number of partitions, which never changes.';

CREATE TABLE data_key (
    version integer PRIMARY KEY,
    wrapped bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE data_key IS 'Keys of secrets at rest, wrapped by SYSPARK_SECRET_KEY.';

CREATE TABLE partition (
    id integer PRIMARY KEY,
    owner text,
    epoch bigint NOT NULL DEFAULT 0,
    lease_until timestamptz NOT NULL DEFAULT '-infinity',
    marker_at timestamptz,
    broker_session uuid NOT NULL DEFAULT gen_random_uuid(),
    deliveries bigint NOT NULL DEFAULT 0,
    low_seq bigint NOT NULL DEFAULT 0,
    settled_seq bigint NOT NULL DEFAULT 0,
    settling_seq bigint NOT NULL DEFAULT 0,
    settling_xid xid8 NOT NULL DEFAULT '0',
    -- Makes owner and epoch key columns: taking a partition waits for transactions that hold its fence FOR KEY SHARE,
    -- while renewing it, which changes neither, does not; else steady commits would starve the renewal.
    CONSTRAINT partition_fence UNIQUE (id, owner, epoch)
) WITH (fillfactor = 50);
COMMENT ON TABLE partition IS 'Who owns a partition, and where its link and its inbox stood at the last renewal.';

-- Who and where.

CREATE TABLE organisation (
    organisation_id uuid PRIMARY KEY,
    site_id text CHECK (site_id IS NULL),
    name text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE legal_entity (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL REFERENCES organisation,
    site_id text,
    name text NOT NULL,
    address text NOT NULL DEFAULT '',
    siren text NOT NULL DEFAULT '',
    vat_number text NOT NULL DEFAULT '',
    next_receipt bigint NOT NULL DEFAULT 1
);

CREATE TABLE site (
    site_id text PRIMARY KEY CHECK (site_id ~ '^[a-z0-9][a-z0-9-]{1,31}$'),
    organisation_id uuid NOT NULL REFERENCES organisation,
    legal_entity_id uuid REFERENCES legal_entity,
    partition integer NOT NULL REFERENCES partition,
    name text NOT NULL,
    zone text NOT NULL,
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    capacity integer NOT NULL CHECK (capacity >= 0),
    sealed_secrets bytea[] NOT NULL DEFAULT '{}',
    token_hash bytea UNIQUE,
    policy_version integer NOT NULL,
    tariff_version integer NOT NULL
);
CREATE INDEX site_of_partition ON site (partition);

CREATE TABLE lane (
    site_id text NOT NULL REFERENCES site,
    lane text NOT NULL,
    organisation_id uuid NOT NULL,
    has_sensor boolean NOT NULL,
    PRIMARY KEY (site_id, lane)
);

CREATE TABLE device (
    site_id text NOT NULL REFERENCES site,
    name text NOT NULL,
    organisation_id uuid NOT NULL,
    kind text NOT NULL,
    lane text,
    speaks text NOT NULL CHECK (speaks IN ('v1', 'v2')),
    PRIMARY KEY (site_id, name)
);

CREATE TABLE policy_version (
    site_id text NOT NULL REFERENCES site,
    version integer NOT NULL CHECK (version > 0),
    organisation_id uuid NOT NULL,
    body json NOT NULL,
    author text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (site_id, version)
);

CREATE TABLE tariff_version (
    site_id text NOT NULL REFERENCES site,
    version integer NOT NULL CHECK (version > 0),
    organisation_id uuid NOT NULL,
    body json NOT NULL,
    author text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (site_id, version)
);

CREATE TABLE operator (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL REFERENCES organisation,
    site_id text,
    login text NOT NULL,
    password_hash text NOT NULL,
    role text NOT NULL,
    totp bytea,
    disabled_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (organisation_id, login)
);

CREATE TABLE web_session (
    id_hash bytea PRIMARY KEY,
    organisation_id uuid NOT NULL REFERENCES organisation,
    site_id text,
    operator_id uuid REFERENCES operator,
    body bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);
CREATE INDEX web_session_expiry ON web_session (expires_at);

CREATE TABLE holder (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL REFERENCES organisation,
    site_id text,
    name text NOT NULL,
    kind text NOT NULL
);

CREATE TABLE credential (
    site_id text NOT NULL REFERENCES site,
    uid text NOT NULL,
    organisation_id uuid NOT NULL,
    holder text NOT NULL,
    plan text NOT NULL,
    valid_from timestamptz,
    valid_until timestamptz,
    blocked boolean NOT NULL DEFAULT false,
    PRIMARY KEY (site_id, uid)
);

CREATE TABLE site_pin (
    site_id text NOT NULL REFERENCES site,
    lane text NOT NULL,
    organisation_id uuid NOT NULL,
    sealed bytea NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (site_id, lane)
);

-- Identity: plates live only here.

CREATE TABLE subject (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL REFERENCES organisation,
    site_id text NOT NULL,
    plate text,
    salt bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX subject_plate ON subject (site_id, plate);

-- Durable mailboxes.

CREATE TABLE inbox (
    seq bigint GENERATED ALWAYS AS IDENTITY,
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    site_id text,
    partition integer NOT NULL,
    recipient_kind text NOT NULL,
    recipient_id text NOT NULL,
    kind text NOT NULL,
    body bytea NOT NULL,
    fact_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    event_id text,
    broker_session uuid,
    packet_id integer,
    delivery_number bigint,
    delivery_digest bytea,
    status text NOT NULL DEFAULT 'new' CHECK (status IN ('new', 'done', 'parked', 'refused')),
    outcome text NOT NULL DEFAULT '',
    tries smallint NOT NULL DEFAULT 0,
    starts smallint NOT NULL DEFAULT 0
) WITH (
    -- A done row is written again on its own page without touching an index (HOT): no index, and no index's
    -- predicate, may name status, outcome, tries, starts or body.
    fillfactor = 50,
    autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_vacuum_insert_scale_factor = 0.05,
    autovacuum_analyze_scale_factor = 0.05,
    autovacuum_vacuum_cost_delay = 1
);
CREATE INDEX inbox_order ON inbox (partition, seq);
CREATE INDEX inbox_delivery ON inbox (broker_session, delivery_number) WHERE broker_session IS NOT NULL;
COMMENT ON TABLE inbox IS 'Mailboxes of the actors. Undone rows are found by partition and seq above the partition''s low_seq.';

CREATE TABLE inbox_key (
    organisation_id uuid NOT NULL,
    site_id text,
    event_id text NOT NULL,
    inbox_id uuid NOT NULL,
    received_at timestamptz NOT NULL,
    UNIQUE NULLS NOT DISTINCT (organisation_id, site_id, event_id)
);
CREATE INDEX inbox_key_age ON inbox_key (received_at);
COMMENT ON TABLE inbox_key IS 'Publishers'' event ids, kept 40 days.';

CREATE TABLE level (
    topic text PRIMARY KEY,
    organisation_id uuid NOT NULL,
    site_id text,
    partition integer NOT NULL,
    digest bytea NOT NULL,
    received_at timestamptz NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX level_of_partition ON level (partition);
COMMENT ON TABLE level IS 'Per topic, the digest of the last level that became a row.';

CREATE TABLE rejected_message (
    id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    site_id text,
    topic text NOT NULL,
    payload text NOT NULL,
    reason text NOT NULL,
    detail text NOT NULL,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (id, received_at)
) PARTITION BY RANGE (received_at);
CREATE INDEX rejected_message_recent ON rejected_message (received_at);
CREATE TABLE rejected_message_default PARTITION OF rejected_message DEFAULT;

CREATE TABLE rejected_count (
    organisation_id uuid NOT NULL,
    site_id text,
    day date NOT NULL,
    total bigint NOT NULL,
    UNIQUE NULLS NOT DISTINCT (organisation_id, site_id, day)
) WITH (fillfactor = 50);
COMMENT ON TABLE rejected_count IS 'How many messages were rejected on a UTC day; beyond a bound they are only counted.';

-- What the actors are restored from.

CREATE TABLE snapshot (
    actor_kind text NOT NULL,
    actor_id text NOT NULL,
    organisation_id uuid NOT NULL,
    site_id text,
    partition integer NOT NULL,
    version bigint NOT NULL,
    body bytea NOT NULL,
    written_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (actor_kind, actor_id)
) WITH (fillfactor = 70);

CREATE TABLE parking_session (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    site_id text NOT NULL,
    partition integer NOT NULL,
    version bigint NOT NULL,
    status text NOT NULL,
    holder_key text NOT NULL,
    opened_at timestamptz,
    closed_at timestamptz,
    body bytea NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX parking_session_open ON parking_session (site_id) WHERE status IN ('active', 'pending_payment', 'paid');
CREATE INDEX parking_session_opened ON parking_session (site_id, opened_at);
CREATE INDEX parking_session_closed ON parking_session (site_id, closed_at);

CREATE TABLE deadline (
    actor_kind text NOT NULL,
    actor_id text NOT NULL,
    key text NOT NULL,
    organisation_id uuid NOT NULL,
    site_id text,
    partition integer NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (actor_kind, actor_id, key)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX deadline_due ON deadline (partition, at);

CREATE TABLE device_seen (
    site_id text NOT NULL,
    device text NOT NULL,
    organisation_id uuid NOT NULL,
    partition integer NOT NULL,
    seen_at timestamptz NOT NULL,
    PRIMARY KEY (site_id, device)
) WITH (fillfactor = 50);
CREATE INDEX device_seen_of_partition ON device_seen (partition);

CREATE TABLE alarm (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    site_id text,
    kind text NOT NULL,
    about text NOT NULL,
    severity text NOT NULL,
    detail text NOT NULL DEFAULT '',
    raised_at timestamptz NOT NULL,
    acknowledged_at timestamptz,
    acknowledged_by text,
    assigned_to text,
    cleared_at timestamptz
);
CREATE UNIQUE INDEX alarm_standing ON alarm (organisation_id, site_id, kind, about) NULLS NOT DISTINCT
    WHERE cleared_at IS NULL;

-- Commands.

CREATE TABLE outbox (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL,
    site_id text,
    partition integer NOT NULL,
    order_kind text NOT NULL,
    body bytea NOT NULL,
    device text NOT NULL,
    author text NOT NULL,
    fate text NOT NULL CHECK (fate IN (
        'queued', 'sent', 'acked', 'confirmed', 'expired', 'withheld', 'unknown', 'failed', 'refused')),
    fate_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    fact_at timestamptz NOT NULL,
    expires_at timestamptz,
    epoch bigint NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX outbox_unfinished ON outbox (partition, created_at) WHERE fate IN ('queued', 'sent');
CREATE INDEX outbox_of_site ON outbox (site_id, order_kind, created_at);

-- Events and audit: one thing.

CREATE TABLE journal (
    chain text NOT NULL,
    seq bigint NOT NULL,
    organisation_id uuid NOT NULL,
    site_id text,
    at timestamptz NOT NULL,
    fact_at timestamptz NOT NULL,
    actor_kind text NOT NULL,
    actor_id text NOT NULL,
    kind text NOT NULL,
    rule text NOT NULL,
    inputs bytea NOT NULL,
    cause uuid NOT NULL,
    encoding smallint NOT NULL,
    commitments jsonb NOT NULL,
    previous bytea NOT NULL,
    digest bytea NOT NULL
) PARTITION BY RANGE (at);
CREATE TABLE journal_default PARTITION OF journal DEFAULT;
CREATE UNIQUE INDEX journal_default_place ON journal_default (chain, seq);
COMMENT ON TABLE journal IS 'Chained per site and per organisation. Each month has its own unique (chain, seq); between months chain_head refuses a second writer.';

CREATE TABLE journal_personal (
    chain text NOT NULL,
    seq bigint NOT NULL,
    name text NOT NULL,
    organisation_id uuid NOT NULL,
    site_id text,
    salt bytea NOT NULL,
    value text NOT NULL,
    PRIMARY KEY (chain, seq, name)
);
COMMENT ON TABLE journal_personal IS 'Personal values of journal rows with their salts: erased together, the chain stays whole.';

CREATE TABLE chain_head (
    chain text PRIMARY KEY,
    organisation_id uuid NOT NULL,
    site_id text,
    previous_seq bigint NOT NULL,
    seq bigint NOT NULL,
    digest bytea NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE photo (
    id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    site_id text NOT NULL,
    session_id uuid,
    lane text,
    content_type text NOT NULL,
    body bytea NOT NULL,
    held_until timestamptz,
    taken_at timestamptz NOT NULL,
    PRIMARY KEY (id, taken_at)
) PARTITION BY RANGE (taken_at);
CREATE INDEX photo_of_session ON photo (session_id);
CREATE TABLE photo_default PARTITION OF photo DEFAULT;

-- Next partitions, made ahead by the worker, whose role may not create anything itself. Rows that fell into DEFAULT
-- meanwhile are moved. Returns how many partitions it made.
CREATE FUNCTION make_partitions(ahead_of timestamptz) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    parent text;
    unit text;
    ahead integer;
    time_column text;
    leaf text;
    one interval;
    first timestamp;
    starts timestamptz;
    ends timestamptz;
    made integer := 0;
BEGIN
    -- Without it two workers that come at once would both create the same table, and one would fail.
    PERFORM pg_advisory_xact_lock(hashtextextended('syspark make_partitions', 0));
    FOR parent, time_column, unit, ahead IN
        VALUES ('journal', 'at', 'month', 3), ('rejected_message', 'received_at', 'month', 3), ('photo', 'taken_at', 'day', 14)
    LOOP
        one := ('1 ' || unit)::interval;
        FOR step IN -1..ahead LOOP
            first := date_trunc(unit, ahead_of AT TIME ZONE 'UTC') + step * one;
            starts := first AT TIME ZONE 'UTC';
            ends := (first + one) AT TIME ZONE 'UTC';
            leaf := parent || '_' || to_char(first, CASE unit WHEN 'day' THEN 'YYYYMMDD' ELSE 'YYYYMM' END);
            CONTINUE WHEN to_regclass('public.' || leaf) IS NOT NULL;
            EXECUTE format('CREATE TABLE public.%I (LIKE public.%I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', leaf, parent);
            IF parent = 'journal' THEN
                EXECUTE format('CREATE UNIQUE INDEX %I ON public.%I (chain, seq)', leaf || '_place', leaf);
            END IF;
            EXECUTE format(
                'WITH moved AS (DELETE FROM public.%I WHERE %I >= %L AND %I < %L RETURNING *) INSERT INTO public.%I SELECT * FROM moved',
                parent || '_default', time_column, starts, time_column, ends, leaf);
            EXECUTE format('ALTER TABLE public.%I ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
                           parent, leaf, starts, ends);
            made := made + 1;
        END LOOP;
    END LOOP;
    RETURN made;
END
$$;
REVOKE ALL ON FUNCTION make_partitions FROM PUBLIC;
GRANT EXECUTE ON FUNCTION make_partitions TO syspark_worker;

-- Rights. The worker stands outside the policies, since its batches mix organisations; the web stands inside.

GRANT USAGE ON SCHEMA public TO syspark_worker, syspark_web;

GRANT SELECT ON deployment TO syspark_worker, syspark_web;
GRANT SELECT, INSERT, UPDATE ON data_key TO syspark_worker;
GRANT SELECT, UPDATE ON partition TO syspark_worker;
GRANT SELECT ON SEQUENCE inbox_seq_seq TO syspark_worker;

GRANT SELECT, INSERT ON
    organisation, journal, policy_version, tariff_version
TO syspark_worker;
GRANT SELECT, INSERT, DELETE ON journal_personal TO syspark_worker;
GRANT SELECT, INSERT, UPDATE ON chain_head, legal_entity, site, lane, outbox, snapshot, parking_session, alarm
TO syspark_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON
    device, operator, web_session, holder, credential, site_pin, subject, inbox, inbox_key, level, rejected_message,
    rejected_count, deadline, device_seen, photo
TO syspark_worker;

GRANT SELECT ON
    organisation, legal_entity, site, lane, device, policy_version, tariff_version, operator, holder, credential,
    subject, inbox, level, rejected_message, rejected_count, snapshot, parking_session, deadline, device_seen, alarm,
    outbox, journal, journal_personal, chain_head
TO syspark_web;
GRANT SELECT, INSERT ON inbox, inbox_key, photo TO syspark_web;
GRANT SELECT, INSERT, UPDATE, DELETE ON web_session TO syspark_web;

DO $$
DECLARE
    tenant regclass;
BEGIN
    FOR tenant IN
        SELECT c.oid::regclass
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'organisation_id' AND NOT a.attisdropped
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
        ORDER BY c.relname
    LOOP
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', tenant);
        EXECUTE format('CREATE POLICY worker ON %s TO syspark_worker USING (true) WITH CHECK (true)', tenant);
        EXECUTE format(
            'CREATE POLICY web ON %s TO syspark_web USING (organisation_id = (SELECT nullif(current_setting(%L, true), %L)::uuid))',
            tenant, 'syspark.organisation_id', '');
    END LOOP;
END
$$;

-- Read by the health probe: alembic's own table, and what must stay empty.
GRANT SELECT ON alembic_version, journal_default, rejected_message_default, photo_default TO syspark_worker;
