-- name: snapshot
-- An actor's last stored state.
SELECT organisation_id, site_id, partition, version, body FROM snapshot
WHERE actor_kind = %(kind)s AND actor_id = %(id)s

-- name: twins
-- The last stored state of every device of a partition.
SELECT organisation_id, site_id, partition, actor_id, version, body FROM snapshot
WHERE actor_kind = 'device' AND partition = %(partition)s

-- name: sessions
-- Parking sessions.
SELECT id, organisation_id, site_id, partition, version, status, holder_key, opened_at, closed_at, body,
    in_review, unpaid_cents
FROM parking_session WHERE id = ANY(%(id)s)

-- name: sessions_of
-- A site's open sessions and those closed lately, in the order they were made; each half by an index of its own. With
-- each the holder keys of its witnesses as they were first read, and the plates among them.
SELECT s.*, coalesce(w.holder_keys, '{}'), coalesce(w.subjects, '{}'), coalesce(w.plates, '{}')
FROM (
    SELECT id, organisation_id, site_id, partition, version, status, holder_key, opened_at, closed_at, body,
        in_review, unpaid_cents
    FROM parking_session WHERE site_id = %(site_id)s AND status IN ('active', 'pending_payment', 'paid')
    UNION ALL
    SELECT id, organisation_id, site_id, partition, version, status, holder_key, opened_at, closed_at, body,
        in_review, unpaid_cents
    FROM parking_session WHERE site_id = %(site_id)s AND closed_at >= %(closed_since)s
        AND status NOT IN ('active', 'pending_payment', 'paid')
) s
CROSS JOIN LATERAL (
    SELECT array_agg(k.holder_key ORDER BY k.first_at, k.holder_key) AS holder_keys,
        array_agg(k.holder_key ORDER BY k.first_at, k.holder_key) FILTER (WHERE u.plate IS NOT NULL) AS subjects,
        array_agg(u.plate ORDER BY k.first_at, k.holder_key) FILTER (WHERE u.plate IS NOT NULL) AS plates
    FROM (
        SELECT holder_key, kind, min(read_at) AS first_at FROM witness
        WHERE session_id = s.id AND withdrawn_at IS NULL
        GROUP BY holder_key, kind
    ) k
    LEFT JOIN subject u ON u.id = CASE WHEN k.kind = 'plate' THEN k.holder_key::uuid END
) w
ORDER BY s.id

-- name: witnesses
-- What speaks for a session's vehicle, in the order it was read, with the plates among it.
SELECT w.organisation_id, w.site_id, s.partition, w.kind, w.holder_key, w.lane, w.read_at, w.confidence, w.cause, u.plate,
    w.rear
FROM witness w
JOIN parking_session s ON s.id = w.session_id
LEFT JOIN subject u ON u.id = CASE WHEN w.kind = 'plate' THEN w.holder_key::uuid END
WHERE w.session_id = %(session_id)s AND w.withdrawn_at IS NULL ORDER BY w.read_at, w.holder_key, w.cause

-- name: sessions_around
-- A holder's latest sessions, and the site's that were opened about a time, each with its witnesses in the order they
-- were read.
SELECT s.id, s.organisation_id, s.site_id, s.partition, s.version, s.status, s.holder_key, s.opened_at, s.closed_at,
    s.body, s.in_review, s.unpaid_cents, w.kind, w.holder_key, w.lane, w.read_at, w.confidence, w.cause,
    w.rear
FROM (
    SELECT session_id AS id FROM (
        SELECT DISTINCT session_id FROM witness WHERE site_id = %(site_id)s AND holder_key = %(holder_key)s
            AND withdrawn_at IS NULL
        ORDER BY session_id DESC LIMIT %(limit)s
    ) theirs
    UNION SELECT id FROM parking_session WHERE site_id = %(site_id)s AND opened_at BETWEEN %(from)s AND %(until)s
) found
JOIN parking_session s ON s.id = found.id
JOIN witness w ON w.session_id = s.id AND w.withdrawn_at IS NULL
ORDER BY s.id, w.read_at, w.holder_key

