-- name: books
-- What may have to be closed: every site's seller, since the day of its first entry there.
SELECT s.legal_entity_id::text, s.site_id, s.organisation_id, s.zone, l.first_day
FROM site s CROSS JOIN LATERAL (
    SELECT min(local_day) AS first_day FROM ledger_entry
    WHERE site_id = s.site_id AND legal_entity_id = s.legal_entity_id
) l
WHERE l.first_day IS NOT NULL
ORDER BY s.site_id

-- name: shut_out
-- Waits for the entries of a site that are being written, and keeps others out until the transaction ends.
SELECT pg_advisory_xact_lock(hashtextextended('syspark closing ' || %(site_id)s, 0))

-- name: newest
-- The latest closing of a book.
SELECT body FROM closing
WHERE site_id = %(site_id)s AND legal_entity_id = %(legal_entity_id)s::uuid
ORDER BY seq DESC LIMIT 1

-- name: entries
-- The entries of a book that are booked on these days, in the order of their ids.
SELECT id::text, at, local_day, kind, means, amount_cents, vat_cents, currency, payment_id::text, session_id::text,
    author, reason, counter_of::text
FROM ledger_entry
WHERE site_id = %(site_id)s AND legal_entity_id = %(legal_entity_id)s::uuid
    AND local_day BETWEEN %(first_day)s AND %(last_day)s
ORDER BY id

-- name: parts
-- The closings of a kind that end within these days, in order.
SELECT body FROM closing
WHERE site_id = %(site_id)s AND legal_entity_id = %(legal_entity_id)s::uuid AND period = %(period)s
    AND last_day BETWEEN %(first_day)s AND %(last_day)s
ORDER BY seq

-- name: made
-- Every closing of a site, or of all of them, book by book in order.
SELECT body FROM closing WHERE %(site_id)s::text IS NULL OR site_id = %(site_id)s
ORDER BY site_id, legal_entity_id, seq

-- name: closed_books
-- Every book that has closings.
SELECT c.legal_entity_id::text, c.site_id, c.organisation_id, s.zone, min(c.first_day) FILTER (WHERE c.period = 'day')
FROM closing c JOIN site s ON s.site_id = c.site_id
GROUP BY c.legal_entity_id, c.site_id, c.organisation_id, s.zone
ORDER BY c.site_id

-- name: of_book
-- Every closing of a book, in order.
SELECT body FROM closing WHERE site_id = %(site_id)s AND legal_entity_id = %(legal_entity_id)s::uuid ORDER BY seq

-- name: add
-- A closing; a second one in its place is refused.
INSERT INTO closing (
    site_id, legal_entity_id, seq, organisation_id, period, first_day, last_day, made_at, body)
VALUES (
    %(site_id)s, %(legal_entity_id)s::uuid, %(seq)s, %(organisation_id)s, %(period)s, %(first_day)s, %(last_day)s,
    %(made_at)s, %(body)s)
