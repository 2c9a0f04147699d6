"""Our records in git: refs, codecs, journal, quarantine, fold, read index. Layer: storage, above git."""
