-- name: stays
-- Closed sessions that still name somebody, the longest closed first. Locked, so that what is decided of them holds.
SELECT s.id, s.site_id, s.closed_at, s.unpaid_cents > 0, s.in_review, s.body,
    (SELECT max(until) FROM evidence_hold h WHERE h.session_id = s.id)
FROM parking_session s
WHERE s.closed_at < %(before)s AND s.erased_at IS NULL AND (s.closed_at, s.id) > (%(after_at)s, %(after)s)
ORDER BY s.closed_at, s.id LIMIT %(limit)s
FOR UPDATE OF s SKIP LOCKED

-- name: erase_stays
-- Takes the plates from sessions: each of them, and what was read for it, goes by a pseudonym of its own that no plate
-- is found by and that is in no other session.
WITH theirs AS MATERIALIZED (
    SELECT g.session_id, g.old, gen_random_uuid()::text AS new FROM (
        SELECT session_id, holder_key AS old FROM witness WHERE session_id = ANY(%(id)s) AND kind = 'plate'
        UNION
        SELECT id, holder_key FROM parking_session
        WHERE id = ANY(%(id)s) AND holder_key ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
    ) g
), read AS (
    UPDATE witness w SET holder_key = t.new FROM theirs t
    WHERE w.session_id = t.session_id AND w.holder_key = t.old AND w.kind = 'plate'
)
UPDATE parking_session s SET erased_at = %(now)s, version = s.version + 1,
    holder_key = coalesce(t.new, s.holder_key),
    body = CASE WHEN t.new IS NULL THEN s.body
        ELSE convert_to(replace(convert_from(s.body, 'UTF8'), t.old, t.new), 'UTF8') END
FROM unnest(%(id)s) AS g (id)
LEFT JOIN parking_session k ON k.id = g.id
LEFT JOIN theirs t ON t.session_id = k.id AND t.old = k.holder_key
WHERE s.id = g.id

-- name: erase_values_of
-- Erases the personal values of what was decided about sessions, with their salts.
DELETE FROM journal_personal p USING journal j
WHERE j.session_id = ANY(%(id)s) AND p.chain = j.chain AND p.seq = j.seq

-- name: plates
-- Plates first seen long ago, and whether a session, a right or a validation still needs each.
SELECT u.id, u.site_id, s.organisation_id, s.partition, u.created_at,
    EXISTS (SELECT FROM witness w WHERE w.site_id = u.site_id AND w.holder_key = u.id::text)
        OR EXISTS (SELECT FROM credential c WHERE c.site_id = u.site_id AND c.uid = u.id::text)
        OR EXISTS (SELECT FROM validation v WHERE v.site_id = u.site_id AND v.live AND v.subject = u.id)
FROM subject u JOIN site s ON s.site_id = u.site_id
WHERE u.created_at < %(before)s AND (u.created_at, u.id) > (%(after_at)s, %(after)s)
ORDER BY u.created_at, u.id LIMIT %(limit)s

-- name: photos
-- Pictures taken long ago, with the sessions whose reading each came with. Their ids are in the order of time.
SELECT p.id, p.site_id, p.taken_at, s.id, s.closed_at, s.unpaid_cents > 0, s.in_review, s.body,
    (SELECT max(until) FROM evidence_hold h WHERE h.session_id = s.id)
FROM (
    SELECT id, site_id, taken_at FROM photo WHERE taken_at < %(before)s AND id > %(after)s ORDER BY id LIMIT %(limit)s
) p
LEFT JOIN witness w ON w.cause = p.id AND w.site_id = p.site_id
LEFT JOIN parking_session s ON s.id = w.session_id
ORDER BY p.id

-- name: erase_photos
-- Erases pictures; the times tell which days' partitions hold them.
DELETE FROM photo WHERE id = ANY(%(id)s) AND taken_at BETWEEN %(from)s AND %(until)s RETURNING id

-- name: drop_photo_days
-- Drops the days of which no picture is left.
SELECT drop_photo_days(%(before)s)

-- name: chains
-- The journal's chains.
SELECT chain FROM chain_head ORDER BY chain

