-- name: scope_of
-- Where a session is.
SELECT site_id, partition FROM parking_session WHERE id = %(session_id)s

-- name: session_of
-- The session whose payment the provider knows by this name.
SELECT session_id::text FROM payment WHERE payment_ref = %(payment_ref)s ORDER BY made_at LIMIT 1
