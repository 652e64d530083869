-- name: all
-- Everybody who may sign in or could once, by name.
SELECT id, login, role, site_id, totp IS NOT NULL, disabled_at IS NOT NULL FROM operator ORDER BY login

-- name: set_password
-- Another password for an operator; no row when there is no such name.
UPDATE operator SET password_hash = %(password_hash)s WHERE login = %(login)s RETURNING id

-- name: end_shifts
-- Signs an operator out everywhere.
DELETE FROM web_session WHERE operator_id = %(operator_id)s

-- name: partner
-- The partner of a site by its name.
SELECT id FROM partner WHERE site_id = %(site_id)s AND lower(name) = lower(%(name)s)
