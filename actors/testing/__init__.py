"""Tools to run actors on a virtual clock, with stores in memory and captured commands."""
