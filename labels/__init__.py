"""Keyword definitions and translations, map templates."""
