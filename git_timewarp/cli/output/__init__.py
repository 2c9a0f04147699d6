"""How answers look: for people (lines, colour, pager) and for programs (JSON)."""
