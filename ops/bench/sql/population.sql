-- name: sites
-- Copies of the default site, of which each is named in %(names)s; capacity for everybody.
INSERT INTO site (site_id, organisation_id, legal_entity_id, partition, name, zone, currency, capacity,
    policy_version, tariff_version)
SELECT made, organisation_id, legal_entity_id, partition, made, zone, currency, 1000000, policy_version, tariff_version
FROM site, unnest(%(names)s::text[]) AS made WHERE site_id = 'default'

-- name: spread
-- As many partitions as asked for, and these sites spread over them.
WITH told AS (
    UPDATE deployment SET partitions = %(partitions)s
), more AS (
    INSERT INTO partition (id) SELECT generate_series(1, %(partitions)s - 1)
)
UPDATE site s SET partition = mod(g.place, %(partitions)s)
FROM unnest(%(names)s::text[]) WITH ORDINALITY AS g (made, place) WHERE s.site_id = g.made

-- name: lanes
-- Their lanes.
INSERT INTO lane (site_id, lane, organisation_id, has_sensor)
SELECT made, lane, organisation_id, has_sensor FROM lane, unnest(%(names)s::text[]) AS made WHERE site_id = 'default'

-- name: devices
-- Their devices, as many of them as asked for.
INSERT INTO device (site_id, name, organisation_id, kind, lane, speaks)
SELECT made, name, organisation_id, kind, lane, speaks
FROM (SELECT * FROM device WHERE site_id = 'default' ORDER BY name LIMIT %(devices)s) AS d,
    unnest(%(names)s::text[]) AS made

-- name: policies
-- Their policies.
INSERT INTO policy_version (site_id, version, organisation_id, body, author)
SELECT made, version, organisation_id, body, author
FROM policy_version, unnest(%(names)s::text[]) AS made WHERE site_id = 'default'

-- name: tariffs
-- Their tariffs.
INSERT INTO tariff_version (site_id, version, organisation_id, body, author)
SELECT made, version, organisation_id, body, author
FROM tariff_version, unnest(%(names)s::text[]) AS made WHERE site_id = 'default'

-- name: credentials
-- Badges of these sites, numbered from 0 below a bound; a badge's UID is its number in hexadecimal digits.
INSERT INTO credential (site_id, uid, organisation_id, holder, plan)
SELECT s.site_id, lpad(upper(to_hex(n)), 8, '0'), s.organisation_id, 'holder of badge ' || n, 'subscriber'
FROM site s, generate_series(0, %(badges)s - 1) AS n
WHERE s.site_id = ANY(%(names)s::text[])

-- name: sessions
-- A session for each of these sites' badges from %(first)s below %(end)s; %(body)s is as the domain writes one, with
-- names where its id and its badge are to stand.
INSERT INTO parking_session (
    id, organisation_id, site_id, partition, version, status, holder_key, opened_at, closed_at, body)
SELECT id, organisation_id, site_id, partition, %(version)s, %(status)s, uid, %(opened_at)s, %(closed_at)s,
    convert_to(replace(replace(%(body)s, %(for_id)s, id::text), %(for_uid)s, uid), 'UTF8')
FROM (
    SELECT gen_random_uuid() AS id, organisation_id, site_id, partition, lpad(upper(to_hex(n)), 8, '0') AS uid
    FROM site, generate_series(%(first)s, %(end)s - 1) AS n
    WHERE site_id = ANY(%(names)s::text[])
) AS made

-- name: own_deployment
-- A clone's own id: two workers of one deployment would take the broker session from each other.
UPDATE deployment SET id = gen_random_uuid()

-- name: settle
-- Statistics for what was just filled in.
ANALYZE

-- name: rows_written
-- How many rows of each kind an event has led to, and how large what was written is.
SELECT 'inbox', count(*), 0 FROM inbox
UNION ALL SELECT 'journal', count(*), coalesce(sum(length(inputs)), 0)::bigint FROM journal
UNION ALL SELECT 'journal_personal', count(*), 0 FROM journal_personal
UNION ALL SELECT 'outbox', count(*), coalesce(sum(length(body)), 0)::bigint FROM outbox
UNION ALL SELECT 'parking_session', coalesce(sum(version), 0)::bigint, coalesce(sum(length(body)), 0)::bigint
    FROM parking_session
UNION ALL SELECT 'snapshot', coalesce(sum(version), 0)::bigint, coalesce(sum(length(body)), 0)::bigint FROM snapshot
UNION ALL SELECT 'witness', count(*), 0 FROM witness
UNION ALL SELECT 'deadline', count(*), 0 FROM deadline
