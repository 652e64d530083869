-- name: orders
-- What the payment provider is to do and has not, oldest first.
SELECT id, organisation_id, site_id, partition, session_id, body, created_at, tries FROM provider_order
WHERE fate = 'waiting' ORDER BY created_at, id LIMIT %(limit)s

-- name: tried
-- Counts a try that came to nothing.
WITH fenced AS MATERIALIZED (
    SELECT id FROM partition WHERE id = %(fence_id)s AND owner = %(fence_owner)s AND epoch = %(fence_epoch)s
    FOR KEY SHARE
)
UPDATE provider_order SET tries = tries + 1
WHERE id = %(order_id)s AND fate = 'waiting' AND EXISTS (SELECT FROM fenced)

-- name: settle
-- Records what became of an order, and tells the session; an end stays, and is told once.
WITH fenced AS MATERIALIZED (
    SELECT id FROM partition WHERE id = %(fence_id)s AND owner = %(fence_owner)s AND epoch = %(fence_epoch)s
    FOR KEY SHARE
), settled AS (
    UPDATE provider_order SET fate = %(fate)s, done_at = %(at)s, tries = tries + 1
    WHERE id = %(order_id)s AND fate = 'waiting' AND EXISTS (SELECT FROM fenced)
    RETURNING id
)
INSERT INTO inbox (
    id, organisation_id, site_id, partition, recipient_kind, recipient_id, kind, body, fact_at, received_at)
SELECT g.id, g.organisation_id, g.site_id, g.partition, g.recipient_kind, g.recipient_id, g.kind, g.body, g.fact_at,
    g.received_at
FROM unnest(
    %(id)s, %(organisation_id)s, %(site_id)s, %(partition)s, %(recipient_kind)s, %(recipient_id)s, %(kind)s, %(body)s,
    %(fact_at)s, %(received_at)s
) AS g (
    id, organisation_id, site_id, partition, recipient_kind, recipient_id, kind, body, fact_at, received_at)
WHERE EXISTS (SELECT FROM settled)
