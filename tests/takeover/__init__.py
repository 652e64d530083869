"""Two workers and what befalls one of them: nothing is lost, doubled, or done by both."""
