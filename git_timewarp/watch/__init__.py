"""The background process that takes drafts while work goes on. Layer: integrations."""
