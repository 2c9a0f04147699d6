"""Commands, options, output and exit codes; the only layer that talks. Layer: frontends."""
