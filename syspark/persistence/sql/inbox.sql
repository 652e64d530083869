-- name: insert
-- Makes rows durable for the partitions still ours, in the order given, with their event ids and level marks. A row
-- that is there already, or whose event id is known, is left out of the answer. The fence is taken first: its lock
-- gives the transaction its number before any seq is drawn, which `partition.settle` relies on.
WITH given AS (
    SELECT * FROM unnest(
        %(id)s, %(organisation_id)s, %(site_id)s, %(partition)s, %(recipient_kind)s, %(recipient_id)s, %(kind)s,
        %(body)s, %(fact_at)s, %(received_at)s, %(event_id)s, %(broker_session)s, %(packet_id)s, %(delivery_number)s,
        %(delivery_digest)s, %(topic)s, %(level)s
    ) WITH ORDINALITY AS g (
        id, organisation_id, site_id, partition, recipient_kind, recipient_id, kind, body, fact_at, received_at,
        event_id, broker_session, packet_id, delivery_number, delivery_digest, topic, level, place)
), fenced AS MATERIALIZED (
    SELECT p.id FROM partition p JOIN unnest(%(fence_id)s, %(fence_owner)s, %(fence_epoch)s) AS f (id, owner, epoch)
        ON p.id = f.id AND p.owner = f.owner AND p.epoch = f.epoch
    FOR KEY SHARE OF p
), allowed AS MATERIALIZED (
    SELECT g.* FROM given g JOIN fenced f ON f.id = g.partition
), keyed AS (
    INSERT INTO inbox_key (organisation_id, site_id, event_id, inbox_id, received_at)
    SELECT organisation_id, site_id, event_id, id, received_at FROM allowed WHERE event_id IS NOT NULL
    ORDER BY organisation_id, site_id, event_id, place
    ON CONFLICT DO NOTHING
    RETURNING inbox_id
), inserted AS (
    INSERT INTO inbox (
        id, organisation_id, site_id, partition, recipient_kind, recipient_id, kind, body, fact_at, received_at,
        event_id, broker_session, packet_id, delivery_number, delivery_digest)
    SELECT id, organisation_id, site_id, partition, recipient_kind, recipient_id, kind, body, fact_at, received_at,
        event_id, broker_session, packet_id, delivery_number, delivery_digest
    FROM allowed WHERE event_id IS NULL OR id IN (SELECT inbox_id FROM keyed)
    ORDER BY place
    ON CONFLICT (id) DO NOTHING
    RETURNING id, seq
), levels AS (
    INSERT INTO level (topic, organisation_id, site_id, partition, digest, received_at)
    SELECT DISTINCT ON (topic) topic, organisation_id, site_id, partition, level, received_at
    FROM allowed JOIN inserted USING (id) WHERE topic IS NOT NULL
    ORDER BY topic, place DESC
    ON CONFLICT (topic) DO UPDATE SET digest = excluded.digest, received_at = excluded.received_at,
        partition = excluded.partition, organisation_id = excluded.organisation_id, site_id = excluded.site_id
)
SELECT id, seq FROM inserted

-- name: insert_unfenced
-- Makes hand-overs and requests durable, in the order given. A row that is there already stays as it is.
INSERT INTO inbox (
    id, organisation_id, site_id, partition, recipient_kind, recipient_id, kind, body, fact_at, received_at)
SELECT id, organisation_id, site_id, partition, recipient_kind, recipient_id, kind, body, fact_at, received_at
FROM unnest(
    %(id)s, %(organisation_id)s, %(site_id)s, %(partition)s, %(recipient_kind)s, %(recipient_id)s, %(kind)s, %(body)s,
    %(fact_at)s, %(received_at)s
) WITH ORDINALITY AS g (
    id, organisation_id, site_id, partition, recipient_kind, recipient_id, kind, body, fact_at, received_at, place)
ORDER BY place
ON CONFLICT (id) DO NOTHING

-- name: insert_ended
-- Makes hand-overs durable that were decided in the transaction that makes them.
INSERT INTO inbox (
    id, organisation_id, site_id, partition, recipient_kind, recipient_id, kind, body, fact_at, received_at, status,
    outcome)
