-- How many messages are stored and not decided, and when the last marker was sent that has come back to every worker.
SELECT (SELECT count(*) FROM inbox WHERE status = 'new'), (SELECT min(marker_at) FROM partition WHERE owner IS NOT NULL)
