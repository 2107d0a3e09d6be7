"""The SuperCollider server as values: commands, replies, node tree, client state; knows no socket."""
