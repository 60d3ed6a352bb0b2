"""The stock rules."""
