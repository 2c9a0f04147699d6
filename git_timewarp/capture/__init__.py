"""Looking at a work tree without touching it: one view of all there is. Layer: engines."""