SELECT * FROM unnest(
    %(id)s, %(organisation_id)s, %(site_id)s, %(partition)s, %(recipient_kind)s, %(recipient_id)s, %(kind)s, %(body)s,
    %(fact_at)s, %(received_at)s, %(status)s, %(outcome)s)
ON CONFLICT (id) DO NOTHING
RETURNING id

-- name: key_unfenced
-- Claims a request's event id for its row; no row: the id is known.
INSERT INTO inbox_key (organisation_id, site_id, event_id, inbox_id, received_at)
VALUES (%(organisation_id)s, %(site_id)s, %(event_id)s, %(id)s, %(received_at)s)
ON CONFLICT DO NOTHING
RETURNING inbox_id

-- name: begin_numbered
-- Gives the transaction its number before it draws a seq (see `insert`), and shows the policies whose row this is.
SELECT pg_current_xact_id(), set_config('syspark.organisation_id', %(organisation_id)s, true)

-- name: standing
-- What stands under these ids.
SELECT id, seq, status, tries FROM inbox WHERE id = ANY(%(id)s)

-- name: fenced
-- Which of these partitions are still ours; they stay so until the transaction ends.
SELECT p.id FROM partition p JOIN unnest(%(fence_id)s, %(fence_owner)s, %(fence_epoch)s) AS f (id, owner, epoch)
    ON p.id = f.id AND p.owner = f.owner AND p.epoch = f.epoch
FOR KEY SHARE OF p

-- name: undone
-- Undone rows of a partition in order, above the mark below which all are done.
SELECT id, organisation_id, site_id, partition, recipient_kind, recipient_id, kind, body, fact_at, received_at,
    event_id, broker_session, packet_id, delivery_number, delivery_digest, seq, tries
FROM inbox WHERE partition = %(partition)s AND seq > %(after_seq)s AND status = 'new'
ORDER BY seq LIMIT %(limit)s

-- name: undone_for
-- One mailbox's undone rows in order; read over the partition's order, since they lie among its undone rows.
SELECT id, organisation_id, site_id, partition, recipient_kind, recipient_id, kind, body, fact_at, received_at,
    event_id, broker_session, packet_id, delivery_number, delivery_digest, seq, tries
FROM inbox WHERE partition = %(partition)s AND seq > %(after_seq)s AND status = 'new'
    AND recipient_kind = %(recipient_kind)s AND recipient_id = %(recipient_id)s
ORDER BY seq LIMIT %(limit)s

-- name: stirrings
-- Of each partition the highest order number of a visible row, and whether any above a place in the order is undone.
SELECT g.partition,
    coalesce((SELECT i.seq FROM inbox i WHERE i.partition = g.partition ORDER BY i.seq DESC LIMIT 1), 0),
    EXISTS (SELECT FROM inbox i WHERE i.partition = g.partition AND i.seq > g.after_seq AND i.status = 'new')
FROM unnest(%(partition)s, %(after_seq)s) AS g (partition, after_seq)

-- name: recent_packets
-- Per packet id the latest row of a broker session, what a redelivery is compared with.
SELECT DISTINCT ON (packet_id) packet_id, delivery_number, delivery_digest
FROM inbox
WHERE broker_session = %(broker_session)s AND delivery_number > %(after_number)s AND partition = %(partition)s
ORDER BY packet_id, delivery_number DESC

-- name: latest_fact
-- When the latest fact happened that a broker session has brought above a number. What carries an id of its own may be
-- replayed, at a time of its own.
SELECT max(fact_at) FROM inbox
WHERE broker_session = %(broker_session)s AND delivery_number > %(after_number)s AND partition = %(partition)s
    AND event_id IS NULL

-- name: count_try
-- Records that handling a row has failed once more.
WITH fenced AS MATERIALIZED (
    SELECT id FROM partition WHERE id = %(partition)s AND owner = %(owner)s AND epoch = %(epoch)s FOR KEY SHARE
)
UPDATE inbox SET tries = tries + 1 WHERE id = %(id)s AND status = 'new' AND partition IN (SELECT id FROM fenced)
RETURNING tries

