CREATE FUNCTION public.drop_photo_days(before timestamp with time zone) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    SET lock_timeout TO '1s'
    AS $_$
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
$_$;

CREATE FUNCTION public.into_an_open_day() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
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

CREATE FUNCTION public.make_partitions(ahead_of timestamp with time zone) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public', 'pg_temp'
    AS $$
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

CREATE FUNCTION public.never_changed() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION '% is never changed: what was wrong is put right by a counter-entry', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END
$$;

CREATE FUNCTION public.new_receipt_code(organisation uuid) RETURNS text
    LANGUAGE plpgsql STRICT
    AS $$
DECLARE
    made text;
BEGIN
    LOOP
        SELECT string_agg(substr('23456789ABCDEFGHJKMNPQRSTUVWXYZ', 1 + (get_byte(bytes, place) % 31), 1), '')
        INTO made
        FROM (SELECT uuid_send(gen_random_uuid()) AS bytes) random,
            unnest(ARRAY[0, 1, 2, 3, 4, 5]) AS place;
        EXIT WHEN NOT EXISTS (
            SELECT FROM payment p WHERE p.organisation_id = organisation AND p.receipt_code = made);
    END LOOP;
    RETURN made;
END
$$;

CREATE FUNCTION public.part_of_site_changes() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    UPDATE site SET changed_in = pg_current_xact_id()
    WHERE site_id IN (SELECT site_id FROM changed) AND changed_in <> pg_current_xact_id();
    RETURN NULL;
END
$$;

CREATE FUNCTION public.plate_pairs(plate text) RETURNS text[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$
    SELECT array_agg(DISTINCT substr(plate, place, 2)) FROM generate_series(1, length(plate) - 1) place
$$;

CREATE FUNCTION public.plates_with(part text, most integer) RETURNS TABLE(site_id text, subject uuid, plate text)
    LANGUAGE sql STABLE STRICT SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'public'
    AS $$
    SELECT s.site_id, s.id, s.plate FROM subject s
    WHERE s.organisation_id = nullif(current_setting('syspark.organisation_id', true), '')::uuid
        AND s.plate IS NOT NULL AND plate_pairs(s.plate) @> plate_pairs(part) AND strpos(s.plate, part) > 0
    LIMIT most
$$;

COMMENT ON FUNCTION public.plates_with(part text, most integer) IS 'Plates of the caller''s organisation that hold these characters, two at least.';

CREATE FUNCTION public.refuse(part text) RETURNS text
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION '% has not written what it must', part USING ERRCODE = 'integrity_constraint_violation';
END
$$;

CREATE FUNCTION public.site_changes() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    NEW.changed_in := pg_current_xact_id();
    RETURN NEW;
END
$$;

CREATE TABLE public.alarm (
    id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    site_id text,
    kind text NOT NULL,
    about text NOT NULL,
    severity text NOT NULL,
    detail text DEFAULT ''::text NOT NULL,
    raised_at timestamp with time zone NOT NULL,
    acknowledged_at timestamp with time zone,
    acknowledged_by text,
    assigned_to text,
    cleared_at timestamp with time zone,
    last_at timestamp with time zone NOT NULL,
    times integer DEFAULT 1 NOT NULL,
    escalated_at timestamp with time zone,
    cleared_by text,
    under text,
    flapping boolean DEFAULT false NOT NULL
);

COMMENT ON TABLE public.alarm IS 'What pages read of alarms; what they are decided by is the snapshot of their actor.';

CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);

CREATE TABLE public.chain_head (
    chain text NOT NULL,
    organisation_id uuid NOT NULL,
    site_id text,
    previous_seq bigint NOT NULL,
    seq bigint NOT NULL,
    digest bytea NOT NULL
)
WITH (fillfactor='50');

CREATE TABLE public.closing (
    site_id text NOT NULL,
    legal_entity_id uuid NOT NULL,
    seq integer NOT NULL,
    organisation_id uuid NOT NULL,
    period text NOT NULL,
    first_day date NOT NULL,
    last_day date NOT NULL,
    made_at timestamp with time zone NOT NULL,
    body bytea NOT NULL,
    CONSTRAINT closing_period_check CHECK ((period = ANY (ARRAY['day'::text, 'month'::text, 'year'::text]))),
    CONSTRAINT closing_seq_check CHECK ((seq > 0))
);

COMMENT ON TABLE public.closing IS 'Closings of a site''s ledger, never changed; body is what is chained.';

CREATE TABLE public.credential (
    site_id text NOT NULL,
    uid text NOT NULL,
    organisation_id uuid NOT NULL,
    holder text NOT NULL,
    plan text NOT NULL,
    valid_from timestamp with time zone,
    valid_until timestamp with time zone,
    blocked boolean DEFAULT false NOT NULL,
    kind text DEFAULT 'badge'::text NOT NULL,
    windows text DEFAULT ''::text NOT NULL,
    lane text,
    temporary boolean DEFAULT false NOT NULL,
    CONSTRAINT credential_kind_check CHECK ((kind = ANY (ARRAY['badge'::text, 'plate'::text])))
);

COMMENT ON COLUMN public.credential.uid IS 'What it is found by: a badge''s UID, or the id of a plate''s subject.';

COMMENT ON COLUMN public.credential.windows IS 'Hours of the week it holds in, in the site''s own time: "mon-fri 08:00-18:00, sat 09:00-12:00"; always when empty.';

