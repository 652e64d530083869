-- name: add_site
-- A new site, sold by its organisation's first seller; refused when the name is taken.
INSERT INTO site (
    site_id, organisation_id, legal_entity_id, partition, name, zone, currency, capacity, sealed_secrets,
    policy_version, tariff_version)
VALUES (
    %(site_id)s, %(organisation_id)s,
    (SELECT id FROM legal_entity WHERE organisation_id = %(organisation_id)s ORDER BY id LIMIT 1),
    %(partition)s, %(name)s, %(zone)s, %(currency)s, %(capacity)s, %(sealed_secrets)s, %(policy_version)s,
    %(tariff_version)s)

-- name: add_lanes
-- A new site's lanes.
INSERT INTO lane (site_id, lane, organisation_id, has_sensor)
SELECT %(site_id)s, lane, %(organisation_id)s, has_sensor FROM unnest(%(lane)s, %(has_sensor)s) AS g (lane, has_sensor)

-- name: add_devices
-- A new site's devices.
INSERT INTO device (site_id, name, organisation_id, kind, lane, speaks)
SELECT %(site_id)s, name, %(organisation_id)s, kind, lane, speaks
FROM unnest(%(name)s, %(kind)s, %(lane)s, %(speaks)s) AS g (name, kind, lane, speaks)

-- name: add_policy
-- A version of a site's policy.
INSERT INTO policy_version (site_id, version, organisation_id, body, author)
VALUES (%(site_id)s, %(version)s, %(organisation_id)s, %(body)s, %(author)s)

-- name: add_tariff
-- A version of a site's tariff.
INSERT INTO tariff_version (site_id, version, organisation_id, body, author)
VALUES (%(site_id)s, %(version)s, %(organisation_id)s, %(body)s, %(author)s)

-- name: sites
-- Sites with their current policy and tariff: of one partition, or these sites, or all.
SELECT s.site_id, s.organisation_id, s.partition, s.name, s.zone, s.currency, s.capacity, s.sealed_secrets,
    convert_to(p.body::text, 'UTF8') AS policy, s.policy_version,
    convert_to(t.body::text, 'UTF8') AS tariff, s.tariff_version
FROM site s
JOIN policy_version p ON p.site_id = s.site_id AND p.version = s.policy_version
JOIN tariff_version t ON t.site_id = s.site_id AND t.version = s.tariff_version
WHERE (%(partition)s::integer IS NULL OR s.partition = %(partition)s)
    AND (%(site_id)s::text[] IS NULL OR s.site_id = ANY(%(site_id)s::text[]))
ORDER BY s.site_id

-- name: tariffs
-- The versions that start last of the tariffs of these sites that had several.
SELECT site_id, version, starts_at, convert_to(body::text, 'UTF8') FROM (
    SELECT site_id, version, starts_at, body, count(*) OVER (PARTITION BY site_id) AS versions,
        row_number() OVER (PARTITION BY site_id ORDER BY starts_at DESC, version DESC) AS place
    FROM tariff_version WHERE site_id = ANY(%(site_id)s)
) v
WHERE versions > 1 AND place <= %(kept)s
ORDER BY site_id, place

-- name: changed_sites
-- From where to look the next time, and the sites of these partitions that may have changed since the last. A number
-- that this server has not come to yet is of the server whose dump was restored here.
SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint, ARRAY(
    SELECT site_id FROM site
    WHERE partition = ANY(%(partition)s) AND changed_in >= %(since)s::text::xid8
        AND changed_in < pg_snapshot_xmax(pg_current_snapshot()) ORDER BY site_id)

-- name: lanes
-- The lanes of these sites.
SELECT site_id, lane, has_sensor FROM lane WHERE site_id = ANY(%(site_id)s) ORDER BY site_id, lane

-- name: devices
-- The devices of these sites.
SELECT site_id, name, kind, lane, speaks FROM device WHERE site_id = ANY(%(site_id)s) ORDER BY site_id, name

-- name: pins
-- The PINs of these sites, as they are sealed.
SELECT site_id, lane, sealed FROM site_pin WHERE site_id = ANY(%(site_id)s) ORDER BY site_id, lane
