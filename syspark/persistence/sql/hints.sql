-- name: give
-- Tells other processes that something has changed; what, they read.
SELECT pg_notify('syspark_changed', '')

-- name: listen
-- Hears it.
LISTEN syspark_changed
