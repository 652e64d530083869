-- name: site_of
-- The site a token opens.
SELECT site_id, organisation_id, partition FROM site WHERE token_hash = %(token_hash)s

-- name: add_photo
-- A picture that came with a fact and carries its id.
INSERT INTO photo (id, organisation_id, site_id, lane, content_type, body, taken_at)
VALUES (%(id)s, %(organisation_id)s, %(site_id)s, %(lane)s, %(content_type)s, %(body)s, %(taken_at)s)
ON CONFLICT DO NOTHING
