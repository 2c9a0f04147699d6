"""What may be recorded and where: secrets, roots. Layer: engines, below timeline."""
