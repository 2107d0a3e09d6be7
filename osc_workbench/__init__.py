"""See, compose, record and understand every Open Sound Control packet on a rig."""

__version__ = "0.1.0"
