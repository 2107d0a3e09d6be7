"""Hand-written stand-ins for peers, clocks and sockets."""
