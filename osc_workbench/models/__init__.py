"""Qt models over traffic and scsynth values: given batches, they emit wishes; know no view and no socket."""
