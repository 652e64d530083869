-- When what was read whose opening was decided, or could be sent, too late: `withheld` and `expired` since the field began.
SELECT site_id, fact_at FROM outbox
WHERE order_kind = 'barrier' AND fate IN ('withheld', 'expired') AND created_at >= %(since)s
ORDER BY site_id, fact_at
