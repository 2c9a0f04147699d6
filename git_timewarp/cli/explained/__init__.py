"""What every error means for its user: one table a theme, put together by `page`."""
