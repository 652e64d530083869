"""Pages that keep themselves up to date: one reader for all of them, one event stream for each."""