-- name: values
-- Rows of a chain that still have personal values, in order: when each was decided, and whether its session is kept.
SELECT k.seq, j.at, j.kind, s.id IS NOT NULL AND s.erased_at IS NULL
FROM (
    SELECT DISTINCT seq FROM journal_personal WHERE chain = %(chain)s AND seq > %(after)s ORDER BY seq LIMIT %(limit)s
) k
JOIN journal j ON j.chain = %(chain)s AND j.seq = k.seq
LEFT JOIN parking_session s ON s.id = j.session_id
ORDER BY k.seq

-- name: erase_values
-- Erases the personal values of rows of a chain, with their salts.
DELETE FROM journal_personal WHERE chain = %(chain)s AND seq = ANY(%(seq)s)

-- name: held
-- How much there is that names a person, by how old it is in days.
SELECT 'photo', age, count(*) FROM (
    SELECT width_bucket(extract(epoch FROM %(now)s - taken_at) / 86400, ARRAY[7, 30, 365]::float8[]) AS age FROM photo
) p GROUP BY age
UNION ALL
SELECT 'plate', age, count(*) FROM (
    SELECT width_bucket(extract(epoch FROM %(now)s - created_at) / 86400, ARRAY[7, 30, 365]::float8[]) AS age FROM subject
) u GROUP BY age
UNION ALL
SELECT 'stay', age, count(*) FROM (
    SELECT width_bucket(extract(epoch FROM %(now)s - closed_at) / 86400, ARRAY[7, 30, 365]::float8[]) AS age
    FROM parking_session WHERE closed_at IS NOT NULL AND erased_at IS NULL
) s GROUP BY age

-- name: hold
-- Keeps what is known of a session until a day; no row without such a session.
INSERT INTO evidence_hold (id, organisation_id, site_id, session_id, reference, author, made_at, until)
SELECT %(id)s, organisation_id, site_id, id, %(reference)s, %(author)s, %(now)s, %(until)s
FROM parking_session WHERE id = %(session_id)s
RETURNING organisation_id

-- name: person
-- Whose plate it is, at a site: since when it is known, and the right it has.
SELECT u.id, u.organisation_id, u.created_at, c.holder, c.plan, c.valid_from, c.valid_until
FROM subject u LEFT JOIN credential c ON c.site_id = u.site_id AND c.uid = u.id::text
WHERE u.site_id = %(site_id)s AND u.plate = %(plate)s

-- name: stays_of
-- The stays of a plate that still name it, the oldest first. Locked, so that what is decided of them holds.
SELECT s.id, s.site_id, s.closed_at, s.unpaid_cents > 0, s.in_review, s.body,
    (SELECT max(until) FROM evidence_hold h WHERE h.session_id = s.id)
FROM parking_session s
WHERE s.id IN (SELECT session_id FROM witness WHERE site_id = %(site_id)s AND holder_key = %(holder_key)s)
ORDER BY s.id
FOR UPDATE OF s

-- name: erase_photos_of
-- Erases the pictures that came with what was read for sessions.
DELETE FROM photo p USING witness w
WHERE w.session_id = ANY(%(id)s) AND p.id = w.cause AND p.site_id = w.site_id
    AND p.taken_at BETWEEN w.read_at - interval '2 days' AND w.read_at + interval '2 days'

-- name: export_stays
-- The stays of a plate as they are told to whom it names.
SELECT s.id, s.status, s.opened_at, s.closed_at, s.unpaid_cents,
    (SELECT coalesce(jsonb_agg(jsonb_build_object('kind', w.kind, 'lane', w.lane, 'read_at', w.read_at, 'picture', EXISTS (
            SELECT FROM photo p WHERE p.id = w.cause AND p.site_id = w.site_id
                AND p.taken_at BETWEEN w.read_at - interval '2 days' AND w.read_at + interval '2 days'))
        ORDER BY w.read_at), '[]') FROM witness w WHERE w.session_id = s.id),
    (SELECT coalesce(jsonb_agg(jsonb_build_object('state', p.state, 'means', p.means, 'amount_cents', p.amount_cents,
            'currency', p.currency, 'paid_at', p.paid_at, 'refunded_cents', p.refunded_cents, 'receipt', p.receipt_number)
        ORDER BY p.made_at), '[]') FROM payment p WHERE p.session_id = s.id AND p.paid_at IS NOT NULL)
FROM parking_session s
WHERE s.id IN (SELECT session_id FROM witness WHERE site_id = %(site_id)s AND holder_key = %(holder_key)s)
ORDER BY s.id
