"""The command line, one small module a command; runs the session, and only `gui` opens the window."""
