"""Domain-free helpers: clocks, ids, locks, atomic files, text. Knows nothing of git or of us."""