CREATE TABLE public.data_key (
    version integer NOT NULL,
    wrapped bytea NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON TABLE public.data_key IS 'Keys of secrets at rest, wrapped by SYSPARK_SECRET_KEY.';

CREATE TABLE public.deadline (
    actor_kind text NOT NULL,
    actor_id text NOT NULL,
    key text NOT NULL,
    organisation_id uuid NOT NULL,
    site_id text,
    partition integer NOT NULL,
    at timestamp with time zone NOT NULL
)
WITH (fillfactor='70', autovacuum_vacuum_scale_factor='0.05');

CREATE TABLE public.deployment (
    only_row boolean DEFAULT true NOT NULL,
    id uuid NOT NULL,
    partitions integer NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT deployment_only_row_check CHECK (only_row),
    CONSTRAINT deployment_partitions_check CHECK (((partitions >= 1) AND (partitions <= 4096)))
);

COMMENT ON TABLE public.deployment IS 'One row: the id in broker client ids, and the number of partitions, which never changes.';

CREATE TABLE public.device (
    site_id text NOT NULL,
    name text NOT NULL,
    organisation_id uuid NOT NULL,
    kind text NOT NULL,
    lane text,
    speaks text NOT NULL,
    CONSTRAINT device_speaks_check CHECK ((speaks = ANY (ARRAY['v1'::text, 'v2'::text])))
);

CREATE TABLE public.device_seen (
    site_id text NOT NULL,
    device text NOT NULL,
    organisation_id uuid NOT NULL,
    partition integer NOT NULL,
    seen_at timestamp with time zone NOT NULL
)
WITH (fillfactor='50');

CREATE TABLE public.evidence_hold (
    id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    site_id text NOT NULL,
    session_id uuid NOT NULL,
    reference text NOT NULL,
    author text NOT NULL,
    made_at timestamp with time zone NOT NULL,
    until timestamp with time zone NOT NULL
);

COMMENT ON TABLE public.evidence_hold IS 'Written requests, of the police for instance, to keep what is known of a session.';

CREATE TABLE public.holder (
    id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    site_id text NOT NULL,
    name text NOT NULL,
    kind text NOT NULL,
    places integer,
    CONSTRAINT holder_kind_check CHECK ((kind = ANY (ARRAY['person'::text, 'company'::text, 'partner'::text]))),
    CONSTRAINT holder_places_check CHECK ((places >= 0))
);

COMMENT ON TABLE public.holder IS 'Companies with the places they share, partners, and persons of whom more than a name is known.';

CREATE TABLE public.inbox (
    seq bigint NOT NULL,
    id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    site_id text,
    partition integer NOT NULL,
    recipient_kind text NOT NULL,
    recipient_id text NOT NULL,
    kind text NOT NULL,
    body bytea NOT NULL,
    fact_at timestamp with time zone NOT NULL,
    received_at timestamp with time zone NOT NULL,
    event_id text,
    broker_session uuid,
    packet_id integer,
    delivery_number bigint,
    delivery_digest bytea,
    status text DEFAULT 'new'::text NOT NULL,
    outcome text DEFAULT ''::text NOT NULL,
    tries smallint DEFAULT 0 NOT NULL,
    starts smallint DEFAULT 0 NOT NULL,
    CONSTRAINT inbox_status_check CHECK ((status = ANY (ARRAY['new'::text, 'done'::text, 'parked'::text, 'refused'::text])))
)
WITH (fillfactor='50', autovacuum_vacuum_scale_factor='0.02', autovacuum_vacuum_insert_scale_factor='0.05', autovacuum_analyze_scale_factor='0.05', autovacuum_vacuum_cost_delay='1');

COMMENT ON TABLE public.inbox IS 'Mailboxes of the actors. Undone rows are found by partition and seq above the partition''s low_seq.';

CREATE TABLE public.inbox_key (
    organisation_id uuid NOT NULL,
    site_id text,
    event_id text NOT NULL,
    inbox_id uuid NOT NULL,
    received_at timestamp with time zone NOT NULL
);

COMMENT ON TABLE public.inbox_key IS 'Publishers'' event ids, kept 40 days.';

ALTER TABLE public.inbox ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.inbox_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.journal (
    chain text NOT NULL,
    seq bigint NOT NULL,
    organisation_id uuid NOT NULL,
    site_id text,
    at timestamp with time zone NOT NULL,
    fact_at timestamp with time zone NOT NULL,
    actor_kind text NOT NULL,
    actor_id text NOT NULL,
    kind text NOT NULL,
    rule text NOT NULL,
    inputs bytea NOT NULL,
    cause uuid NOT NULL,
    encoding smallint NOT NULL,
    commitments jsonb NOT NULL,
    previous bytea NOT NULL,
    digest bytea NOT NULL,
    session_id uuid
)
PARTITION BY RANGE (at);

COMMENT ON TABLE public.journal IS 'Chained per site and per organisation. Each month has its own unique (chain, seq); between months chain_head refuses a second writer.';

CREATE TABLE public.journal_default (
    chain text CONSTRAINT journal_chain_not_null NOT NULL,
    seq bigint CONSTRAINT journal_seq_not_null NOT NULL,
    organisation_id uuid CONSTRAINT journal_organisation_id_not_null NOT NULL,
    site_id text,
    at timestamp with time zone CONSTRAINT journal_at_not_null NOT NULL,
    fact_at timestamp with time zone CONSTRAINT journal_fact_at_not_null NOT NULL,
    actor_kind text CONSTRAINT journal_actor_kind_not_null NOT NULL,
    actor_id text CONSTRAINT journal_actor_id_not_null NOT NULL,
    kind text CONSTRAINT journal_kind_not_null NOT NULL,
    rule text CONSTRAINT journal_rule_not_null NOT NULL,
    inputs bytea CONSTRAINT journal_inputs_not_null NOT NULL,
    cause uuid CONSTRAINT journal_cause_not_null NOT NULL,
    encoding smallint CONSTRAINT journal_encoding_not_null NOT NULL,
    commitments jsonb CONSTRAINT journal_commitments_not_null NOT NULL,
    previous bytea CONSTRAINT journal_previous_not_null NOT NULL,
    digest bytea CONSTRAINT journal_digest_not_null NOT NULL,
    session_id uuid
);

CREATE TABLE public.journal_personal (
    chain text NOT NULL,
    seq bigint NOT NULL,
    name text NOT NULL,
    organisation_id uuid NOT NULL,
    site_id text,
    salt bytea NOT NULL,
    value text NOT NULL
);

COMMENT ON TABLE public.journal_personal IS 'Personal values of journal rows with their salts: erased together, the chain stays whole.';

CREATE TABLE public.lane (
    site_id text NOT NULL,
    lane text NOT NULL,
    organisation_id uuid NOT NULL,
    has_sensor boolean NOT NULL
);

CREATE TABLE public.ledger_entry (
    id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    site_id text NOT NULL,
    legal_entity_id uuid,
    session_id uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    local_day date NOT NULL,
    kind text NOT NULL,
    means text NOT NULL,
    amount_cents bigint NOT NULL,
    currency text NOT NULL,
    vat_cents bigint NOT NULL,
    payment_id uuid,
    author text NOT NULL,
    reason text NOT NULL,
    counter_of uuid,
    CONSTRAINT ledger_entry_kind_check CHECK ((kind = ANY (ARRAY['sale'::text, 'refund'::text, 'counter'::text, 'dispute'::text, 'waiver'::text, 'debt'::text, 'settled-debt'::text, 'validation'::text])))
);

COMMENT ON TABLE public.ledger_entry IS 'What was booked; never changed, put right by counter-entries.';

CREATE TABLE public.legal_entity (
    id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    site_id text,
    name text NOT NULL,
    address text DEFAULT ''::text NOT NULL,
    siren text DEFAULT ''::text NOT NULL,
    vat_number text DEFAULT ''::text NOT NULL,
    next_receipt bigint DEFAULT 1 NOT NULL
);

CREATE TABLE public.level (
    topic text NOT NULL,
    organisation_id uuid NOT NULL,
    site_id text,
    partition integer NOT NULL,
    digest bytea NOT NULL,
    received_at timestamp with time zone NOT NULL
)
WITH (fillfactor='70');

COMMENT ON TABLE public.level IS 'Per topic, the digest of the last level that became a row.';

CREATE TABLE public.notice (
    id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    site_id text,
    alarm_id uuid NOT NULL,
    body bytea NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    fate text DEFAULT 'waiting'::text NOT NULL,
    fate_at timestamp with time zone,
    CONSTRAINT notice_fate_check CHECK ((fate = ANY (ARRAY['waiting'::text, 'sent'::text, 'expired'::text, 'refused'::text])))
);

COMMENT ON TABLE public.notice IS 'What people are told of alarms, until it is sent or too old.';

CREATE TABLE public.opening (
    id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    site_id text NOT NULL,
    lane text NOT NULL,
    at timestamp with time zone NOT NULL,
    because text
);

COMMENT ON TABLE public.opening IS 'Openings that barriers told of and no command asked for; the others are in outbox with their reason. because NULL: nothing explains it. id is the inbox row.';

CREATE TABLE public.operator (
    id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    site_id text,
    login text NOT NULL,
    password_hash text NOT NULL,
    role text NOT NULL,
    totp bytea,
    disabled_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    partner_id uuid
);

COMMENT ON COLUMN public.operator.partner_id IS 'Whose page somebody of the role partner sees, and nothing else.';

CREATE TABLE public.organisation (
    organisation_id uuid NOT NULL,
    site_id text,
    name text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT organisation_site_id_check CHECK ((site_id IS NULL))
);

CREATE TABLE public.outbox (
    id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    site_id text,
    partition integer NOT NULL,
    order_kind text NOT NULL,
    body bytea NOT NULL,
    device text NOT NULL,
    author text NOT NULL,
    fate text NOT NULL,
    fate_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone NOT NULL,
    fact_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone,
    epoch bigint NOT NULL,
    CONSTRAINT outbox_fate_check CHECK ((fate = ANY (ARRAY['queued'::text, 'sent'::text, 'acked'::text, 'confirmed'::text, 'expired'::text, 'withheld'::text, 'unknown'::text, 'failed'::text, 'refused'::text])))
)
WITH (fillfactor='70');

CREATE TABLE public.parking_session (
    id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    site_id text NOT NULL,
    partition integer NOT NULL,
    version bigint NOT NULL,
    status text NOT NULL,
    holder_key text NOT NULL,
    opened_at timestamp with time zone,
    closed_at timestamp with time zone,
    body bytea NOT NULL,
    in_review boolean DEFAULT false NOT NULL,
    unpaid_cents integer DEFAULT 0 NOT NULL,
    erased_at timestamp with time zone
)
WITH (fillfactor='80');

CREATE TABLE public.partition (
    id integer NOT NULL,
    owner text,
    epoch bigint DEFAULT 0 NOT NULL,
    lease_until timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    marker_at timestamp with time zone,
    broker_session uuid DEFAULT gen_random_uuid() NOT NULL,
    deliveries bigint DEFAULT 0 NOT NULL,
    low_seq bigint DEFAULT 0 NOT NULL,
    settled_seq bigint DEFAULT 0 NOT NULL,
    settling_seq bigint DEFAULT 0 NOT NULL,
    settling_xid xid8 DEFAULT '0'::xid8 NOT NULL
)
WITH (fillfactor='50');

COMMENT ON TABLE public.partition IS 'Who owns a partition, and where its link and its inbox stood at the last renewal.';

CREATE TABLE public.partner (
    id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    site_id text NOT NULL,
    partition integer NOT NULL,
    name text NOT NULL,
    body bytea NOT NULL
);

COMMENT ON TABLE public.partner IS 'Who validates plates at a site; body is JSON of what one validation gives, quota, budget and dates.';

CREATE TABLE public.partner_month (
    partner_id uuid NOT NULL,
    month text NOT NULL,
    organisation_id uuid NOT NULL,
    site_id text NOT NULL,
    validated integer NOT NULL,
    held_cents bigint NOT NULL,
    spent_cents bigint NOT NULL,
    CONSTRAINT partner_month_held_cents_check CHECK ((held_cents >= 0)),
    CONSTRAINT partner_month_spent_cents_check CHECK ((spent_cents >= 0)),
    CONSTRAINT partner_month_validated_check CHECK ((validated >= 0))
);

COMMENT ON TABLE public.partner_month IS 'How many validations of a month count, what they may cost still and what they have cost.';

CREATE TABLE public.payment (
    id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    site_id text NOT NULL,
    session_id uuid NOT NULL,
    state text NOT NULL,
    means text NOT NULL,
    amount_cents bigint NOT NULL,
    currency text NOT NULL,
    body bytea NOT NULL,
    made_at timestamp with time zone NOT NULL,
    checkout_ref text,
    payment_ref text,
    paid_at timestamp with time zone,
    refunded_cents bigint DEFAULT 0 NOT NULL,
    legal_entity_id uuid,
    receipt_number bigint,
    receipt_code text
);

COMMENT ON TABLE public.payment IS 'Prices offered to sessions and the payments they became, as pages read them; what they are decided by is the session.';

CREATE TABLE public.photo (
    id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    site_id text NOT NULL,
    lane text,
    content_type text NOT NULL,
    body bytea NOT NULL,
    taken_at timestamp with time zone NOT NULL
)
PARTITION BY RANGE (taken_at);

CREATE TABLE public.photo_default (
    id uuid CONSTRAINT photo_id_not_null NOT NULL,
    organisation_id uuid CONSTRAINT photo_organisation_id_not_null NOT NULL,
    site_id text CONSTRAINT photo_site_id_not_null NOT NULL,
    lane text,
    content_type text CONSTRAINT photo_content_type_not_null NOT NULL,
    body bytea CONSTRAINT photo_body_not_null NOT NULL,
    taken_at timestamp with time zone CONSTRAINT photo_taken_at_not_null NOT NULL
);

CREATE TABLE public.policy_version (
    site_id text NOT NULL,
    version integer NOT NULL,
    organisation_id uuid NOT NULL,
    body json NOT NULL,
    author text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT policy_version_version_check CHECK ((version > 0))
);

CREATE TABLE public.portal_try (
    organisation_id uuid NOT NULL,
    site_id text,
    who bytea NOT NULL,
    at timestamp with time zone[] NOT NULL,
    last_at timestamp with time zone NOT NULL
);

COMMENT ON TABLE public.portal_try IS 'When a stranger, or for a session any stranger, was answered on the portal in the last hour. Who it is cannot be read.';

CREATE TABLE public.provider_day (
    site_id text NOT NULL,
    provider text NOT NULL,
    local_day date NOT NULL,
    organisation_id uuid NOT NULL,
    compared_at timestamp with time zone NOT NULL,
    body bytea NOT NULL,
    differences integer NOT NULL
);

COMMENT ON TABLE public.provider_day IS 'What the provider''s own list says of a day, and where the ledger says otherwise.';

CREATE TABLE public.provider_order (
    id text NOT NULL,
    organisation_id uuid NOT NULL,
    site_id text NOT NULL,
    partition integer NOT NULL,
    session_id uuid NOT NULL,
    body bytea NOT NULL,
    fate text DEFAULT 'waiting'::text NOT NULL,
    tries integer DEFAULT 0 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    done_at timestamp with time zone,
    CONSTRAINT provider_order_fate_check CHECK ((fate = ANY (ARRAY['waiting'::text, 'done'::text, 'refused'::text])))
);

COMMENT ON TABLE public.provider_order IS 'What the payment provider is to do; id is the idempotency key.';

CREATE TABLE public.rejected_count (
    organisation_id uuid NOT NULL,
    site_id text,
    day date NOT NULL,
    total bigint NOT NULL
)
WITH (fillfactor='50');

COMMENT ON TABLE public.rejected_count IS 'How many messages were rejected on a UTC day; beyond a bound they are only counted.';

CREATE TABLE public.rejected_message (
    id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    site_id text,
    topic text NOT NULL,
    payload text NOT NULL,
    reason text NOT NULL,
    detail text NOT NULL,
    received_at timestamp with time zone NOT NULL
)
PARTITION BY RANGE (received_at);

CREATE TABLE public.rejected_message_default (
    id uuid CONSTRAINT rejected_message_id_not_null NOT NULL,
    organisation_id uuid CONSTRAINT rejected_message_organisation_id_not_null NOT NULL,
    site_id text,
    topic text CONSTRAINT rejected_message_topic_not_null NOT NULL,
    payload text CONSTRAINT rejected_message_payload_not_null NOT NULL,
    reason text CONSTRAINT rejected_message_reason_not_null NOT NULL,
    detail text CONSTRAINT rejected_message_detail_not_null NOT NULL,
    received_at timestamp with time zone CONSTRAINT rejected_message_received_at_not_null NOT NULL
);

CREATE TABLE public.site (
    site_id text NOT NULL,
    organisation_id uuid NOT NULL,
    legal_entity_id uuid,
    partition integer NOT NULL,
    name text NOT NULL,
    zone text NOT NULL,
    currency text NOT NULL,
    capacity integer NOT NULL,
    sealed_secrets bytea[] DEFAULT '{}'::bytea[] NOT NULL,
    token_hash bytea,
    policy_version integer NOT NULL,
    tariff_version integer NOT NULL,
    changed_in xid8 DEFAULT '0'::xid8 NOT NULL,
    CONSTRAINT site_capacity_check CHECK ((capacity >= 0)),
    CONSTRAINT site_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT site_site_id_check CHECK ((site_id ~ '^[a-z0-9][a-z0-9-]{1,31}$'::text))
);

CREATE TABLE public.site_pin (
    site_id text NOT NULL,
    lane text NOT NULL,
    organisation_id uuid NOT NULL,
    sealed bytea NOT NULL,
    changed_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.snapshot (
    actor_kind text NOT NULL,
    actor_id text NOT NULL,
    organisation_id uuid NOT NULL,
    site_id text,
    partition integer NOT NULL,
    version bigint NOT NULL,
    body bytea NOT NULL,
    written_at timestamp with time zone DEFAULT now() NOT NULL
)
WITH (fillfactor='70');

CREATE TABLE public.subject (
    id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    site_id text NOT NULL,
    plate text,
    salt bytea NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE public.tariff_version (
    site_id text NOT NULL,
    version integer NOT NULL,
    organisation_id uuid NOT NULL,
    body json NOT NULL,
    author text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    starts_at timestamp with time zone DEFAULT '1970-01-01 00:00:00+00'::timestamp with time zone NOT NULL,
    CONSTRAINT tariff_version_version_check CHECK ((version > 0))
);

CREATE TABLE public.validation (
    id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    site_id text NOT NULL,
    partner_id uuid NOT NULL,
    subject uuid NOT NULL,
    month text NOT NULL,
    made_at timestamp with time zone NOT NULL,
    live boolean NOT NULL,
    body bytea NOT NULL
);

COMMENT ON TABLE public.validation IS 'Plates that partners take over, by their subjects; never deleted: one taken back says so.';

CREATE TABLE public.web_session (
    id_hash bytea NOT NULL,
    organisation_id uuid NOT NULL,
    site_id text,
    operator_id uuid,
    body bytea NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL
);

CREATE TABLE public.witness (
    session_id uuid NOT NULL,
    cause uuid NOT NULL,
    holder_key text NOT NULL,
    organisation_id uuid NOT NULL,
    site_id text NOT NULL,
    kind text NOT NULL,
    lane text NOT NULL,
    read_at timestamp with time zone NOT NULL,
    confidence double precision,
    withdrawn_at timestamp with time zone,
    subject uuid GENERATED ALWAYS AS (
CASE
    WHEN (kind = 'plate'::text) THEN (holder_key)::uuid
    ELSE NULL::uuid
END) STORED,
    rear boolean DEFAULT false NOT NULL,
    CONSTRAINT witness_check CHECK (((kind <> 'plate'::text) OR (holder_key ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'::text))),
    CONSTRAINT witness_kind_check CHECK ((kind = ANY (ARRAY['badge'::text, 'plate'::text, 'pin'::text, 'sensor'::text])))
);

COMMENT ON TABLE public.witness IS 'What speaks for a session''s vehicle. A plate''s holder key is its subject''s id; cause is the inbox row, and the photo''s id.';

CREATE TABLE public.worker (
    name text NOT NULL,
    linked boolean NOT NULL,
    beat_at timestamp with time zone NOT NULL
)
WITH (fillfactor='50');

COMMENT ON TABLE public.worker IS 'Who lives, and whether it reaches the broker: each worker writes its own row while it lives.';

ALTER TABLE ONLY public.journal ATTACH PARTITION public.journal_default DEFAULT;

ALTER TABLE ONLY public.photo ATTACH PARTITION public.photo_default DEFAULT;

ALTER TABLE ONLY public.rejected_message ATTACH PARTITION public.rejected_message_default DEFAULT;

ALTER TABLE ONLY public.alarm
    ADD CONSTRAINT alarm_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);

ALTER TABLE ONLY public.chain_head
    ADD CONSTRAINT chain_head_pkey PRIMARY KEY (chain);

ALTER TABLE ONLY public.closing
    ADD CONSTRAINT closing_pkey PRIMARY KEY (site_id, legal_entity_id, seq);

ALTER TABLE ONLY public.closing
    ADD CONSTRAINT closing_site_id_legal_entity_id_period_last_day_key UNIQUE (site_id, legal_entity_id, period, last_day);

ALTER TABLE ONLY public.credential
    ADD CONSTRAINT credential_pkey PRIMARY KEY (site_id, uid);

ALTER TABLE ONLY public.data_key
    ADD CONSTRAINT data_key_pkey PRIMARY KEY (version);

ALTER TABLE ONLY public.deadline
    ADD CONSTRAINT deadline_pkey PRIMARY KEY (actor_kind, actor_id, key);

ALTER TABLE ONLY public.deployment
    ADD CONSTRAINT deployment_pkey PRIMARY KEY (only_row);

ALTER TABLE ONLY public.device
    ADD CONSTRAINT device_pkey PRIMARY KEY (site_id, name);

ALTER TABLE ONLY public.device_seen
    ADD CONSTRAINT device_seen_pkey PRIMARY KEY (site_id, device);

ALTER TABLE ONLY public.evidence_hold
    ADD CONSTRAINT evidence_hold_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.holder
    ADD CONSTRAINT holder_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.inbox_key
    ADD CONSTRAINT inbox_key_organisation_id_site_id_event_id_key UNIQUE NULLS NOT DISTINCT (organisation_id, site_id, event_id);

ALTER TABLE ONLY public.inbox
    ADD CONSTRAINT inbox_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.journal_personal
    ADD CONSTRAINT journal_personal_pkey PRIMARY KEY (chain, seq, name);

ALTER TABLE ONLY public.lane
    ADD CONSTRAINT lane_pkey PRIMARY KEY (site_id, lane);

ALTER TABLE ONLY public.ledger_entry
    ADD CONSTRAINT ledger_entry_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.legal_entity
    ADD CONSTRAINT legal_entity_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.level
    ADD CONSTRAINT level_pkey PRIMARY KEY (topic);

ALTER TABLE ONLY public.notice
    ADD CONSTRAINT notice_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.opening
    ADD CONSTRAINT opening_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.operator
    ADD CONSTRAINT operator_organisation_id_login_key UNIQUE (organisation_id, login);

ALTER TABLE ONLY public.operator
    ADD CONSTRAINT operator_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.organisation
    ADD CONSTRAINT organisation_pkey PRIMARY KEY (organisation_id);

ALTER TABLE ONLY public.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.parking_session
    ADD CONSTRAINT parking_session_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.partition
    ADD CONSTRAINT partition_fence UNIQUE (id, owner, epoch);

ALTER TABLE ONLY public.partition
    ADD CONSTRAINT partition_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.partner_month
    ADD CONSTRAINT partner_month_pkey PRIMARY KEY (partner_id, month);

ALTER TABLE ONLY public.partner
    ADD CONSTRAINT partner_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.payment
    ADD CONSTRAINT payment_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.photo
    ADD CONSTRAINT photo_pkey PRIMARY KEY (id, taken_at);

ALTER TABLE ONLY public.photo_default
    ADD CONSTRAINT photo_default_pkey PRIMARY KEY (id, taken_at);

ALTER TABLE ONLY public.policy_version
    ADD CONSTRAINT policy_version_pkey PRIMARY KEY (site_id, version);

ALTER TABLE ONLY public.portal_try
    ADD CONSTRAINT portal_try_pkey PRIMARY KEY (organisation_id, who);

ALTER TABLE ONLY public.provider_day
    ADD CONSTRAINT provider_day_pkey PRIMARY KEY (site_id, provider, local_day);

ALTER TABLE ONLY public.provider_order
    ADD CONSTRAINT provider_order_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.rejected_count
    ADD CONSTRAINT rejected_count_organisation_id_site_id_day_key UNIQUE NULLS NOT DISTINCT (organisation_id, site_id, day);

ALTER TABLE ONLY public.rejected_message
    ADD CONSTRAINT rejected_message_pkey PRIMARY KEY (id, received_at);

ALTER TABLE ONLY public.rejected_message_default
    ADD CONSTRAINT rejected_message_default_pkey PRIMARY KEY (id, received_at);

ALTER TABLE ONLY public.site_pin
    ADD CONSTRAINT site_pin_pkey PRIMARY KEY (site_id, lane);

ALTER TABLE ONLY public.site
    ADD CONSTRAINT site_pkey PRIMARY KEY (site_id);

ALTER TABLE ONLY public.site
    ADD CONSTRAINT site_token_hash_key UNIQUE (token_hash);

ALTER TABLE ONLY public.snapshot
    ADD CONSTRAINT snapshot_pkey PRIMARY KEY (actor_kind, actor_id);

ALTER TABLE ONLY public.subject
    ADD CONSTRAINT subject_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.tariff_version
    ADD CONSTRAINT tariff_version_pkey PRIMARY KEY (site_id, version);

ALTER TABLE ONLY public.validation
    ADD CONSTRAINT validation_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.web_session
    ADD CONSTRAINT web_session_pkey PRIMARY KEY (id_hash);

ALTER TABLE ONLY public.witness
    ADD CONSTRAINT witness_pkey PRIMARY KEY (session_id, cause, holder_key);

ALTER TABLE ONLY public.worker
    ADD CONSTRAINT worker_pkey PRIMARY KEY (name);

CREATE INDEX alarm_ended ON public.alarm USING btree (cleared_at) WHERE (cleared_at IS NOT NULL);

CREATE INDEX alarm_history ON public.alarm USING btree (organisation_id, cleared_at DESC) WHERE (cleared_at IS NOT NULL);

CREATE UNIQUE INDEX alarm_standing ON public.alarm USING btree (organisation_id, site_id, kind, about) NULLS NOT DISTINCT WHERE (cleared_at IS NULL);

CREATE INDEX closing_newest ON public.closing USING btree (organisation_id, last_day DESC);

CREATE INDEX credential_ending ON public.credential USING btree (site_id, valid_until) WHERE (valid_until IS NOT NULL);

CREATE INDEX credential_of_holder ON public.credential USING btree (site_id, holder);

CREATE INDEX deadline_due ON public.deadline USING btree (partition, at);

CREATE INDEX device_seen_of_partition ON public.device_seen USING btree (partition);

CREATE INDEX evidence_hold_of_session ON public.evidence_hold USING btree (session_id);

CREATE UNIQUE INDEX holder_name ON public.holder USING btree (site_id, name);

CREATE INDEX inbox_delivery ON public.inbox USING btree (broker_session, delivery_number) WHERE (broker_session IS NOT NULL);

CREATE INDEX inbox_key_age ON public.inbox_key USING btree (received_at);

CREATE INDEX inbox_order ON public.inbox USING btree (partition, seq);

CREATE UNIQUE INDEX journal_default_place ON public.journal_default USING btree (chain, seq);

CREATE INDEX journal_of_session ON ONLY public.journal USING btree (session_id) WHERE (session_id IS NOT NULL);

CREATE INDEX journal_default_session_id_idx ON public.journal_default USING btree (session_id) WHERE (session_id IS NOT NULL);

CREATE INDEX ledger_entry_newest ON public.ledger_entry USING btree (organisation_id, local_day DESC);

CREATE INDEX ledger_entry_of_day ON public.ledger_entry USING btree (site_id, local_day);

CREATE INDEX ledger_entry_of_session ON public.ledger_entry USING btree (session_id);

CREATE INDEX level_of_partition ON public.level USING btree (partition);

CREATE INDEX notice_ended ON public.notice USING btree (fate_at) WHERE (fate <> 'waiting'::text);

CREATE INDEX notice_waiting ON public.notice USING btree (created_at, id) WHERE (fate = 'waiting'::text);

CREATE INDEX opening_of_site ON public.opening USING btree (site_id, at);

CREATE INDEX outbox_of_site ON public.outbox USING btree (site_id, order_kind, created_at);

CREATE INDEX outbox_unfinished ON public.outbox USING btree (partition, created_at) WHERE (fate = 'queued'::text);

CREATE INDEX parking_session_closed ON public.parking_session USING btree (site_id, closed_at);

CREATE INDEX parking_session_kept ON public.parking_session USING btree (closed_at, id) WHERE ((closed_at IS NOT NULL) AND (erased_at IS NULL));

CREATE INDEX parking_session_newest ON public.parking_session USING btree (site_id, id);

CREATE INDEX parking_session_open ON public.parking_session USING btree (site_id) WHERE (status = ANY (ARRAY['active'::text, 'pending_payment'::text, 'paid'::text]));

CREATE INDEX parking_session_opened ON public.parking_session USING btree (site_id, opened_at);

CREATE INDEX parking_session_review ON public.parking_session USING btree (organisation_id, id) WHERE in_review;

CREATE INDEX parking_session_unpaid ON public.parking_session USING btree (organisation_id, id) WHERE (unpaid_cents > 0);

CREATE INDEX partner_month_of_site ON public.partner_month USING btree (site_id, month);

CREATE UNIQUE INDEX partner_name ON public.partner USING btree (site_id, name);

CREATE INDEX payment_back ON public.payment USING btree (organisation_id, paid_at DESC) WHERE (refunded_cents > 0);

CREATE INDEX payment_checkout ON public.payment USING btree (checkout_ref) WHERE (checkout_ref IS NOT NULL);

CREATE INDEX payment_disputed ON public.payment USING btree (organisation_id, paid_at DESC) WHERE (state = 'disputed'::text);

CREATE INDEX payment_newest ON public.payment USING btree (organisation_id, paid_at DESC) WHERE (paid_at IS NOT NULL);

CREATE INDEX payment_of_session ON public.payment USING btree (session_id);

CREATE INDEX payment_of_site ON public.payment USING btree (site_id, paid_at) WHERE (paid_at IS NOT NULL);

CREATE INDEX payment_on_site ON public.payment USING btree (organisation_id, paid_at DESC) WHERE (means = ANY (ARRAY['cash'::text, 'terminal'::text]));

CREATE UNIQUE INDEX payment_receipt ON public.payment USING btree (legal_entity_id, receipt_number);

CREATE UNIQUE INDEX payment_receipt_code ON public.payment USING btree (organisation_id, receipt_code);

CREATE INDEX payment_ref ON public.payment USING btree (payment_ref) WHERE (payment_ref IS NOT NULL);

CREATE INDEX portal_try_last ON public.portal_try USING btree (organisation_id, last_at);

CREATE INDEX provider_day_newest ON public.provider_day USING btree (organisation_id, local_day DESC);

CREATE INDEX provider_order_of_session ON public.provider_order USING btree (session_id);

CREATE INDEX provider_order_refused ON public.provider_order USING btree (organisation_id, created_at DESC) WHERE (fate = 'refused'::text);

CREATE INDEX provider_order_waiting ON public.provider_order USING btree (created_at, id) WHERE (fate = 'waiting'::text);

CREATE INDEX rejected_message_recent ON ONLY public.rejected_message USING btree (received_at);

CREATE INDEX rejected_message_default_received_at_idx ON public.rejected_message_default USING btree (received_at);

CREATE INDEX site_changed ON public.site USING btree (changed_in);

CREATE INDEX site_of_partition ON public.site USING btree (partition);

CREATE INDEX subject_age ON public.subject USING btree (created_at, id);

CREATE INDEX subject_pairs ON public.subject USING gin (public.plate_pairs(plate)) WHERE (plate IS NOT NULL);

CREATE UNIQUE INDEX subject_plate ON public.subject USING btree (site_id, plate) WHERE (plate IS NOT NULL);

CREATE INDEX validation_live ON public.validation USING btree (site_id) WHERE live;

CREATE INDEX validation_of_partner ON public.validation USING btree (partner_id, month, made_at DESC);

CREATE INDEX validation_of_site ON public.validation USING btree (site_id, month, made_at DESC);

CREATE INDEX web_session_expiry ON public.web_session USING btree (expires_at);

CREATE INDEX witness_of_cause ON public.witness USING btree (cause);

CREATE INDEX witness_of_holder ON public.witness USING btree (site_id, holder_key, session_id);

ALTER INDEX public.journal_of_session ATTACH PARTITION public.journal_default_session_id_idx;

ALTER INDEX public.photo_pkey ATTACH PARTITION public.photo_default_pkey;

ALTER INDEX public.rejected_message_pkey ATTACH PARTITION public.rejected_message_default_pkey;

ALTER INDEX public.rejected_message_recent ATTACH PARTITION public.rejected_message_default_received_at_idx;

CREATE TRIGGER changes BEFORE INSERT OR UPDATE ON public.site FOR EACH ROW EXECUTE FUNCTION public.site_changes();

CREATE TRIGGER changes_by_delete AFTER DELETE ON public.device REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.part_of_site_changes();

CREATE TRIGGER changes_by_delete AFTER DELETE ON public.lane REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.part_of_site_changes();

CREATE TRIGGER changes_by_delete AFTER DELETE ON public.policy_version REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.part_of_site_changes();

CREATE TRIGGER changes_by_delete AFTER DELETE ON public.site_pin REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.part_of_site_changes();

CREATE TRIGGER changes_by_delete AFTER DELETE ON public.tariff_version REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.part_of_site_changes();

CREATE TRIGGER changes_by_insert AFTER INSERT ON public.device REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.part_of_site_changes();

CREATE TRIGGER changes_by_insert AFTER INSERT ON public.lane REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.part_of_site_changes();

CREATE TRIGGER changes_by_insert AFTER INSERT ON public.policy_version REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.part_of_site_changes();

CREATE TRIGGER changes_by_insert AFTER INSERT ON public.site_pin REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.part_of_site_changes();

CREATE TRIGGER changes_by_insert AFTER INSERT ON public.tariff_version REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.part_of_site_changes();

CREATE TRIGGER changes_by_update AFTER UPDATE ON public.device REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.part_of_site_changes();

CREATE TRIGGER changes_by_update AFTER UPDATE ON public.lane REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.part_of_site_changes();

CREATE TRIGGER changes_by_update AFTER UPDATE ON public.policy_version REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.part_of_site_changes();

CREATE TRIGGER changes_by_update AFTER UPDATE ON public.site_pin REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.part_of_site_changes();

CREATE TRIGGER changes_by_update AFTER UPDATE ON public.tariff_version REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.part_of_site_changes();

CREATE TRIGGER into_an_open_day BEFORE INSERT ON public.ledger_entry FOR EACH ROW EXECUTE FUNCTION public.into_an_open_day();

CREATE TRIGGER never_changed BEFORE DELETE OR UPDATE OR TRUNCATE ON public.closing FOR EACH STATEMENT EXECUTE FUNCTION public.never_changed();

CREATE TRIGGER never_changed BEFORE DELETE OR UPDATE OR TRUNCATE ON public.ledger_entry FOR EACH STATEMENT EXECUTE FUNCTION public.never_changed();

ALTER TABLE ONLY public.credential
    ADD CONSTRAINT credential_site_id_fkey FOREIGN KEY (site_id) REFERENCES public.site(site_id);

ALTER TABLE ONLY public.device
    ADD CONSTRAINT device_site_id_fkey FOREIGN KEY (site_id) REFERENCES public.site(site_id);

ALTER TABLE ONLY public.holder
    ADD CONSTRAINT holder_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES public.organisation(organisation_id);

ALTER TABLE ONLY public.lane
    ADD CONSTRAINT lane_site_id_fkey FOREIGN KEY (site_id) REFERENCES public.site(site_id);

ALTER TABLE ONLY public.legal_entity
    ADD CONSTRAINT legal_entity_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES public.organisation(organisation_id);

ALTER TABLE ONLY public.operator
    ADD CONSTRAINT operator_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES public.organisation(organisation_id);

ALTER TABLE ONLY public.operator
    ADD CONSTRAINT operator_partner_id_fkey FOREIGN KEY (partner_id) REFERENCES public.partner(id);

ALTER TABLE ONLY public.partner_month
    ADD CONSTRAINT partner_month_partner_id_fkey FOREIGN KEY (partner_id) REFERENCES public.partner(id);

ALTER TABLE ONLY public.policy_version
    ADD CONSTRAINT policy_version_site_id_fkey FOREIGN KEY (site_id) REFERENCES public.site(site_id);

ALTER TABLE ONLY public.site
    ADD CONSTRAINT site_legal_entity_id_fkey FOREIGN KEY (legal_entity_id) REFERENCES public.legal_entity(id);

ALTER TABLE ONLY public.site
    ADD CONSTRAINT site_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES public.organisation(organisation_id);

ALTER TABLE ONLY public.site
    ADD CONSTRAINT site_partition_fkey FOREIGN KEY (partition) REFERENCES public.partition(id);

ALTER TABLE ONLY public.site_pin
    ADD CONSTRAINT site_pin_site_id_fkey FOREIGN KEY (site_id) REFERENCES public.site(site_id);

ALTER TABLE ONLY public.subject
    ADD CONSTRAINT subject_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES public.organisation(organisation_id);

ALTER TABLE ONLY public.tariff_version
    ADD CONSTRAINT tariff_version_site_id_fkey FOREIGN KEY (site_id) REFERENCES public.site(site_id);

ALTER TABLE ONLY public.validation
    ADD CONSTRAINT validation_partner_id_fkey FOREIGN KEY (partner_id) REFERENCES public.partner(id);

ALTER TABLE ONLY public.web_session
    ADD CONSTRAINT web_session_operator_id_fkey FOREIGN KEY (operator_id) REFERENCES public.operator(id);

ALTER TABLE ONLY public.web_session
    ADD CONSTRAINT web_session_organisation_id_fkey FOREIGN KEY (organisation_id) REFERENCES public.organisation(organisation_id);

ALTER TABLE public.alarm ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.chain_head ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.closing ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.credential ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.deadline ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.device ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.device_seen ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.evidence_hold ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.holder ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.inbox ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.inbox_key ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.journal ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.journal_personal ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.lane ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.ledger_entry ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.legal_entity ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.level ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.notice ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.opening ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.operator ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.organisation ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.outbox ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.parking_session ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.partner ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.partner_month ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.payment ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.photo ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.policy_version ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.portal_try ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.provider_day ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.provider_order ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.rejected_count ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.rejected_message ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.site ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.site_pin ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.snapshot ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.subject ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.tariff_version ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.validation ENABLE ROW LEVEL SECURITY;

CREATE POLICY web ON public.alarm TO syspark_web USING ((organisation_id = ( SELECT (NULLIF(current_setting('syspark.organisation_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY web ON public.chain_head TO syspark_web USING ((organisation_id = ( SELECT (NULLIF(current_setting('syspark.organisation_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY web ON public.closing TO syspark_web USING ((organisation_id = ( SELECT (NULLIF(current_setting('syspark.organisation_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY web ON public.credential TO syspark_web USING ((organisation_id = ( SELECT (NULLIF(current_setting('syspark.organisation_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY web ON public.deadline TO syspark_web USING ((organisation_id = ( SELECT (NULLIF(current_setting('syspark.organisation_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY web ON public.device TO syspark_web USING ((organisation_id = ( SELECT (NULLIF(current_setting('syspark.organisation_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY web ON public.device_seen TO syspark_web USING ((organisation_id = ( SELECT (NULLIF(current_setting('syspark.organisation_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY web ON public.evidence_hold TO syspark_web USING ((organisation_id = ( SELECT (NULLIF(current_setting('syspark.organisation_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY web ON public.holder TO syspark_web USING ((organisation_id = ( SELECT (NULLIF(current_setting('syspark.organisation_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY web ON public.inbox TO syspark_web USING ((organisation_id = ( SELECT (NULLIF(current_setting('syspark.organisation_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY web ON public.inbox_key TO syspark_web USING ((organisation_id = ( SELECT (NULLIF(current_setting('syspark.organisation_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY web ON public.journal TO syspark_web USING ((organisation_id = ( SELECT (NULLIF(current_setting('syspark.organisation_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY web ON public.journal_personal TO syspark_web USING ((organisation_id = ( SELECT (NULLIF(current_setting('syspark.organisation_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY web ON public.lane TO syspark_web USING ((organisation_id = ( SELECT (NULLIF(current_setting('syspark.organisation_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY web ON public.ledger_entry TO syspark_web USING ((organisation_id = ( SELECT (NULLIF(current_setting('syspark.organisation_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY web ON public.legal_entity TO syspark_web USING ((organisation_id = ( SELECT (NULLIF(current_setting('syspark.organisation_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY web ON public.level TO syspark_web USING ((organisation_id = ( SELECT (NULLIF(current_setting('syspark.organisation_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY web ON public.notice TO syspark_web USING ((organisation_id = ( SELECT (NULLIF(current_setting('syspark.organisation_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY web ON public.opening TO syspark_web USING ((organisation_id = ( SELECT (NULLIF(current_setting('syspark.organisation_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY web ON public.operator TO syspark_web USING ((organisation_id = ( SELECT (NULLIF(current_setting('syspark.organisation_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY web ON public.organisation TO syspark_web USING ((organisation_id = ( SELECT (NULLIF(current_setting('syspark.organisation_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY web ON public.outbox TO syspark_web USING ((organisation_id = ( SELECT (NULLIF(current_setting('syspark.organisation_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY web ON public.parking_session TO syspark_web USING ((organisation_id = ( SELECT (NULLIF(current_setting('syspark.organisation_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY web ON public.partner TO syspark_web USING ((organisation_id = ( SELECT (NULLIF(current_setting('syspark.organisation_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY web ON public.partner_month TO syspark_web USING ((organisation_id = ( SELECT (NULLIF(current_setting('syspark.organisation_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY web ON public.payment TO syspark_web USING ((organisation_id = ( SELECT (NULLIF(current_setting('syspark.organisation_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY web ON public.photo TO syspark_web USING ((organisation_id = ( SELECT (NULLIF(current_setting('syspark.organisation_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY web ON public.policy_version TO syspark_web USING ((organisation_id = ( SELECT (NULLIF(current_setting('syspark.organisation_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY web ON public.portal_try TO syspark_web USING ((organisation_id = ( SELECT (NULLIF(current_setting('syspark.organisation_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY web ON public.provider_day TO syspark_web USING ((organisation_id = ( SELECT (NULLIF(current_setting('syspark.organisation_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY web ON public.provider_order TO syspark_web USING ((organisation_id = ( SELECT (NULLIF(current_setting('syspark.organisation_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY web ON public.rejected_count TO syspark_web USING ((organisation_id = ( SELECT (NULLIF(current_setting('syspark.organisation_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY web ON public.rejected_message TO syspark_web USING ((organisation_id = ( SELECT (NULLIF(current_setting('syspark.organisation_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY web ON public.site TO syspark_web USING ((organisation_id = ( SELECT (NULLIF(current_setting('syspark.organisation_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY web ON public.site_pin TO syspark_web USING ((organisation_id = ( SELECT (NULLIF(current_setting('syspark.organisation_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY web ON public.snapshot TO syspark_web USING ((organisation_id = ( SELECT (NULLIF(current_setting('syspark.organisation_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY web ON public.subject TO syspark_web USING ((organisation_id = ( SELECT (NULLIF(current_setting('syspark.organisation_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY web ON public.tariff_version TO syspark_web USING ((organisation_id = ( SELECT (NULLIF(current_setting('syspark.organisation_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY web ON public.validation TO syspark_web USING ((organisation_id = ( SELECT (NULLIF(current_setting('syspark.organisation_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY web ON public.web_session TO syspark_web USING ((organisation_id = ( SELECT (NULLIF(current_setting('syspark.organisation_id'::text, true), ''::text))::uuid AS "nullif")));

CREATE POLICY web ON public.witness TO syspark_web USING ((organisation_id = ( SELECT (NULLIF(current_setting('syspark.organisation_id'::text, true), ''::text))::uuid AS "nullif")));

ALTER TABLE public.web_session ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.witness ENABLE ROW LEVEL SECURITY;

CREATE POLICY worker ON public.alarm TO syspark_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.chain_head TO syspark_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.closing TO syspark_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.credential TO syspark_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.deadline TO syspark_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.device TO syspark_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.device_seen TO syspark_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.evidence_hold TO syspark_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.holder TO syspark_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.inbox TO syspark_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.inbox_key TO syspark_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.journal TO syspark_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.journal_personal TO syspark_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.lane TO syspark_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.ledger_entry TO syspark_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.legal_entity TO syspark_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.level TO syspark_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.notice TO syspark_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.opening TO syspark_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.operator TO syspark_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.organisation TO syspark_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.outbox TO syspark_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.parking_session TO syspark_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.partner TO syspark_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.partner_month TO syspark_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.payment TO syspark_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.photo TO syspark_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.policy_version TO syspark_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.portal_try TO syspark_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.provider_day TO syspark_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.provider_order TO syspark_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.rejected_count TO syspark_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.rejected_message TO syspark_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.site TO syspark_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.site_pin TO syspark_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.snapshot TO syspark_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.subject TO syspark_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.tariff_version TO syspark_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.validation TO syspark_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.web_session TO syspark_worker USING (true) WITH CHECK (true);

CREATE POLICY worker ON public.witness TO syspark_worker USING (true) WITH CHECK (true);

GRANT USAGE ON SCHEMA public TO syspark_worker;
GRANT USAGE ON SCHEMA public TO syspark_web;

REVOKE ALL ON FUNCTION public.drop_photo_days(before timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.drop_photo_days(before timestamp with time zone) TO syspark_worker;

REVOKE ALL ON FUNCTION public.make_partitions(ahead_of timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.make_partitions(ahead_of timestamp with time zone) TO syspark_worker;

REVOKE ALL ON FUNCTION public.plates_with(part text, most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.plates_with(part text, most integer) TO syspark_web;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.alarm TO syspark_worker;
GRANT SELECT ON TABLE public.alarm TO syspark_web;

GRANT SELECT ON TABLE public.alembic_version TO syspark_worker;

GRANT SELECT,INSERT,UPDATE ON TABLE public.chain_head TO syspark_worker;
GRANT SELECT ON TABLE public.chain_head TO syspark_web;

GRANT SELECT,INSERT ON TABLE public.closing TO syspark_worker;
GRANT SELECT ON TABLE public.closing TO syspark_web;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.credential TO syspark_worker;
GRANT SELECT ON TABLE public.credential TO syspark_web;

GRANT SELECT,INSERT,UPDATE ON TABLE public.data_key TO syspark_worker;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.deadline TO syspark_worker;
GRANT SELECT ON TABLE public.deadline TO syspark_web;

GRANT SELECT ON TABLE public.deployment TO syspark_worker;
GRANT SELECT ON TABLE public.deployment TO syspark_web;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.device TO syspark_worker;
GRANT SELECT ON TABLE public.device TO syspark_web;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.device_seen TO syspark_worker;
GRANT SELECT ON TABLE public.device_seen TO syspark_web;

GRANT SELECT,INSERT ON TABLE public.evidence_hold TO syspark_worker;
GRANT SELECT ON TABLE public.evidence_hold TO syspark_web;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.holder TO syspark_worker;
GRANT SELECT ON TABLE public.holder TO syspark_web;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.inbox TO syspark_worker;
GRANT SELECT,INSERT ON TABLE public.inbox TO syspark_web;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.inbox_key TO syspark_worker;
GRANT SELECT,INSERT ON TABLE public.inbox_key TO syspark_web;

GRANT SELECT ON SEQUENCE public.inbox_seq_seq TO syspark_worker;

GRANT SELECT,INSERT ON TABLE public.journal TO syspark_worker;
GRANT SELECT ON TABLE public.journal TO syspark_web;

GRANT SELECT ON TABLE public.journal_default TO syspark_worker;

GRANT SELECT,INSERT,DELETE ON TABLE public.journal_personal TO syspark_worker;
GRANT SELECT ON TABLE public.journal_personal TO syspark_web;

GRANT SELECT,INSERT,UPDATE ON TABLE public.lane TO syspark_worker;
GRANT SELECT ON TABLE public.lane TO syspark_web;

GRANT SELECT,INSERT ON TABLE public.ledger_entry TO syspark_worker;
GRANT SELECT ON TABLE public.ledger_entry TO syspark_web;

GRANT SELECT,INSERT,UPDATE ON TABLE public.legal_entity TO syspark_worker;
GRANT SELECT ON TABLE public.legal_entity TO syspark_web;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.level TO syspark_worker;
GRANT SELECT ON TABLE public.level TO syspark_web;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.notice TO syspark_worker;
GRANT SELECT ON TABLE public.notice TO syspark_web;

GRANT SELECT,INSERT ON TABLE public.opening TO syspark_worker;
GRANT SELECT ON TABLE public.opening TO syspark_web;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.operator TO syspark_worker;
GRANT SELECT ON TABLE public.operator TO syspark_web;

GRANT SELECT,INSERT ON TABLE public.organisation TO syspark_worker;
GRANT SELECT ON TABLE public.organisation TO syspark_web;

GRANT SELECT,INSERT,UPDATE ON TABLE public.outbox TO syspark_worker;
GRANT SELECT ON TABLE public.outbox TO syspark_web;

GRANT SELECT,INSERT,UPDATE ON TABLE public.parking_session TO syspark_worker;
GRANT SELECT ON TABLE public.parking_session TO syspark_web;

GRANT SELECT,UPDATE ON TABLE public.partition TO syspark_worker;

GRANT SELECT,INSERT,UPDATE ON TABLE public.partner TO syspark_worker;
GRANT SELECT ON TABLE public.partner TO syspark_web;

GRANT SELECT,INSERT,UPDATE ON TABLE public.partner_month TO syspark_worker;
GRANT SELECT ON TABLE public.partner_month TO syspark_web;

GRANT SELECT,INSERT,UPDATE ON TABLE public.payment TO syspark_worker;
GRANT SELECT ON TABLE public.payment TO syspark_web;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.photo TO syspark_worker;
GRANT SELECT,INSERT ON TABLE public.photo TO syspark_web;

GRANT SELECT ON TABLE public.photo_default TO syspark_worker;

GRANT SELECT,INSERT ON TABLE public.policy_version TO syspark_worker;
GRANT SELECT ON TABLE public.policy_version TO syspark_web;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.portal_try TO syspark_web;

GRANT SELECT,INSERT,UPDATE ON TABLE public.provider_day TO syspark_worker;
GRANT SELECT ON TABLE public.provider_day TO syspark_web;

GRANT SELECT,INSERT,UPDATE ON TABLE public.provider_order TO syspark_worker;
GRANT SELECT ON TABLE public.provider_order TO syspark_web;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.rejected_count TO syspark_worker;
GRANT SELECT ON TABLE public.rejected_count TO syspark_web;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.rejected_message TO syspark_worker;
GRANT SELECT ON TABLE public.rejected_message TO syspark_web;

GRANT SELECT ON TABLE public.rejected_message_default TO syspark_worker;

GRANT SELECT,INSERT,UPDATE ON TABLE public.site TO syspark_worker;
GRANT SELECT ON TABLE public.site TO syspark_web;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.site_pin TO syspark_worker;

GRANT SELECT,INSERT,UPDATE ON TABLE public.snapshot TO syspark_worker;
GRANT SELECT ON TABLE public.snapshot TO syspark_web;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.subject TO syspark_worker;
GRANT SELECT ON TABLE public.subject TO syspark_web;

GRANT SELECT,INSERT ON TABLE public.tariff_version TO syspark_worker;
GRANT SELECT ON TABLE public.tariff_version TO syspark_web;

GRANT SELECT,INSERT,UPDATE ON TABLE public.validation TO syspark_worker;
GRANT SELECT ON TABLE public.validation TO syspark_web;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.web_session TO syspark_worker;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.web_session TO syspark_web;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.witness TO syspark_worker;
GRANT SELECT ON TABLE public.witness TO syspark_web;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.worker TO syspark_worker;
