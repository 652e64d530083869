-- name: decide
-- Ends undone rows; what hangs on a row that is not returned must not be written. A done row's body is emptied in the
-- same transaction; any other keeps it for whoever looks into it.
UPDATE inbox i SET status = g.status, outcome = g.outcome, body = CASE WHEN g.status = 'done' THEN '' ELSE i.body END
FROM unnest(%(id)s, %(partition)s, %(status)s, %(outcome)s) AS g (id, partition, status, outcome)
WHERE i.id = ANY(%(id)s) AND i.id = g.id AND i.partition = g.partition AND i.status = 'new'
RETURNING i.id

-- name: heads
-- Where chains end.
SELECT chain, seq, digest FROM chain_head WHERE chain = ANY(%(chain)s)

-- name: advance_heads
-- Moves chains to their new ends; a chain that does not end where this writer thinks is left out of the answer.
INSERT INTO chain_head AS h (chain, organisation_id, site_id, previous_seq, seq, digest)
SELECT * FROM unnest(%(chain)s, %(organisation_id)s, %(site_id)s, %(previous_seq)s, %(seq)s, %(digest)s)
    AS g (chain, organisation_id, site_id, previous_seq, seq, digest)
ORDER BY chain
ON CONFLICT (chain) DO UPDATE SET previous_seq = excluded.previous_seq, seq = excluded.seq, digest = excluded.digest
WHERE h.seq = excluded.previous_seq
RETURNING chain

-- name: journal
-- Appends chained entries.
INSERT INTO journal (
    chain, seq, organisation_id, site_id, at, fact_at, actor_kind, actor_id, kind, rule, inputs, cause, encoding,
    commitments, previous, digest, session_id)
SELECT chain, seq, organisation_id, site_id, at, fact_at, actor_kind, actor_id, kind, rule, inputs, cause,
    %(encoding)s, commitments::jsonb, previous, digest, session_id
FROM unnest(
    %(chain)s, %(seq)s, %(organisation_id)s, %(site_id)s, %(at)s, %(fact_at)s, %(actor_kind)s, %(actor_id)s, %(kind)s,
    %(rule)s, %(inputs)s, %(cause)s, %(commitments)s, %(previous)s, %(digest)s, %(session_id)s
) AS g (
    chain, seq, organisation_id, site_id, at, fact_at, actor_kind, actor_id, kind, rule, inputs, cause, commitments,
    previous, digest, session_id)

-- name: journal_personal
-- Keeps personal values with their salts beside the chain, where they can be erased.
INSERT INTO journal_personal (chain, seq, name, organisation_id, site_id, salt, value)
SELECT * FROM unnest(%(chain)s, %(seq)s, %(name)s, %(organisation_id)s, %(site_id)s, %(salt)s, %(value)s)

-- name: first_snapshots
-- Stores actors' first snapshots.
INSERT INTO snapshot (actor_kind, actor_id, organisation_id, site_id, partition, version, body)
SELECT * FROM unnest(
    %(actor_kind)s, %(actor_id)s, %(organisation_id)s, %(site_id)s, %(partition)s, %(version)s, %(body)s)
ON CONFLICT (actor_kind, actor_id) DO NOTHING
RETURNING actor_id

-- name: snapshots
-- Replaces snapshots whose stored version is the one these were made from.
UPDATE snapshot s SET version = g.version, body = g.body, partition = g.partition, written_at = now()
FROM unnest(%(actor_kind)s, %(actor_id)s, %(base)s, %(version)s, %(partition)s, %(body)s)
    AS g (actor_kind, actor_id, base, version, partition, body)
WHERE s.actor_kind = ANY(%(actor_kind)s) AND s.actor_id = ANY(%(actor_id)s)
    AND s.actor_kind = g.actor_kind AND s.actor_id = g.actor_id AND s.version = g.base
RETURNING s.actor_id

-- name: first_sessions
-- Stores new sessions.
INSERT INTO parking_session (
    id, organisation_id, site_id, partition, version, status, holder_key, opened_at, closed_at, body, in_review,
    unpaid_cents)
