"""Calibration tables, one folder per instrument."""
