"""What was seen: records, store, queries, statistics, recordings; knows neither senders nor the screen."""
