-- name: names
-- Every site's name, and whom its drivers call.
SELECT s.site_id, s.name, coalesce(v.body ->> 'help_phone', '') FROM site s
LEFT JOIN policy_version v ON v.site_id = s.site_id AND v.version = s.policy_version
ORDER BY s.name, s.site_id

-- name: site
-- A site as its drivers meet it, with whom they buy from: its own seller, else the organisation's first.
SELECT s.site_id, s.organisation_id, s.name, s.zone, s.currency, s.partition, v.body::text, p.body,
    ARRAY(SELECT l.lane FROM lane l WHERE l.site_id = s.site_id ORDER BY l.lane),
    e.name, e.address, e.siren, e.vat_number
FROM site s
LEFT JOIN policy_version v ON v.site_id = s.site_id AND v.version = s.policy_version
LEFT JOIN snapshot p ON p.actor_kind = 'site' AND p.actor_id = s.site_id
LEFT JOIN LATERAL (
    SELECT name, address, siren, vat_number FROM legal_entity
    WHERE id = s.legal_entity_id OR s.legal_entity_id IS NULL ORDER BY id LIMIT 1
) e ON true
WHERE s.site_id = %(site_id)s

-- name: by_plate
-- The session of exactly this plate: the open one, else the latest that is still owed for.
SELECT p.id::text
FROM subject u
JOIN witness w ON w.site_id = u.site_id AND w.holder_key = u.id::text AND w.withdrawn_at IS NULL
JOIN parking_session p ON p.id = w.session_id
WHERE u.site_id = %(site_id)s AND u.plate = %(plate)s
    AND (p.status IN ('active', 'pending_payment', 'paid') OR p.unpaid_cents > 0)
ORDER BY p.status IN ('active', 'pending_payment', 'paid') DESC, p.id DESC LIMIT 1

-- name: session
-- A session, and the plate its vehicle was last read by.
SELECT p.id::text, p.site_id, p.partition, p.status, p.body, (
    SELECT u.plate FROM witness w JOIN subject u ON u.id = w.subject
    WHERE w.session_id = p.id AND w.kind = 'plate' AND w.withdrawn_at IS NULL
    ORDER BY w.holder_key = p.holder_key DESC, w.read_at DESC LIMIT 1)
FROM parking_session p WHERE p.id = %(session_id)s

-- name: payment
-- What was offered for a session under an id.
SELECT state, body, refunded_cents, receipt_number, receipt_code FROM payment
WHERE id = %(offer_id)s AND session_id = %(session_id)s
