"""What pages show, made from what is persisted. A field that is missing is shown as not known, never guessed."""
