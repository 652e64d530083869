-- name: take
-- Takes a partition that is free, or whose owner is our own dead predecessor. A new epoch refuses every writer before
-- it; the statement waits for their commits under way, since it changes key columns they hold FOR KEY SHARE.
UPDATE partition SET owner = %(owner)s, epoch = epoch + 1, lease_until = now() + %(lease)s
WHERE id = %(partition)s
    AND (owner IS NULL OR lease_until < now() OR (%(predecessor_is_dead)s AND owner = %(owner)s))
RETURNING epoch, broker_session, marker_at, deliveries, low_seq

-- name: patience
-- How long this transaction waits for a lock.
SELECT set_config('lock_timeout', %(longest)s, true)

-- name: drawn
-- The highest seq any transaction has drawn so far, visible or not.
SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM inbox_seq_seq

-- name: quiet
-- Whether no other transaction is writing to the inbox; asked after `drawn`, since a writer locks before it draws.
SELECT NOT EXISTS (
    SELECT FROM pg_locks
    WHERE locktype = 'relation' AND relation = 'inbox'::regclass AND mode = 'RowExclusiveLock' AND pid <> pg_backend_pid()
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))

-- name: keep
-- Stores where the links of partitions stand and until when they are held: renews them, also after a lease has run out
-- untaken, or gives them back. The mark below which all rows are done passes no undone row and moves only as far as no
-- transaction can still bring a lower seq: what was drawn at one renewal is settled once every transaction older than
-- that renewal has ended, or at once when the inbox is quiet.
WITH asked AS MATERIALIZED (
    SELECT * FROM unnest(%(partition)s, %(owner)s, %(epoch)s, %(broker_session)s, %(marker_at)s, %(deliveries)s, %(low_seq)s)
        AS g (id, owner, epoch, broker_session, marker_at, deliveries, low_seq)
), settling AS MATERIALIZED (
    SELECT p.id, pg_snapshot_xmin(pg_current_snapshot()) > p.settling_xid AS over,
        CASE WHEN pg_snapshot_xmin(pg_current_snapshot()) > p.settling_xid THEN p.settling_seq ELSE p.settled_seq END AS seq,
        (SELECT min(i.seq) FROM inbox i
            WHERE i.partition = p.id AND i.seq > p.low_seq AND i.seq <= a.low_seq AND i.status = 'new') AS first_undone
    FROM asked a JOIN partition p ON p.id = a.id
)
UPDATE partition p SET
    owner = CASE WHEN %(hold)s THEN p.owner END,
    lease_until = CASE WHEN %(hold)s THEN now() + %(lease)s ELSE '-infinity' END,
    broker_session = a.broker_session, marker_at = a.marker_at, deliveries = a.deliveries,
    low_seq = greatest(p.low_seq, least(
        a.low_seq, CASE WHEN %(quiet)s THEN a.low_seq ELSE s.seq END, s.first_undone - 1)),
    settled_seq = greatest(p.settled_seq, CASE WHEN %(quiet)s THEN %(drawn)s ELSE s.seq END),
    settling_seq = CASE WHEN s.over THEN %(drawn)s ELSE p.settling_seq END,
    settling_xid = CASE WHEN s.over THEN pg_current_xact_id() ELSE p.settling_xid END
FROM asked a JOIN settling s ON s.id = a.id
WHERE p.id = a.id AND p.owner = a.owner AND p.epoch = a.epoch
RETURNING p.id

-- name: beat
-- Says that a worker lives, and answers who else does, which partitions nobody holds, and which stand in its own name.
WITH me AS (
    INSERT INTO worker (name, linked, beat_at) VALUES (%(owner)s, %(linked)s, now())
    ON CONFLICT (name) DO UPDATE SET linked = excluded.linked, beat_at = excluded.beat_at
), gone AS (
    DELETE FROM worker WHERE beat_at < now() - %(forgotten)s AND name <> %(owner)s
)
SELECT
    ARRAY(SELECT name FROM worker WHERE beat_at > now() - %(alive)s AND name <> %(owner)s ORDER BY name),
    ARRAY(SELECT linked FROM worker WHERE beat_at > now() - %(alive)s AND name <> %(owner)s ORDER BY name),
    ARRAY(SELECT id FROM partition WHERE lease_until < now() ORDER BY id),
    ARRAY(SELECT id FROM partition WHERE owner = %(owner)s ORDER BY id)

-- name: leave
-- A worker ends: the others need not wait until it counts as dead.
DELETE FROM worker WHERE name = %(owner)s

-- name: settled
-- The seq at or below which no row can appear any more, as far as the last renewals could prove.
SELECT settled_seq FROM partition WHERE id = %(partition)s
