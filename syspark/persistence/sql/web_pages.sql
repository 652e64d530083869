-- name: scope
-- Shows the policies whose rows may be seen until the transaction ends.
SELECT set_config('syspark.organisation_id', %(organisation_id)s, true)

-- name: sites
-- Every site with its last state, the twin of its link and when it was last heard.
SELECT s.site_id, s.name, s.zone, s.currency, s.capacity, s.partition,
    ARRAY(SELECT l.lane FROM lane l WHERE l.site_id = s.site_id ORDER BY l.lane) AS lanes,
    ARRAY(SELECT l.has_sensor FROM lane l WHERE l.site_id = s.site_id ORDER BY l.lane) AS sensors,
    p.body, p.written_at, b.body,
    (SELECT max(d.seen_at) FROM device_seen d WHERE d.site_id = s.site_id),
    convert_to(coalesce(v.body::text, '{}'), 'UTF8')
FROM site s
LEFT JOIN policy_version v ON v.site_id = s.site_id AND v.version = s.policy_version
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

-- name: evacuated
-- Vehicles inside when an evacuation began, those that left until it was over, and the openings it asked for.
SELECT count(*) FILTER (WHERE s.opened_at <= %(since)s),
    count(*) FILTER (WHERE s.closed_at < %(until)s),
    count(*) FILTER (WHERE s.closed_at < %(until)s AND s.opened_at IS NULL),
    count(*) FILTER (WHERE s.opened_at <= %(since)s AND (s.closed_at IS NULL OR s.closed_at >= %(until)s)),
    (SELECT coalesce(jsonb_agg(jsonb_build_array(o.device, o.sent, o.failed) ORDER BY o.device), '[]') FROM (
        SELECT device, count(*) AS sent,
            count(*) FILTER (WHERE fate NOT IN ('queued', 'sent', 'acked', 'confirmed')) AS failed
        FROM outbox
        WHERE site_id = %(site_id)s AND order_kind = 'barrier' AND created_at >= %(since)s AND created_at < %(until)s
            AND author LIKE 'emergency-%%'
        GROUP BY device) o)
FROM (
    SELECT opened_at, closed_at FROM parking_session
    WHERE site_id = %(site_id)s AND status IN ('active', 'pending_payment', 'paid') AND opened_at < %(until)s
    UNION ALL
    SELECT opened_at, closed_at FROM parking_session
    WHERE site_id = %(site_id)s AND closed_at >= %(since)s AND (opened_at IS NULL OR opened_at < %(until)s)
) s

-- name: openings
-- Barrier commands of these sites since a moment, oldest first.
SELECT id::text, site_id, body, author, fate, fate_at, created_at, expires_at FROM outbox
WHERE site_id = ANY(%(site_id)s) AND order_kind = 'barrier' AND created_at >= %(since)s
ORDER BY created_at, id

-- name: people
-- Whom holder keys stand for and the latest session each speaks for, if it is open or has just ended; what the key
-- itself does not tell is told by what else speaks for that session.
SELECT g.site_id, g.key, coalesce(c.holder, o.holder), coalesce(c.plan, o.plan), coalesce(u.plate, o.plate),
    p.id::text, p.opened_at, p.closed_at
FROM unnest(%(site_id)s, %(key)s, %(subject)s) AS g (site_id, key, subject)
LEFT JOIN credential c ON c.site_id = g.site_id AND c.uid = g.key
LEFT JOIN subject u ON u.site_id = g.site_id AND u.id = g.subject
LEFT JOIN LATERAL (
    SELECT session_id FROM witness WHERE site_id = g.site_id AND holder_key = g.key AND withdrawn_at IS NULL
    ORDER BY session_id DESC LIMIT 1
) w ON true
LEFT JOIN parking_session p ON p.id = w.session_id AND (p.closed_at IS NULL OR p.closed_at >= %(closed_since)s)
LEFT JOIN LATERAL (
    SELECT (array_agg(oc.holder ORDER BY ow.read_at DESC) FILTER (WHERE oc.holder IS NOT NULL))[1] AS holder,
        (array_agg(oc.plan ORDER BY ow.read_at DESC) FILTER (WHERE oc.holder IS NOT NULL))[1] AS plan,
        (array_agg(ou.plate ORDER BY ow.read_at DESC) FILTER (WHERE ou.plate IS NOT NULL))[1] AS plate
    FROM witness ow
    LEFT JOIN credential oc ON ow.kind = 'badge' AND oc.site_id = ow.site_id AND oc.uid = ow.holder_key
    LEFT JOIN subject ou ON ou.id = ow.subject
    WHERE ow.session_id = p.id AND ow.withdrawn_at IS NULL
) o ON true

