-- name: of_session
-- What was offered to a session and paid, in that order.
SELECT p.id, p.site_id, s.name, s.zone, p.session_id, p.state, p.means, p.amount_cents, p.currency, p.body, p.made_at,
    p.checkout_ref, p.payment_ref, p.paid_at, p.refunded_cents, p.receipt_number, p.receipt_code
FROM payment p JOIN site s ON s.site_id = p.site_id
WHERE p.session_id = %(session_id)s ORDER BY p.made_at, p.id

-- name: paid
-- Payments that came, the newest first.
SELECT p.id, p.site_id, s.name, s.zone, p.session_id, p.state, p.means, p.amount_cents, p.currency, p.body, p.made_at,
    p.checkout_ref, p.payment_ref, p.paid_at, p.refunded_cents, p.receipt_number, p.receipt_code
FROM payment p JOIN site s ON s.site_id = p.site_id
WHERE p.paid_at < %(before)s AND (%(site_id)s::text IS NULL OR p.site_id = %(site_id)s)
ORDER BY p.paid_at DESC, p.id DESC LIMIT %(limit)s

-- name: disputed
-- Payments that are contested, the newest first.
SELECT p.id, p.site_id, s.name, s.zone, p.session_id, p.state, p.means, p.amount_cents, p.currency, p.body, p.made_at,
    p.checkout_ref, p.payment_ref, p.paid_at, p.refunded_cents, p.receipt_number, p.receipt_code
FROM payment p JOIN site s ON s.site_id = p.site_id
WHERE p.state = 'disputed' AND p.paid_at < %(before)s AND (%(site_id)s::text IS NULL OR p.site_id = %(site_id)s)
ORDER BY p.paid_at DESC, p.id DESC LIMIT %(limit)s

-- name: back
-- Payments of which something went back, the newest first.
SELECT p.id, p.site_id, s.name, s.zone, p.session_id, p.state, p.means, p.amount_cents, p.currency, p.body, p.made_at,
    p.checkout_ref, p.payment_ref, p.paid_at, p.refunded_cents, p.receipt_number, p.receipt_code
FROM payment p JOIN site s ON s.site_id = p.site_id
WHERE p.refunded_cents > 0 AND p.paid_at < %(before)s AND (%(site_id)s::text IS NULL OR p.site_id = %(site_id)s)
ORDER BY p.paid_at DESC, p.id DESC LIMIT %(limit)s

-- name: on_site
-- Payments that a person has taken on site, the newest first.
SELECT p.id, p.site_id, s.name, s.zone, p.session_id, p.state, p.means, p.amount_cents, p.currency, p.body, p.made_at,
    p.checkout_ref, p.payment_ref, p.paid_at, p.refunded_cents, p.receipt_number, p.receipt_code
FROM payment p JOIN site s ON s.site_id = p.site_id
WHERE p.means IN ('cash', 'terminal') AND p.paid_at < %(before)s
    AND (%(site_id)s::text IS NULL OR p.site_id = %(site_id)s)
ORDER BY p.paid_at DESC, p.id DESC LIMIT %(limit)s

-- name: orders
-- What the provider refused, the newest first, and what it has not done for some time.
SELECT o.id, o.site_id, s.name, s.zone, o.session_id, o.body, o.fate, o.tries, o.created_at
FROM provider_order o JOIN site s ON s.site_id = o.site_id
WHERE (o.fate = 'refused' OR (o.fate = 'waiting' AND o.created_at < %(older_than)s))
    AND (%(site_id)s::text IS NULL OR o.site_id = %(site_id)s)
ORDER BY o.created_at DESC LIMIT %(limit)s

-- name: days
-- What was booked on these days by site, kind and means, with the closing of the day.
SELECT l.site_id, s.name, l.local_day, l.kind, l.means, l.currency, l.entries, l.amount_cents, l.vat_cents, c.seq
FROM (
    SELECT site_id, legal_entity_id, local_day, kind, means, currency, count(*)::integer AS entries,
        sum(amount_cents)::bigint AS amount_cents, sum(vat_cents)::bigint AS vat_cents
    FROM ledger_entry
    WHERE local_day BETWEEN %(first)s AND %(last)s AND (%(site_id)s::text IS NULL OR site_id = %(site_id)s)
    GROUP BY site_id, legal_entity_id, local_day, kind, means, currency
) l
JOIN site s ON s.site_id = l.site_id
LEFT JOIN closing c ON c.site_id = l.site_id AND c.legal_entity_id = l.legal_entity_id AND c.period = 'day'
    AND c.last_day = l.local_day
ORDER BY l.local_day DESC, s.name, l.site_id, l.kind, l.means, l.currency

-- name: compared
-- What the provider's own list says of these days.
SELECT p.site_id, s.name, p.provider, p.local_day, p.compared_at, p.body
FROM provider_day p JOIN site s ON s.site_id = p.site_id
WHERE p.local_day BETWEEN %(first)s AND %(last)s AND (%(site_id)s::text IS NULL OR p.site_id = %(site_id)s)
ORDER BY p.local_day DESC, s.name, p.site_id, p.provider

-- name: closings
-- Closings, the newest first.
SELECT s.name, c.body FROM closing c JOIN site s ON s.site_id = c.site_id
WHERE %(site_id)s::text IS NULL OR c.site_id = %(site_id)s
ORDER BY c.last_day DESC, s.name, c.site_id, c.seq DESC LIMIT %(limit)s

-- name: closing
-- One closing of a site; of its present seller, where there have been several.
SELECT s.name, c.body FROM closing c JOIN site s ON s.site_id = c.site_id
WHERE c.site_id = %(site_id)s AND c.seq = %(seq)s
ORDER BY c.legal_entity_id IS DISTINCT FROM s.legal_entity_id LIMIT 1

-- name: entries
-- What was booked at a site on these days, in order.
SELECT id::text, at, local_day, kind, means, amount_cents, vat_cents, currency, payment_id::text, session_id::text,
    author, reason, counter_of::text
FROM ledger_entry WHERE site_id = %(site_id)s AND local_day BETWEEN %(first)s AND %(last)s
ORDER BY local_day, at, id LIMIT %(limit)s

-- name: sessions_named
-- The sessions of a receipt's code, or of a provider's reference.
SELECT session_id FROM payment
WHERE organisation_id = nullif(current_setting('syspark.organisation_id', true), '')::uuid
    AND receipt_code = upper(%(text)s)
UNION SELECT session_id FROM payment WHERE payment_ref = %(text)s
UNION SELECT session_id FROM payment WHERE checkout_ref = %(text)s
LIMIT 50

-- name: sellers
-- Who sells where.
SELECT e.name, e.address, e.siren, e.vat_number,
    ARRAY(SELECT s.name FROM site s WHERE s.legal_entity_id = e.id ORDER BY s.name LIMIT 20)
FROM legal_entity e ORDER BY e.name
