-- name: give
-- Tells other processes that something has changed; what, they read.
SELECT pg_notify('syspark_changed', '')

-- name: listen
-- Hears it.
LISTEN syspark_changed

-- name: ring
-- Tells the workers that a request was put into a mailbox; into which, they read.
SELECT pg_notify('syspark_requested', '')

-- name: listen_for_requests
-- Hears it.
LISTEN syspark_requested
