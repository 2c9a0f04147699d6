"""Time travel itself: capture, snapshot, jump, restore, undo, stash, selectors. Layer: engines."""
