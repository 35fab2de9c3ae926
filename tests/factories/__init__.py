"""Rows for tests, one file per domain; written as the superuser, so that no rule is in the way of setting a scene."""