-- name: count_start
-- Records that a process started with this row first in line.
WITH fenced AS MATERIALIZED (
    SELECT id FROM partition WHERE id = %(partition)s AND owner = %(owner)s AND epoch = %(epoch)s FOR KEY SHARE
)
UPDATE inbox SET starts = starts + 1 WHERE id = %(id)s AND status = 'new' AND partition IN (SELECT id FROM fenced)
RETURNING starts

-- name: clear_starts
-- Records that a process lived on with this row first in line.
WITH fenced AS MATERIALIZED (
    SELECT id FROM partition WHERE id = %(partition)s AND owner = %(owner)s AND epoch = %(epoch)s FOR KEY SHARE
)
UPDATE inbox SET starts = 0 WHERE id = %(id)s AND status = 'new' AND partition IN (SELECT id FROM fenced)

-- name: park
-- Takes an undone row out of the line; its body stays for a retry by hand.
WITH fenced AS MATERIALIZED (
    SELECT id FROM partition WHERE id = %(partition)s AND owner = %(owner)s AND epoch = %(epoch)s FOR KEY SHARE
)
UPDATE inbox SET status = 'parked', outcome = %(why)s
WHERE id = %(id)s AND status = 'new' AND partition IN (SELECT id FROM fenced)

-- name: counters
-- How often a row has failed, and how many processes started with it first in line.
SELECT tries, starts FROM inbox WHERE id = %(id)s

-- name: outcome
-- How a row ended, for whoever waits for the answer.
SELECT status, outcome FROM inbox WHERE id = %(id)s

-- name: reject
-- Counts rejected messages per site and UTC day, and keeps those within the day's bound.
WITH given AS (
    SELECT g.*, (g.received_at AT TIME ZONE 'UTC')::date AS day FROM unnest(
        %(id)s, %(organisation_id)s, %(site_id)s, %(partition)s, %(topic)s, %(payload)s, %(reason)s, %(detail)s,
        %(received_at)s
    ) WITH ORDINALITY AS g (
        id, organisation_id, site_id, partition, topic, payload, reason, detail, received_at, place)
    JOIN partition p ON p.id = g.partition
    JOIN unnest(%(fence_id)s, %(fence_owner)s, %(fence_epoch)s) AS f (id, owner, epoch)
        ON p.id = f.id AND p.owner = f.owner AND p.epoch = f.epoch
), fresh AS (
    SELECT g.*, row_number() OVER (PARTITION BY organisation_id, site_id, day ORDER BY place) AS nth
    FROM given g
    WHERE NOT EXISTS (SELECT FROM rejected_message r WHERE r.id = g.id AND r.received_at = g.received_at)
), counted AS (
    INSERT INTO rejected_count AS c (organisation_id, site_id, day, total)
    SELECT organisation_id, site_id, day, count(*) FROM fresh GROUP BY organisation_id, site_id, day
    ORDER BY organisation_id, site_id, day
    ON CONFLICT (organisation_id, site_id, day) DO UPDATE SET total = c.total + excluded.total
    RETURNING organisation_id, site_id, day, total
), sizes AS (
    SELECT organisation_id, site_id, day, count(*) AS added FROM fresh GROUP BY organisation_id, site_id, day
)
INSERT INTO rejected_message (id, organisation_id, site_id, topic, payload, reason, detail, received_at)
SELECT f.id, f.organisation_id, f.site_id, f.topic, f.payload, f.reason, f.detail, f.received_at
FROM fresh f
JOIN counted c ON c.organisation_id = f.organisation_id AND c.site_id IS NOT DISTINCT FROM f.site_id AND c.day = f.day
JOIN sizes s ON s.organisation_id = f.organisation_id AND s.site_id IS NOT DISTINCT FROM f.site_id AND s.day = f.day
WHERE c.total - s.added + f.nth <= %(most_a_day)s
ON CONFLICT DO NOTHING
