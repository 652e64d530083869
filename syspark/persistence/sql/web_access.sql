-- name: credentials
-- The credentials of a site whose holder, plate or badge number has a text in it, or whose right ends before a moment.
SELECT c.uid, c.kind, u.plate, c.holder, c.plan, c.valid_from, c.valid_until, c.blocked, c.windows, c.lane, c.temporary,
    EXISTS (
        SELECT FROM witness w JOIN parking_session s ON s.id = w.session_id
        WHERE w.site_id = c.site_id AND w.holder_key = c.uid AND s.status IN ('active', 'pending_payment', 'paid'))
FROM credential c
LEFT JOIN subject u ON c.kind = 'plate' AND u.id = CASE WHEN c.kind = 'plate' THEN c.uid::uuid END
WHERE c.site_id = %(site_id)s
    AND (%(text)s = '' OR strpos(lower(c.holder), lower(%(text)s)) > 0
        OR (c.kind = 'badge' AND strpos(c.uid, upper(%(text)s)) > 0) OR strpos(u.plate, upper(%(text)s)) > 0)
    AND (%(ends_before)s::timestamptz IS NULL
        OR (c.valid_until >= %(now)s AND c.valid_until < %(ends_before)s AND NOT c.blocked))
ORDER BY c.valid_until IS NULL OR %(ends_before)s::timestamptz IS NULL, c.valid_until, c.holder, c.uid
LIMIT %(limit)s

-- name: known
-- How many badges and plates a site knows.
SELECT count(*) FILTER (WHERE kind = 'badge'), count(*) FILTER (WHERE kind = 'plate') FROM credential
WHERE site_id = %(site_id)s

-- name: pools
-- The holders of a site that share places, with how many of their vehicles take one now and how many credentials.
SELECT h.name, h.kind, h.places, coalesce(i.in_use, 0)::integer,
    (SELECT count(*) FROM credential c WHERE c.site_id = h.site_id AND c.holder = h.name)::integer
FROM holder h
LEFT JOIN (
    SELECT convert_from(body, 'UTF8')::json ->> 'pool' AS pool, count(*) AS in_use
    FROM parking_session WHERE site_id = %(site_id)s AND status IN ('active', 'pending_payment', 'paid')
    GROUP BY 1
) i ON i.pool = h.id::text
WHERE h.site_id = %(site_id)s AND h.places IS NOT NULL
ORDER BY h.name LIMIT %(limit)s
