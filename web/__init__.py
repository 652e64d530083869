"""The look-at-it wing: reads what is persisted, writes requests into mailboxes, never calls an actor."""
