-- name: scope
-- Shows the policies whose rows may be seen until the transaction ends.
SELECT set_config('syspark.organisation_id', %(organisation_id)s, true)

-- name: sites
-- Every site with its last state, the twin of its link and when it was last heard.
SELECT s.site_id, s.name, s.zone, s.currency, s.capacity, s.partition,
    ARRAY(SELECT l.lane FROM lane l WHERE l.site_id = s.site_id ORDER BY l.lane) AS lanes,
    ARRAY(SELECT l.has_sensor FROM lane l WHERE l.site_id = s.site_id ORDER BY l.lane) AS sensors,
    p.body, p.written_at, b.body,
    (SELECT max(d.seen_at) FROM device_seen d WHERE d.site_id = s.site_id)
FROM site s
LEFT JOIN snapshot p ON p.actor_kind = 'site' AND p.actor_id = s.site_id
LEFT JOIN snapshot b ON b.actor_kind = 'device' AND b.actor_id = s.site_id || '/bridge'
ORDER BY s.name, s.site_id

-- name: journal
-- The newest rows of these sites' chains with the personal values still kept, newest first.
SELECT g.site_id, j.seq, j.at, j.fact_at, j.actor_kind, j.kind, j.rule, j.inputs, j.cause,
    coalesce((
        SELECT jsonb_object_agg(v.name, v.value) FROM journal_personal v
        WHERE v.chain = 'site:' || g.site_id AND v.seq = j.seq), '{}')
FROM unnest(%(site_id)s) AS g (site_id)
CROSS JOIN LATERAL (
    SELECT seq, at, fact_at, actor_kind, kind, rule, inputs, cause FROM journal
    WHERE chain = 'site:' || g.site_id AND at >= %(since)s
    ORDER BY seq DESC LIMIT %(limit)s
) j
ORDER BY g.site_id, j.seq DESC

-- name: openings
-- Barrier commands of these sites since a moment, oldest first.
SELECT id::text, site_id, body, author, fate, fate_at, created_at, expires_at FROM outbox
WHERE site_id = ANY(%(site_id)s) AND order_kind = 'barrier' AND created_at >= %(since)s
ORDER BY created_at, id

-- name: people
-- Whom badges belong to, and since when they are inside.
SELECT g.site_id, g.uid, c.holder, c.plan, p.id::text, p.opened_at
FROM unnest(%(site_id)s, %(uid)s) AS g (site_id, uid)
LEFT JOIN credential c ON c.site_id = g.site_id AND c.uid = g.uid
LEFT JOIN LATERAL (
    SELECT id, opened_at FROM parking_session
    WHERE site_id = g.site_id AND holder_key = g.uid AND status IN ('active', 'pending_payment', 'paid')
    ORDER BY id DESC LIMIT 1
) p ON true

-- name: devices
-- The devices of a site, when each was last heard, and its twin.
SELECT d.name, d.kind, d.lane, e.seen_at, t.body
FROM device d
LEFT JOIN device_seen e ON e.site_id = d.site_id AND e.device = d.name
LEFT JOIN snapshot t ON t.actor_kind = 'device' AND t.actor_id = d.site_id || '/' || d.name
WHERE d.site_id = %(site_id)s ORDER BY d.name

-- name: flow
-- Vehicles in and out by steps since a moment; each half by an index of its own.
SELECT to_timestamp(step), sum(entries)::integer, sum(exits)::integer FROM (
    SELECT floor(extract(epoch FROM opened_at) / %(step_s)s) * %(step_s)s AS step, 1 AS entries, 0 AS exits
    FROM parking_session WHERE site_id = %(site_id)s AND opened_at >= %(since)s
    UNION ALL
    SELECT floor(extract(epoch FROM closed_at) / %(step_s)s) * %(step_s)s, 0, 1
    FROM parking_session WHERE site_id = %(site_id)s AND closed_at >= %(since)s AND opened_at IS NOT NULL
) moves GROUP BY step ORDER BY step

-- name: photo
-- A picture; the time tells which day's partition holds it.
SELECT content_type, body, lane FROM photo
WHERE id = %(id)s AND site_id = %(site_id)s AND taken_at BETWEEN %(from)s AND %(until)s

-- name: request
-- What became of a request to a site.
SELECT id, site_id, status, outcome, received_at FROM inbox WHERE id = %(id)s AND recipient_kind = 'site'
