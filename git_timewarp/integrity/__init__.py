"""Verify, recover and diagnose what the store holds. Layer: engines, above timeline."""
