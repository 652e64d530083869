"""Money for a stay: what was offered, what came, what went back, and how it is booked. Source: docs/money.md."""
