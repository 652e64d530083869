-- name: waiting
-- What people have not been told yet, oldest first.
SELECT id, organisation_id, site_id, alarm_id, body, created_at, expires_at FROM notice
WHERE fate = 'waiting' ORDER BY created_at, id LIMIT %(limit)s

-- name: settle
-- Records what became of notices; an end stays.
WITH fenced AS MATERIALIZED (
    SELECT id FROM partition WHERE id = %(partition)s AND owner = %(owner)s AND epoch = %(epoch)s FOR KEY SHARE
)
UPDATE notice SET fate = %(fate)s, fate_at = %(at)s
WHERE id = ANY(%(id)s) AND fate = 'waiting' AND EXISTS (SELECT FROM fenced)
