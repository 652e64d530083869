-- name: versions
-- Every version of a site's tariff, the one that starts last first.
SELECT version, starts_at, created_at, author, convert_to(body::text, 'UTF8')
FROM tariff_version WHERE site_id = %(site_id)s ORDER BY starts_at DESC, version DESC

-- name: closed
-- Sessions that ended from a moment on and before another one did, the latest first, so many at most.
SELECT id, opened_at, closed_at, body FROM parking_session
WHERE site_id = %(site_id)s AND closed_at >= %(since)s AND (closed_at, id) < (%(before)s, %(before_id)s)
    AND status = 'closed'
ORDER BY closed_at DESC, id DESC LIMIT %(limit)s
