-- name: newest
-- Sessions, the newest first: their ids are in the order of time.
SELECT id FROM parking_session WHERE id >= %(since)s AND id < %(before)s ORDER BY id DESC LIMIT %(limit)s

-- name: newest_of_site
-- The same of one site.
SELECT id FROM parking_session
WHERE site_id = %(site_id)s AND id >= %(since)s AND id < %(before)s ORDER BY id DESC LIMIT %(limit)s

-- name: of_keys
-- Sessions that these holders' readings speak for, the newest first.
SELECT DISTINCT w.session_id
FROM unnest(%(key_site)s, %(key)s) AS g (site_id, key)
JOIN witness w ON w.site_id = g.site_id AND w.holder_key = g.key
WHERE w.session_id >= %(since)s AND w.session_id < %(before)s
    AND (%(site_id)s::text IS NULL OR w.site_id = %(site_id)s)
ORDER BY w.session_id DESC LIMIT %(limit)s

-- name: review
-- Sessions a person should look at, the newest first.
SELECT id FROM parking_session
WHERE in_review AND id >= %(since)s AND id < %(before)s AND (%(site_id)s::text IS NULL OR site_id = %(site_id)s)
ORDER BY id DESC LIMIT %(limit)s

-- name: unpaid
-- Sessions whose vehicle left without paying what was due, the newest first.
SELECT id FROM parking_session
WHERE unpaid_cents > 0 AND id >= %(since)s AND id < %(before)s
    AND (%(site_id)s::text IS NULL OR site_id = %(site_id)s)
ORDER BY id DESC LIMIT %(limit)s

-- name: overlong
-- Open sessions that last longer than their site's longest stay, the newest first.
SELECT p.id FROM site s
LEFT JOIN policy_version v ON v.site_id = s.site_id AND v.version = s.policy_version
JOIN parking_session p ON p.site_id = s.site_id AND p.status IN ('active', 'pending_payment', 'paid')
WHERE p.opened_at < now() - make_interval(secs => coalesce((v.body ->> 'longest_stay_s')::integer, %(longest_stay_s)s))
    AND p.id >= %(since)s AND p.id < %(before)s AND (%(site_id)s::text IS NULL OR s.site_id = %(site_id)s)
ORDER BY p.id DESC LIMIT %(limit)s

-- name: named
-- Sessions with their site, and who their vehicle is by what speaks for it, the newest first.
SELECT p.id, p.site_id, s.name, s.zone, p.partition, p.version, p.status, p.opened_at, p.closed_at, p.body,
    o.plate, o.holder, o.badge, o.read_at, p.erased_at,
    (SELECT max(h.until) FROM evidence_hold h WHERE h.session_id = p.id)
FROM parking_session p
JOIN site s ON s.site_id = p.site_id
CROSS JOIN LATERAL (
    SELECT (array_agg(u.plate ORDER BY w.read_at DESC, w.cause DESC) FILTER (WHERE u.plate IS NOT NULL))[1] AS plate,
        (array_agg(c.holder ORDER BY w.read_at DESC, w.cause DESC) FILTER (WHERE c.holder IS NOT NULL))[1] AS holder,
        (array_agg(w.holder_key ORDER BY w.read_at DESC) FILTER (WHERE w.kind = 'badge'))[1] AS badge,
        max(w.read_at) AS read_at
    FROM witness w
    LEFT JOIN credential c ON c.site_id = w.site_id AND c.uid = w.holder_key
    LEFT JOIN subject u ON u.id = w.subject
    WHERE w.session_id = p.id AND w.withdrawn_at IS NULL
) o
WHERE p.id = ANY(%(id)s) ORDER BY p.id DESC

-- name: plates_with
-- Plates that hold these characters.
SELECT site_id, subject::text, plate FROM plates_with(%(part)s, %(most)s)

-- name: evidence
-- What speaks for a session's vehicle, and what was withdrawn, in the order it was read.
SELECT w.kind, w.holder_key, w.lane, w.read_at, w.confidence, w.cause, w.withdrawn_at, u.plate, c.holder,
    EXISTS (
        SELECT FROM photo f WHERE f.id = w.cause AND f.site_id = w.site_id
            AND f.taken_at BETWEEN w.read_at - interval '2 days' AND w.read_at + interval '2 days')
FROM witness w
LEFT JOIN credential c ON c.site_id = w.site_id AND c.uid = w.holder_key
LEFT JOIN subject u ON u.id = w.subject
WHERE w.session_id = %(session_id)s ORDER BY w.read_at, w.cause

-- name: history
-- The journal's rows about a session in order, with the personal values still kept.
SELECT j.actor_kind, j.kind, j.rule, j.at, j.fact_at, j.cause, j.inputs,
    coalesce((
        SELECT jsonb_object_agg(v.name, v.value) FROM journal_personal v WHERE v.chain = j.chain AND v.seq = j.seq), '{}')
FROM journal j WHERE j.session_id = %(session_id)s
ORDER BY j.seq

-- name: commands
-- The barrier commands among these, oldest first.
SELECT id::text, site_id, body, author, fate, fate_at, created_at, expires_at FROM outbox
WHERE id = ANY(%(id)s) AND order_kind = 'barrier' ORDER BY created_at, id
