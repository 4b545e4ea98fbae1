"""Measurements, printed as tables: `make bench`. No assertion depends on a clock."""
