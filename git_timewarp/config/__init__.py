"""Settings as pure data: schema, defaults, merging, validation. Layer: foundation."""
