"""The self-test, asked without a browser."""
