"""The live wing: every site, device and parking session is an actor."""
