-- name: take
-- Takes a partition that is free, or whose owner is our own dead predecessor. A new epoch refuses every writer before
-- it; the statement waits for their commits under way, since it changes key columns they hold FOR KEY SHARE.
UPDATE partition SET owner = %(owner)s, epoch = epoch + 1, lease_until = now() + %(lease)s
WHERE id = %(partition)s
    AND (owner IS NULL OR lease_until < now() OR (%(predecessor_is_dead)s AND owner = %(owner)s))
RETURNING epoch, broker_session, marker_at, deliveries, low_seq

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
-- Stores where a partition's link stands and until when it is held: renews it, also after its lease has run out
-- untaken, or gives it back. The mark below which all rows are done passes no undone row and moves only as far as no
-- transaction can still bring a lower seq: what was drawn at one renewal is settled once every transaction older than
-- that renewal has ended, or at once when the inbox is quiet.
WITH first_undone AS MATERIALIZED (
    SELECT min(i.seq) AS seq FROM partition p JOIN inbox i ON i.partition = p.id AND i.seq > p.low_seq
    WHERE p.id = %(partition)s AND i.seq <= %(low_seq)s AND i.status = 'new'
), settling AS MATERIALIZED (
    SELECT p.id, pg_snapshot_xmin(pg_current_snapshot()) > p.settling_xid AS over,
        CASE WHEN pg_snapshot_xmin(pg_current_snapshot()) > p.settling_xid THEN p.settling_seq ELSE p.settled_seq END AS seq
    FROM partition p WHERE p.id = %(partition)s
)
UPDATE partition p SET
    owner = %(next_owner)s, lease_until = CASE WHEN %(next_owner)s::text IS NULL THEN '-infinity' ELSE now() + %(lease)s END,
    broker_session = %(broker_session)s, marker_at = %(marker_at)s, deliveries = %(deliveries)s,
    low_seq = greatest(p.low_seq, least(
        %(low_seq)s, CASE WHEN %(quiet)s THEN %(low_seq)s ELSE s.seq END, (SELECT seq - 1 FROM first_undone))),
    settled_seq = greatest(p.settled_seq, CASE WHEN %(quiet)s THEN %(drawn)s ELSE s.seq END),
    settling_seq = CASE WHEN s.over THEN %(drawn)s ELSE p.settling_seq END,
    settling_xid = CASE WHEN s.over THEN pg_current_xact_id() ELSE p.settling_xid END
FROM settling s
WHERE p.id = s.id AND p.owner = %(owner)s AND p.epoch = %(epoch)s
RETURNING p.low_seq

-- name: settled
-- The seq at or below which no row can appear any more, as far as the last renewals could prove.
SELECT settled_seq FROM partition WHERE id = %(partition)s
