-- name: keys
-- The wrapped data keys.
SELECT version, wrapped FROM data_key ORDER BY version

-- name: add_key
-- Adds a data key; whoever comes second uses the first one's.
INSERT INTO data_key (version, wrapped) VALUES (%(version)s, %(wrapped)s) ON CONFLICT (version) DO NOTHING

-- name: rewrap
-- Replaces a key's wrapping; the key itself stays, and with it everything sealed by it.
UPDATE data_key SET wrapped = %(wrapped)s WHERE version = %(version)s
