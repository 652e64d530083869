-- name: rejected
-- The messages refused last, newest first.
SELECT id, organisation_id, site_id, topic, payload, reason, detail, received_at FROM rejected_message
WHERE %(site_id)s::text IS NULL OR site_id = %(site_id)s
ORDER BY received_at DESC, id DESC LIMIT %(limit)s

-- name: rejected_count
-- How many messages were refused on each of the last days, kept or not.
SELECT day, site_id, total FROM rejected_count ORDER BY day DESC, site_id LIMIT %(limit)s

-- name: parked
-- Messages out of the line, oldest first; the partition's mark bounds what is undone, not what is parked.
SELECT id, organisation_id, site_id, partition, recipient_kind, recipient_id, kind, fact_at, received_at, tries, outcome
FROM inbox WHERE status = 'parked' ORDER BY received_at LIMIT %(limit)s

-- name: retry
-- Puts a parked message back at the end of the line under its old time.
UPDATE inbox SET status = 'new', outcome = '', tries = 0, starts = 0, seq = DEFAULT
WHERE id = %(id)s AND status = 'parked' RETURNING organisation_id

-- name: has_token
-- Whether a site's gateway has a token.
SELECT token_hash IS NOT NULL FROM site WHERE site_id = %(site_id)s

-- name: replace_token
-- Gives a site's gateway another token, of which only the hash is kept.
UPDATE site SET token_hash = %(token_hash)s WHERE site_id = %(site_id)s RETURNING organisation_id

-- name: policies
-- The versions of a site's rules, the first one first.
SELECT version, author, created_at, convert_to(body::text, 'UTF8') FROM policy_version
WHERE site_id = %(site_id)s ORDER BY version

-- name: seller
-- Who sells the places of a site.
SELECT e.name, e.address, e.siren, e.vat_number FROM site s JOIN legal_entity e ON e.id = s.legal_entity_id
WHERE s.site_id = %(site_id)s

-- name: change_seller
-- Says more, or something else, of who sells the places of a site.
UPDATE legal_entity e SET name = coalesce(%(name)s, e.name), address = coalesce(%(address)s, e.address),
    siren = coalesce(%(siren)s, e.siren), vat_number = coalesce(%(vat_number)s, e.vat_number)
FROM site s WHERE e.id = s.legal_entity_id AND s.site_id = %(site_id)s RETURNING e.organisation_id

-- name: drop
-- Gives a parked message up for good.
UPDATE inbox SET status = 'refused', outcome = %(reason)s WHERE id = %(id)s AND status = 'parked' RETURNING organisation_id

-- name: unheld
-- How many partitions nobody holds, and how many there are.
SELECT count(*) FILTER (WHERE owner IS NULL OR lease_until < now()), count(*) FROM partition

-- name: in_review
-- Sessions a person should look at, of those that these rows speak for.
SELECT DISTINCT s.id FROM parking_session s JOIN witness w ON w.session_id = s.id
WHERE w.cause = ANY(%(cause)s) AND s.in_review ORDER BY s.id
