-- name: places
-- Where money is compared.
SELECT site_id, organisation_id, partition, zone FROM site ORDER BY site_id

-- name: booked
-- Entries of the provider's means on these days, and those of these names whichever day they are on.
SELECT l.id::text, l.kind, p.payment_ref, l.session_id::text, l.amount_cents, l.currency, l.local_day
FROM ledger_entry l LEFT JOIN payment p ON p.id = l.payment_id
WHERE l.site_id = %(site_id)s AND l.means = %(means)s AND l.local_day >= %(first)s
UNION
SELECT l.id::text, l.kind, p.payment_ref, l.session_id::text, l.amount_cents, l.currency, l.local_day
FROM ledger_entry l LEFT JOIN payment p ON p.id = l.payment_id
WHERE l.id = ANY(%(id)s::uuid[])

-- name: keep
-- What the provider says of a day, and where the ledger says otherwise.
INSERT INTO provider_day (site_id, provider, local_day, organisation_id, compared_at, body, differences)
VALUES (%(site_id)s, %(provider)s, %(day)s, %(organisation_id)s, %(at)s, %(body)s, %(differences)s)
ON CONFLICT (site_id, provider, local_day) DO UPDATE SET compared_at = excluded.compared_at, body = excluded.body,
    differences = excluded.differences