SELECT * FROM unnest(
    %(id)s, %(organisation_id)s, %(site_id)s, %(partition)s, %(version)s, %(status)s, %(holder_key)s, %(opened_at)s,
    %(closed_at)s, %(body)s, %(in_review)s, %(unpaid_cents)s)
ON CONFLICT (id) DO NOTHING
RETURNING id

-- name: sessions
-- Replaces sessions whose stored version is the one these were made from.
UPDATE parking_session s SET version = g.version, status = g.status, holder_key = g.holder_key,
    opened_at = g.opened_at, closed_at = g.closed_at, body = g.body, partition = g.partition,
    in_review = g.in_review, unpaid_cents = g.unpaid_cents
FROM unnest(
    %(id)s, %(base)s, %(version)s, %(status)s, %(holder_key)s, %(opened_at)s, %(closed_at)s, %(body)s, %(partition)s,
    %(in_review)s, %(unpaid_cents)s
) AS g (
    id, base, version, status, holder_key, opened_at, closed_at, body, partition, in_review, unpaid_cents)
WHERE s.id = ANY(%(id)s) AND s.id = g.id AND s.version = g.base
RETURNING s.id

-- name: outbox
-- Stores commands that were decided.
INSERT INTO outbox (
    id, organisation_id, site_id, partition, order_kind, body, device, author, fate, fate_at, created_at, fact_at,
    expires_at, epoch)
SELECT id, organisation_id, site_id, partition, order_kind, body, device, author, fate, created_at, created_at,
    fact_at, expires_at, epoch
FROM unnest(
    %(id)s, %(organisation_id)s, %(site_id)s, %(partition)s, %(order_kind)s, %(body)s, %(device)s, %(author)s,
    %(fate)s, %(created_at)s, %(fact_at)s, %(expires_at)s, %(epoch)s
) AS g (
    id, organisation_id, site_id, partition, order_kind, body, device, author, fate, created_at, fact_at, expires_at,
    epoch)

-- name: set_deadlines
-- Sets timers, one per actor and key.
INSERT INTO deadline (actor_kind, actor_id, key, organisation_id, site_id, partition, at)
SELECT * FROM unnest(
    %(actor_kind)s, %(actor_id)s, %(key)s, %(organisation_id)s, %(site_id)s, %(partition)s, %(at)s)
ON CONFLICT (actor_kind, actor_id, key) DO UPDATE SET at = excluded.at, partition = excluded.partition
WHERE deadline.at <> excluded.at OR deadline.partition <> excluded.partition

-- name: clear_deadlines
-- Clears timers.
DELETE FROM deadline d USING unnest(%(actor_kind)s, %(actor_id)s, %(key)s) AS g (actor_kind, actor_id, key)
WHERE d.actor_kind = ANY(%(actor_kind)s) AND d.actor_id = ANY(%(actor_id)s)
    AND d.actor_kind = g.actor_kind AND d.actor_id = g.actor_id AND d.key = g.key

-- name: confirm
-- Records that the site has confirmed commands; an end that was told before stays.
UPDATE outbox SET fate = 'confirmed', fate_at = now()
WHERE id = ANY(%(id)s) AND fate IN ('queued', 'sent', 'acked')

-- name: credentials
-- Stores badges and plates as the site now knows them.
INSERT INTO credential (
    site_id, uid, organisation_id, holder, plan, valid_from, valid_until, blocked, kind, windows, lane, temporary)
SELECT * FROM unnest(
    %(site_id)s, %(uid)s, %(organisation_id)s, %(holder)s, %(plan)s, %(valid_from)s, %(valid_until)s, %(blocked)s,
    %(kind)s, %(windows)s, %(lane)s, %(temporary)s)
ON CONFLICT (site_id, uid) DO UPDATE SET holder = excluded.holder, plan = excluded.plan,
    valid_from = excluded.valid_from, valid_until = excluded.valid_until, blocked = excluded.blocked,
    kind = excluded.kind, windows = excluded.windows, lane = excluded.lane, temporary = excluded.temporary

