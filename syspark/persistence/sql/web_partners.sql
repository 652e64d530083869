-- name: partners
-- A site's partners, or one of them, with what they have validated in a month.
SELECT p.id, p.body, coalesce(m.validated, 0), coalesce(m.held_cents, 0), coalesce(m.spent_cents, 0)
FROM partner p LEFT JOIN partner_month m ON m.partner_id = p.id AND m.month = %(month)s
WHERE p.site_id = %(site_id)s AND (%(partner_id)s::uuid IS NULL OR p.id = %(partner_id)s) ORDER BY p.name

-- name: validations_of_site
-- What the partners of a site have validated in a month, the latest first.
SELECT v.id, v.partner_id, p.name, u.plate, v.body
FROM validation v JOIN partner p ON p.id = v.partner_id LEFT JOIN subject u ON u.id = v.subject
WHERE v.site_id = %(site_id)s AND v.month = %(month)s ORDER BY v.made_at DESC, v.id LIMIT %(limit)s

-- name: validations_of_partner
-- What one of them has validated in a month, the latest first.
SELECT v.id, v.partner_id, p.name, u.plate, v.body
FROM validation v JOIN partner p ON p.id = v.partner_id LEFT JOIN subject u ON u.id = v.subject
WHERE v.site_id = %(site_id)s AND v.partner_id = %(partner_id)s AND v.month = %(month)s
ORDER BY v.made_at DESC, v.id LIMIT %(limit)s