-- name: inside
-- Those of these sessions that are open, with what speaks for their vehicles.
SELECT p.id::text, p.opened_at, o.plate, o.holder
FROM parking_session p
CROSS JOIN LATERAL (
    SELECT (array_agg(u.plate ORDER BY w.read_at DESC) FILTER (WHERE u.plate IS NOT NULL))[1] AS plate,
        (array_agg(c.holder ORDER BY w.read_at DESC) FILTER (WHERE c.holder IS NOT NULL))[1] AS holder
    FROM witness w
    LEFT JOIN credential c ON c.site_id = w.site_id AND c.uid = w.holder_key
    LEFT JOIN subject u ON u.id = w.subject
    WHERE w.session_id = p.id AND w.withdrawn_at IS NULL
) o
WHERE p.id = ANY(%(id)s) AND p.status IN ('active', 'pending_payment', 'paid')

-- name: devices
-- The devices of a site, when each was last heard, and its twin; with its controllers the state of their sync.
SELECT d.name, d.kind, d.lane, e.seen_at, t.body, c.body
FROM device d
LEFT JOIN device_seen e ON e.site_id = d.site_id AND e.device = d.name
LEFT JOIN snapshot t ON t.actor_kind = 'device' AND t.actor_id = d.site_id || '/' || d.name
LEFT JOIN snapshot c ON d.kind = 'acl' AND c.actor_kind = 'controller' AND c.actor_id = d.site_id
WHERE d.site_id = %(site_id)s ORDER BY d.name

-- name: badges
-- Every badge known at a site.
SELECT uid, plan, valid_from, valid_until, blocked FROM credential WHERE site_id = %(site_id)s AND kind = 'badge'

-- name: refused
-- The messages of a site that were refused last, without what they held.
SELECT topic, reason, received_at FROM rejected_message
WHERE site_id = %(site_id)s AND received_at >= %(since)s ORDER BY received_at DESC, id DESC LIMIT %(limit)s

-- name: flow
-- Vehicles in and out by steps since a moment; each half by an index of its own.
SELECT to_timestamp(step), sum(entries)::integer, sum(exits)::integer FROM (
    SELECT floor(extract(epoch FROM opened_at) / %(step_s)s) * %(step_s)s AS step, 1 AS entries, 0 AS exits
    FROM parking_session WHERE site_id = %(site_id)s AND opened_at >= %(since)s AND status <> 'void'
    UNION ALL
    SELECT floor(extract(epoch FROM closed_at) / %(step_s)s) * %(step_s)s, 0, 1
    FROM parking_session WHERE site_id = %(site_id)s AND closed_at >= %(since)s AND opened_at IS NOT NULL AND status <> 'void'
) moves GROUP BY step ORDER BY step

-- name: alarm_counts
-- How many alarms stand by themselves, of each site that has any, and the gravest.
SELECT site_id, count(*)::integer,
    (ARRAY['info', 'warning', 'critical'])[max(array_position(ARRAY['info', 'warning', 'critical'], severity))]
FROM alarm WHERE cleared_at IS NULL AND under IS NULL GROUP BY site_id

-- name: alarms
-- Every alarm that stands by itself, and those that ended last.
SELECT a.id, a.site_id, s.partition, d.partitions, a.organisation_id, s.name,
    coalesce(s.zone, (SELECT o.zone FROM site o ORDER BY o.site_id LIMIT 1)), a.kind, a.about, a.severity,
    a.detail, a.raised_at, a.times, a.flapping, a.acknowledged_at, a.acknowledged_by, a.assigned_to, a.escalated_at,
    a.cleared_at, a.cleared_by
FROM (
    (SELECT * FROM alarm WHERE cleared_at IS NULL AND under IS NULL)
    UNION ALL
    (SELECT * FROM alarm WHERE cleared_at IS NOT NULL ORDER BY cleared_at DESC LIMIT %(ended)s)
) a CROSS JOIN deployment d LEFT JOIN site s ON s.site_id = a.site_id

-- name: alarm
-- One alarm.
SELECT a.id, a.site_id, s.partition, d.partitions, a.organisation_id, s.name,
    coalesce(s.zone, (SELECT o.zone FROM site o ORDER BY o.site_id LIMIT 1)), a.kind, a.about, a.severity,
    a.detail, a.raised_at, a.times, a.flapping, a.acknowledged_at, a.acknowledged_by, a.assigned_to, a.escalated_at,
    a.cleared_at, a.cleared_by
FROM alarm a CROSS JOIN deployment d LEFT JOIN site s ON s.site_id = a.site_id WHERE a.id = %(id)s

-- name: photo
-- A picture; the time tells which day's partition holds it.
SELECT content_type, body, lane FROM photo
WHERE id = %(id)s AND site_id = %(site_id)s AND taken_at BETWEEN %(from)s AND %(until)s

-- name: request
-- What became of a request to a site, one of its sessions, its alarms, controllers or devices.
SELECT id, site_id, status, outcome, received_at, kind FROM inbox
WHERE id = %(id)s AND recipient_kind IN ('site', 'session', 'alarms', 'controller', 'device')
