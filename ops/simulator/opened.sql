-- When openings that were published, perhaps, were decided since the field began, and when happened what each was for.
SELECT site_id, device, fact_at, created_at, body FROM outbox
WHERE order_kind = 'barrier' AND fate IN ('sent', 'acked', 'confirmed', 'unknown') AND created_at >= %(since)s
ORDER BY created_at, id
