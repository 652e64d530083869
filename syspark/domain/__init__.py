"""Decisions as pure functions of (state, message, policy, now); nothing here performs anything."""
