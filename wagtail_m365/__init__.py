"""Microsoft 365 in the Wagtail admin."""
