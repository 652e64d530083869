-- Sessions of these badges that were open at some time since the field began, with what the service believes of them.
SELECT site_id, holder_key, status, body
FROM parking_session
WHERE holder_key = ANY(%(badges)s) AND (closed_at IS NULL OR closed_at >= %(since)s)
ORDER BY site_id, holder_key, opened_at NULLS LAST, id