-- name: known_credentials
-- Those of these badges and plates that their sites know, with their holders' shared places; one look into the index for each, however many a site has.
SELECT c.uid, c.site_id, c.holder, c.plan, c.valid_from, c.valid_until, c.blocked, c.kind, c.windows, c.lane,
    c.temporary, p.id::text, p.places
FROM unnest(%(site_id)s, %(uid)s) AS g (site_id, uid)
CROSS JOIN LATERAL (
    SELECT * FROM credential WHERE site_id = g.site_id AND uid = g.uid LIMIT 1
) AS c
LEFT JOIN LATERAL (
    SELECT id, places FROM holder WHERE site_id = c.site_id AND name = c.holder AND places IS NOT NULL LIMIT 1
) AS p ON true

-- name: credentials
-- Every badge and plate of a site, with its holder's shared places.
SELECT c.uid, c.site_id, c.holder, c.plan, c.valid_from, c.valid_until, c.blocked, c.kind, c.windows, c.lane,
    c.temporary, p.id::text, p.places
FROM credential c
LEFT JOIN holder p ON p.site_id = c.site_id AND p.name = c.holder AND p.places IS NOT NULL WHERE c.site_id = %(site_id)s ORDER BY c.uid

-- name: known_plates
-- The plates among a site's credentials.
SELECT c.uid, u.plate FROM credential c JOIN subject u ON u.id = CASE WHEN c.kind = 'plate' THEN c.uid::uuid END
WHERE c.site_id = %(site_id)s AND c.kind = 'plate' AND u.plate IS NOT NULL

-- name: subject
-- The subject that holds a plate at a site.
SELECT id FROM subject WHERE site_id = %(site_id)s AND plate = %(plate)s

-- name: partners
-- A site's partners.
SELECT id, organisation_id, site_id, partition, name, body FROM partner WHERE site_id = %(site_id)s ORDER BY name

-- name: partner_months
-- What its partners have validated this month, and in those that validations which are not over count in.
SELECT m.partner_id, p.organisation_id, p.site_id, p.partition, m.month, m.validated, m.held_cents, m.spent_cents
FROM partner_month m JOIN partner p ON p.id = m.partner_id
WHERE m.site_id = %(site_id)s AND (m.month = %(month)s OR m.held_cents > 0) ORDER BY m.partner_id, m.month

-- name: live_validations
-- A site's validations that are not over.
SELECT v.id, v.organisation_id, v.site_id, p.partition, v.partner_id, v.subject, v.month, v.made_at, v.live, v.body
FROM validation v JOIN partner p ON p.id = v.partner_id WHERE v.site_id = %(site_id)s AND v.live ORDER BY v.made_at, v.id

-- name: levels
-- The last level of every topic of a partition.
SELECT topic, digest FROM level WHERE partition = %(partition)s

-- name: partitions_due
-- Partitions that have timers which are due.
SELECT g.partition FROM unnest(%(partition)s) AS g (partition)
WHERE EXISTS (SELECT FROM deadline d WHERE d.partition = g.partition AND d.at <= %(now)s)

-- name: due
-- Timers that are due, oldest first.
SELECT organisation_id, site_id, partition, actor_kind, actor_id, key, at FROM deadline
WHERE partition = %(partition)s AND at <= %(now)s ORDER BY at, actor_kind, actor_id, key LIMIT %(limit)s

-- name: seen
-- When devices were last heard; never moves backwards, and knows only the devices configured in partitions still ours.
INSERT INTO device_seen AS d (site_id, device, organisation_id, partition, seen_at)
SELECT s.site_id, g.device, s.organisation_id, s.partition, g.seen_at
FROM unnest(%(site_id)s, %(device)s, %(seen_at)s) AS g (site_id, device, seen_at)
JOIN site s ON s.site_id = g.site_id
JOIN device e ON e.site_id = g.site_id AND e.name = g.device
WHERE s.partition = ANY(%(partition)s)
ORDER BY s.site_id, g.device
ON CONFLICT (site_id, device) DO UPDATE SET seen_at = excluded.seen_at, partition = excluded.partition
WHERE d.seen_at < excluded.seen_at

-- name: last_seen
-- When each device of a partition was last heard.
SELECT site_id, device, seen_at FROM device_seen WHERE partition = %(partition)s
