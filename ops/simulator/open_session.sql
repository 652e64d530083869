-- The session of a site that is open and for which one of these badges and plates was read, the latest one.
SELECT s.id, s.version
FROM parking_session s
JOIN witness w ON w.session_id = s.id
LEFT JOIN subject u ON u.id = CASE WHEN w.kind = 'plate' THEN w.holder_key::uuid END
WHERE s.site_id = %(site)s AND s.closed_at IS NULL AND coalesce(u.plate, w.holder_key) = ANY(%(keys)s)
ORDER BY s.opened_at DESC NULLS LAST, s.id DESC
LIMIT 1
