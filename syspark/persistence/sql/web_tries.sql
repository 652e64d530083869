-- name: take
-- Counts a try, if it is time for one: so many within the window at once, each further one after twice the wait. What
-- is told of nobody any more is taken away, a few at a time.
WITH over AS (
    DELETE FROM portal_try WHERE (organisation_id, who) IN (
        SELECT organisation_id, who FROM portal_try
        WHERE organisation_id = %(organisation_id)s AND last_at < %(since)s AND who <> %(who)s
        ORDER BY last_at LIMIT 4 FOR UPDATE SKIP LOCKED)
)
INSERT INTO portal_try AS p (organisation_id, site_id, who, at, last_at)
VALUES (%(organisation_id)s, %(site_id)s, %(who)s, ARRAY[%(now)s::timestamptz], %(now)s)
ON CONFLICT (organisation_id, who) DO UPDATE SET
    at = (SELECT array_agg(t ORDER BY t) FROM unnest(p.at || excluded.at) AS t WHERE t > %(since)s),
    last_at = excluded.last_at, site_id = excluded.site_id
WHERE (
    SELECT count(*) < %(allowed)s
        OR max(t) + least(%(longest_s)s, 2 ^ least(count(*) - %(allowed)s + 1, 20)) * interval '1 second' <= %(now)s
    FROM unnest(p.at) AS t WHERE t > %(since)s)
RETURNING true

-- name: wait
-- Seconds until somebody may try again.
SELECT extract(epoch FROM
    max(t) + least(%(longest_s)s, 2 ^ least(count(*) - %(allowed)s + 1, 20)) * interval '1 second' - %(now)s)
FROM portal_try p, unnest(p.at) AS t
WHERE p.organisation_id = %(organisation_id)s AND p.who = %(who)s AND t > %(since)s
HAVING count(*) >= %(allowed)s

-- name: give_back
-- A try that was none: who made it has shown who they are.
UPDATE portal_try SET at = array_remove(at, %(at)s::timestamptz)
WHERE organisation_id = %(organisation_id)s AND who = %(who)s
