-- name: operator_by_login
-- Who signs in under a name.
SELECT id, login, password_hash, role, site_id, totp, disabled_at IS NOT NULL, partner_id
FROM operator WHERE login = %(login)s

-- name: operator_by_id
-- Who signs in by a link.
SELECT id, login, password_hash, role, site_id, totp, disabled_at IS NOT NULL, partner_id
FROM operator WHERE id = %(id)s

-- name: any_operator
-- Whether anybody may sign in at all.
SELECT EXISTS (SELECT FROM operator)

-- name: add_operator
-- A new operator; refused when the name is taken.
INSERT INTO operator (id, organisation_id, site_id, login, password_hash, role, partner_id)
VALUES (%(id)s, %(organisation_id)s, %(site_id)s, %(login)s, %(password_hash)s, %(role)s, %(partner_id)s)

-- name: open
-- A new shift.
INSERT INTO web_session (id_hash, organisation_id, operator_id, body, created_at, expires_at)
VALUES (%(id_hash)s, %(organisation_id)s, %(operator_id)s, %(body)s, %(created_at)s, %(expires_at)s)

-- name: forget
-- Shifts and used keys that are over, a bounded number at a time.
DELETE FROM web_session WHERE id_hash IN (
    SELECT id_hash FROM web_session WHERE expires_at < %(now)s ORDER BY expires_at LIMIT 200)

-- name: find
-- A shift that stands, with its operator.
SELECT w.body, w.created_at, w.expires_at, o.id, o.login, o.password_hash, o.role, o.site_id, o.totp,
    false, o.partner_id
FROM web_session w JOIN operator o ON o.id = w.operator_id
WHERE w.id_hash = %(id_hash)s AND w.expires_at > %(now)s AND o.disabled_at IS NULL

-- name: alive
-- Which of these shifts still stand.
SELECT w.id_hash FROM web_session w JOIN operator o ON o.id = w.operator_id
WHERE w.id_hash = ANY(%(id_hash)s) AND w.expires_at > %(now)s AND o.disabled_at IS NULL

-- name: close
-- Ends a shift.
DELETE FROM web_session WHERE id_hash = %(id_hash)s RETURNING id_hash

-- name: use_once
-- Marks a key as used; no row: it was used before.
INSERT INTO web_session (id_hash, organisation_id, body, created_at, expires_at)
VALUES (%(id_hash)s, %(organisation_id)s, '', %(now)s, %(expires_at)s)
ON CONFLICT (id_hash) DO NOTHING
RETURNING id_hash

-- name: only_organisation
-- Whom a deployment serves: the oldest organisation.
SELECT organisation_id FROM organisation ORDER BY created_at, organisation_id LIMIT 1
