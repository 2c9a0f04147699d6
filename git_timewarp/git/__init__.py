"""The only door to git: typed names, one runner, objects, refs, indexes, packs. Layer: storage."""