-- name: holders
-- Stores holders as the site now knows them; one that is known keeps its id.
INSERT INTO holder (id, site_id, organisation_id, name, kind, places)
SELECT * FROM unnest(%(id)s, %(site_id)s, %(organisation_id)s, %(name)s, %(kind)s, %(places)s)
ON CONFLICT (site_id, name) DO UPDATE SET kind = excluded.kind, places = excluded.places

-- name: set_policy
-- A site's policy from now on; refused when its version is taken.
WITH added AS (
    INSERT INTO policy_version (site_id, version, organisation_id, body, author)
    VALUES (%(site_id)s, %(version)s, %(organisation_id)s, %(body)s, %(author)s)
)
UPDATE site SET policy_version = %(version)s WHERE site_id = %(site_id)s

-- name: set_tariff
-- A version of a site's tariff, the present one from now on if it starts now; refused when its version is taken.
WITH added AS (
    INSERT INTO tariff_version (site_id, version, organisation_id, body, author, starts_at)
    VALUES (%(site_id)s, %(version)s, %(organisation_id)s, %(body)s, %(author)s, %(starts_at)s)
)
UPDATE site SET tariff_version = CASE WHEN %(now)s THEN %(version)s ELSE tariff_version END WHERE site_id = %(site_id)s

-- name: subjects
-- Keeps new plates, each with a salt of its own; a plate that has a subject at the site already is refused.
INSERT INTO subject (id, organisation_id, site_id, plate, salt)
SELECT * FROM unnest(%(id)s, %(organisation_id)s, %(site_id)s, %(plate)s, %(salt)s)

-- name: forgotten
-- Erases plates that nothing refers to any more, each with its salt: what is left of them are the commitments in the
-- journal.
DELETE FROM subject u WHERE u.id = ANY(%(id)s)
    AND NOT EXISTS (SELECT FROM witness w WHERE w.site_id = u.site_id AND w.holder_key = u.id::text)
    AND NOT EXISTS (SELECT FROM credential c WHERE c.site_id = u.site_id AND c.uid = u.id::text)
    AND NOT EXISTS (SELECT FROM validation v WHERE v.site_id = u.site_id AND v.live AND v.subject = u.id)

-- name: witnesses
-- Keeps what speaks for sessions' vehicles; one that was withdrawn may speak for the same vehicle again.
INSERT INTO witness (session_id, organisation_id, site_id, kind, holder_key, lane, read_at, confidence, cause, rear)
SELECT * FROM unnest(
    %(session_id)s, %(organisation_id)s, %(site_id)s, %(kind)s, %(holder_key)s, %(lane)s, %(read_at)s,
    %(confidence)s, %(cause)s, %(rear)s)
ON CONFLICT (session_id, cause, holder_key) DO UPDATE SET withdrawn_at = NULL WHERE witness.withdrawn_at IS NOT NULL
RETURNING session_id

-- name: withdrawn
-- What was read for these holders speaks for these sessions' vehicles no more.
UPDATE witness w SET withdrawn_at = g.at
FROM unnest(%(session_id)s, %(holder_key)s, %(at)s) AS g (session_id, holder_key, at)
WHERE w.session_id = g.session_id AND w.holder_key = g.holder_key AND w.withdrawn_at IS NULL

-- name: openings
-- Keeps openings that barriers told of and no command asked for.
INSERT INTO opening (id, organisation_id, site_id, lane, at, because)
SELECT * FROM unnest(%(id)s, %(organisation_id)s, %(site_id)s, %(lane)s, %(at)s, %(because)s)

-- name: partners
-- Keeps partners as the site now knows them.
INSERT INTO partner (id, organisation_id, site_id, partition, name, body)
SELECT * FROM unnest(%(id)s, %(organisation_id)s, %(site_id)s, %(partition)s, %(name)s, %(body)s)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, body = excluded.body

-- name: partner_months
-- Keeps what partners have validated in a month.
INSERT INTO partner_month (partner_id, month, organisation_id, site_id, validated, held_cents, spent_cents)
SELECT * FROM unnest(
    %(partner_id)s, %(month)s, %(organisation_id)s, %(site_id)s, %(validated)s, %(held_cents)s, %(spent_cents)s)
