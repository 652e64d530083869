-- name: partitions
-- The number of partitions this database was made for; no row in an empty one.
SELECT partitions FROM deployment

-- name: show
-- What this deployment is.
SELECT id, partitions FROM deployment

-- name: add_deployment
-- Writes down, once, the deployment's id and its number of partitions.
INSERT INTO deployment (id, partitions) VALUES (%(deployment)s, %(partitions)s)

-- name: add_partitions
-- The rows that leases are taken on.
INSERT INTO partition (id) SELECT generate_series(0, %(partitions)s - 1)

-- name: add_organisation
-- The first organisation.
INSERT INTO organisation (organisation_id, name) VALUES (%(organisation_id)s, %(name)s)

-- name: add_legal_entity
-- Its legal entity, to be completed by an operator.
INSERT INTO legal_entity (id, organisation_id, name) VALUES (%(legal_entity)s, %(organisation_id)s, %(name)s)

-- name: make_partitions
-- Makes the next partitions by time, without any right to create tables; returns how many it made.
SELECT make_partitions(coalesce(%(ahead_of)s::timestamptz, now()))

-- name: purge_inbox
-- Removes some rows that are done since long. They are sought at the beginning of each partition's order, and not
-- further than a bound, since no index is on a date and most ids are in the order of time but not all.
DELETE FROM inbox USING (
    SELECT o.id FROM partition p CROSS JOIN LATERAL (
        SELECT i.id, i.status, i.received_at FROM inbox i WHERE i.partition = p.id AND i.seq <= p.low_seq
        ORDER BY i.seq LIMIT 2 * %(limit)s) o
    WHERE o.status IN ('done', 'refused') AND o.received_at < %(before)s
    LIMIT %(limit)s) old
WHERE inbox.id = old.id
RETURNING inbox.id

-- name: purge_keys
-- Forgets some of the publishers' event ids that are too old to be accepted again.
DELETE FROM inbox_key WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM inbox_key WHERE received_at < %(before)s ORDER BY received_at LIMIT %(limit)s))
RETURNING inbox_id

-- name: health
-- The schema's revision, and whether rows fell where no partition was made for them.
SELECT (SELECT version_num FROM alembic_version),
    EXISTS (SELECT FROM journal_default) OR EXISTS (SELECT FROM rejected_message_default)
        OR EXISTS (SELECT FROM photo_default)

-- name: purge_notices
-- Removes some notices whose end is long ago.
DELETE FROM notice WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM notice WHERE fate <> 'waiting' AND fate_at < %(before)s ORDER BY fate_at LIMIT %(limit)s))
RETURNING id

-- name: purge_alarms
-- Removes some alarms that ended long ago.
DELETE FROM alarm WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM alarm WHERE cleared_at < %(before)s ORDER BY cleared_at LIMIT %(limit)s))
RETURNING id

-- name: purge_rejected
-- Removes some messages that were refused long ago.
DELETE FROM rejected_message r USING (
    SELECT id, received_at FROM rejected_message WHERE received_at < %(before)s ORDER BY received_at LIMIT %(limit)s) o
WHERE r.id = o.id AND r.received_at = o.received_at
RETURNING r.id

-- name: purge_shifts
-- Removes some shifts and used links that are over.
DELETE FROM web_session WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM web_session WHERE expires_at < %(before)s ORDER BY expires_at LIMIT %(limit)s))
RETURNING id_hash
