"""What was seen: records, store, queries, statistics, recordings; knows OSC and numpy, not who sends or shows."""