ON CONFLICT (partner_id, month) DO UPDATE SET validated = excluded.validated, held_cents = excluded.held_cents,
    spent_cents = excluded.spent_cents

-- name: validations
-- Keeps validations, and what has become of them.
INSERT INTO validation (id, organisation_id, site_id, partner_id, subject, month, made_at, live, body)
SELECT * FROM unnest(
    %(id)s, %(organisation_id)s, %(site_id)s, %(partner_id)s, %(subject)s, %(month)s, %(made_at)s, %(live)s, %(body)s)
ON CONFLICT (id) DO UPDATE SET live = excluded.live, body = excluded.body

-- name: landed
-- What became of rows; waits for a transaction that still holds them.
SELECT id, partition, status FROM inbox WHERE id = ANY(%(id)s) ORDER BY id FOR UPDATE

-- name: numbered
-- The order numbers of rows that are still undone.
SELECT id, seq FROM inbox WHERE id = ANY(%(id)s) AND status = 'new'

-- name: alarms
-- Keeps alarms as pages read them.
INSERT INTO alarm (
    id, organisation_id, site_id, kind, about, severity, detail, raised_at, last_at, times, acknowledged_at,
    acknowledged_by, assigned_to, escalated_at, cleared_at, cleared_by, under, flapping)
SELECT * FROM unnest(
    %(id)s, %(organisation_id)s, %(site_id)s, %(kind)s, %(about)s, %(severity)s, %(detail)s, %(raised_at)s,
    %(last_at)s, %(times)s, %(acknowledged_at)s, %(acknowledged_by)s, %(assigned_to)s, %(escalated_at)s,
    %(cleared_at)s, %(cleared_by)s, %(under)s, %(flapping)s)
ON CONFLICT (id) DO UPDATE SET severity = excluded.severity, detail = excluded.detail, last_at = excluded.last_at,
    times = excluded.times, acknowledged_at = excluded.acknowledged_at, acknowledged_by = excluded.acknowledged_by,
    assigned_to = excluded.assigned_to, escalated_at = excluded.escalated_at, cleared_at = excluded.cleared_at,
    cleared_by = excluded.cleared_by, under = excluded.under, flapping = excluded.flapping

-- name: notices
-- Keeps what people are to be told.
INSERT INTO notice (id, organisation_id, site_id, alarm_id, body, created_at, expires_at)
SELECT * FROM unnest(
    %(id)s, %(organisation_id)s, %(site_id)s, %(alarm_id)s, %(body)s, %(created_at)s, %(expires_at)s)

-- name: change_pins
-- Stores PINs instead of those their lanes had.
INSERT INTO site_pin (site_id, lane, organisation_id, sealed)
SELECT * FROM unnest(%(site_id)s, %(lane)s, %(organisation_id)s, %(sealed)s)
ON CONFLICT (site_id, lane) DO UPDATE SET sealed = excluded.sealed, changed_at = now()

