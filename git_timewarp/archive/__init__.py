"""Archives: the recorded history as one file that stands on its own, written and read back."""
