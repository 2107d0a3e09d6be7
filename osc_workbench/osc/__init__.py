"""The OSC 1.0 and 1.1 protocol: values and bytes, without clock or socket; the foundation of both paths."""
