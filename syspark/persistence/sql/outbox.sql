-- name: record
-- Moves fates forward, an end stays, and tells whoever decided the commands that moved. A retried record moves nothing
-- and finds its hand-over in place.
WITH fenced AS MATERIALIZED (
    SELECT p.id FROM partition p JOIN unnest(%(fence_id)s, %(fence_owner)s, %(fence_epoch)s) AS f (id, owner, epoch)
        ON p.id = f.id AND p.owner = f.owner AND p.epoch = f.epoch
    FOR KEY SHARE OF p
), moved AS (
    UPDATE outbox o SET fate = g.fate, fate_at = g.at
    FROM unnest(%(command_id)s, %(fate)s, %(at)s) AS g (command_id, fate, at)
    WHERE o.id = ANY(%(command_id)s) AND o.id = g.command_id AND o.partition IN (SELECT id FROM fenced)
        AND array_position(ARRAY['queued', 'sent', 'acked'], o.fate)
            < coalesce(array_position(ARRAY['queued', 'sent', 'acked'], g.fate), 4)
    RETURNING o.id
)
INSERT INTO inbox (
    id, organisation_id, site_id, partition, recipient_kind, recipient_id, kind, body, fact_at, received_at)
SELECT g.id, g.organisation_id, g.site_id, g.partition, g.recipient_kind, g.recipient_id, g.kind, g.body, g.fact_at,
    g.received_at
FROM unnest(
    %(tells_of)s, %(id)s, %(organisation_id)s, %(site_id)s, %(partition)s, %(recipient_kind)s, %(recipient_id)s,
    %(kind)s, %(body)s, %(fact_at)s, %(received_at)s
) WITH ORDINALITY AS g (
    tells_of, id, organisation_id, site_id, partition, recipient_kind, recipient_id, kind, body, fact_at, received_at,
    place)
JOIN moved m ON m.id = g.tells_of
ORDER BY g.place
ON CONFLICT (id) DO NOTHING

-- name: unfinished
-- Commands of a partition of which nobody knows whether the broker has them. What went out at QoS 0 stays `sent`.
SELECT id, organisation_id, site_id, partition, order_kind, body, device, author, fate, created_at, fact_at,
    expires_at, epoch
FROM outbox WHERE partition = %(partition)s AND fate = 'queued' ORDER BY created_at, id

-- name: commands_of
-- A site's commands of one kind since a time, oldest first.
SELECT id, organisation_id, site_id, partition, order_kind, body, device, author, fate, created_at, fact_at,
    expires_at, epoch
FROM outbox WHERE site_id = %(site_id)s AND order_kind = %(order_kind)s AND created_at >= %(since)s
ORDER BY created_at, id
