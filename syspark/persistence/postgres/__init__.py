"""The stores on PostgreSQL: psycopg stays in this package."""
