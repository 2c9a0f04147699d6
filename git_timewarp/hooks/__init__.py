"""Install git hooks beside the user's own and drain what they spooled. Layer: integrations."""