-- name: payments
-- Keeps payments as pages read them. One that is paid has a receipt from then on: the next number of its seller, taken
-- here so that no number is ever left out.
WITH given AS MATERIALIZED (
    SELECT g.*, coalesce(s.legal_entity_id, (
            SELECT e.id FROM legal_entity e WHERE e.organisation_id = g.organisation_id ORDER BY e.id LIMIT 1
        )) AS legal_entity_id,
        g.paid_at IS NOT NULL
            AND NOT EXISTS (SELECT FROM payment p WHERE p.id = g.id AND p.receipt_number IS NOT NULL) AS wants_receipt
    FROM unnest(
        %(id)s, %(organisation_id)s, %(site_id)s, %(session_id)s, %(state)s, %(means)s, %(amount_cents)s, %(currency)s,
        %(body)s, %(made_at)s, %(checkout_ref)s, %(payment_ref)s, %(paid_at)s, %(refunded_cents)s
    ) AS g (
        id, organisation_id, site_id, session_id, state, means, amount_cents, currency, body, made_at, checkout_ref,
        payment_ref, paid_at, refunded_cents)
    LEFT JOIN site s ON s.site_id = g.site_id
), sellers AS MATERIALIZED (
    -- Locked in one order for everybody, so that two batches never wait for each other.
    SELECT e.id FROM legal_entity e WHERE e.id IN (SELECT legal_entity_id FROM given WHERE wants_receipt)
    ORDER BY e.id FOR UPDATE
), taken AS (
    UPDATE legal_entity e SET next_receipt = e.next_receipt + n.receipts
    FROM (
        SELECT g.legal_entity_id AS id, count(*) AS receipts FROM given g JOIN sellers ON sellers.id = g.legal_entity_id
        WHERE g.wants_receipt GROUP BY g.legal_entity_id
    ) n
    WHERE e.id = n.id
    RETURNING e.id, e.next_receipt - n.receipts AS first
), numbered AS (
    SELECT g.id, t.first + row_number() OVER (PARTITION BY g.legal_entity_id ORDER BY g.paid_at, g.id) - 1 AS number
    FROM given g JOIN taken t ON t.id = g.legal_entity_id WHERE g.wants_receipt
)
INSERT INTO payment AS p (
    id, organisation_id, site_id, session_id, state, means, amount_cents, currency, body, made_at, checkout_ref,
    payment_ref, paid_at, refunded_cents, legal_entity_id, receipt_number, receipt_code)
SELECT g.id, g.organisation_id, g.site_id, g.session_id, g.state, g.means, g.amount_cents, g.currency, g.body,
    g.made_at, g.checkout_ref, g.payment_ref, g.paid_at, g.refunded_cents, g.legal_entity_id, n.number,
    CASE WHEN n.number IS NOT NULL THEN new_receipt_code(g.organisation_id) END
FROM given g LEFT JOIN numbered n ON n.id = g.id
ON CONFLICT (id) DO UPDATE SET state = excluded.state, means = excluded.means, amount_cents = excluded.amount_cents,
    currency = excluded.currency, body = excluded.body, checkout_ref = excluded.checkout_ref,
    payment_ref = excluded.payment_ref, paid_at = excluded.paid_at, refunded_cents = excluded.refunded_cents,
    receipt_number = coalesce(p.receipt_number, excluded.receipt_number),
    receipt_code = coalesce(p.receipt_code, excluded.receipt_code)

-- name: ledger
-- Books what came and went.
INSERT INTO ledger_entry (
    id, organisation_id, site_id, legal_entity_id, session_id, at, local_day, kind, means, amount_cents, currency,
    vat_cents, payment_id, author, reason, counter_of)
SELECT g.id, g.organisation_id, g.site_id, coalesce(s.legal_entity_id, (
        SELECT e.id FROM legal_entity e WHERE e.organisation_id = g.organisation_id ORDER BY e.id LIMIT 1
    )), g.session_id, g.at, g.local_day::date, g.kind, g.means, g.amount_cents, g.currency, g.vat_cents, g.payment_id,
    g.author, g.reason, g.counter_of
FROM unnest(
    %(id)s, %(organisation_id)s, %(site_id)s, %(session_id)s, %(at)s, %(local_day)s, %(kind)s, %(means)s,
    %(amount_cents)s, %(currency)s, %(vat_cents)s, %(payment_id)s, %(author)s, %(reason)s, %(counter_of)s
) AS g (
    id, organisation_id, site_id, session_id, at, local_day, kind, means, amount_cents, currency, vat_cents, payment_id,
    author, reason, counter_of)
LEFT JOIN site s ON s.site_id = g.site_id

-- name: provider_orders
-- Keeps what the payment provider is to do.
INSERT INTO provider_order (id, organisation_id, site_id, partition, session_id, body, created_at)
SELECT * FROM unnest(
    %(id)s, %(organisation_id)s, %(site_id)s, %(partition)s, %(session_id)s, %(body)s, %(created_at)s)
ON CONFLICT (id) DO NOTHING
