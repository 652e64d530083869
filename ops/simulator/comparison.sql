-- Sessions with a witness of these badges and plates, or of a PIN, that were open at some time since the field began, with
-- what the service believes of them and who was read for them, where and when, in the order they were read.
SELECT s.site_id, s.id, k.keys, k.lanes, k.times, s.status, s.body
FROM parking_session s
CROSS JOIN LATERAL (
    SELECT
        array_agg(CASE w.kind WHEN 'pin' THEN 'PIN' ELSE coalesce(u.plate, w.holder_key) END ORDER BY w.read_at) AS keys,
        array_agg(w.lane ORDER BY w.read_at) AS lanes,
        array_agg(w.read_at ORDER BY w.read_at) AS times
    FROM witness w LEFT JOIN subject u ON u.id = CASE WHEN w.kind = 'plate' THEN w.holder_key::uuid END
    WHERE w.session_id = s.id
) k
WHERE k.keys && %(keys)s AND (s.closed_at IS NULL OR s.closed_at >= %(since)s)
ORDER BY s.site_id, s.opened_at NULLS LAST, s.id
