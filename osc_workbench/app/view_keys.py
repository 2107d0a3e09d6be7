"""The keys that a part of the window has for itself, for the keyboard sheet; those of actions are found by themselves.

Who gives a view a key of its own adds a row here.
"""

from osc_workbench.models.key_rows import KeyRow

# The accessible names of the views, under which the actions of their context menus stand, too.
_LOG, _BYTES, _TREE = "Message log", "Bytes of the packet", "Fields of the packet"
_FILTER = "Filter"
_TABLES, _PALETTE = "Tables", "Command palette"

VIEW_KEYS = (
    KeyRow(_LOG, ("Up", "Down"), "Message before or after"),
    KeyRow(_LOG, ("PgUp", "PgDown"), "A page up or down"),
    KeyRow(_LOG, ("Home", "End"), "First or last message"),
    KeyRow(_LOG, ("Shift+Up", "Shift+Down"), "Select more messages"),
    KeyRow(_LOG, ("Ctrl+A",), "Select all messages"),
    KeyRow(_LOG, ("Menu",), "Menu of the message"),
    KeyRow(_LOG, ("/",), "Filter"),
    KeyRow(_LOG, ("Z",), "Clear log"),
    KeyRow(_LOG, (":",), "Command palette"),
    KeyRow(_FILTER, ("Up", "Down"), "Filter used before or after"),
    KeyRow(_FILTER, ("Alt+Down",), "List what can be typed here"),
    KeyRow(_FILTER, ("Enter",), "Go to the log"),
    KeyRow(_FILTER, ("Esc",), "Take the filter away, then go to the log"),
    KeyRow(_BYTES, ("Left", "Right"), "Field before or after"),
    KeyRow(_BYTES, ("Up", "Down"), "Line before or after"),
    KeyRow(_TREE, ("Left", "Right"), "Close or open a branch"),
    KeyRow(_TREE, ("*",), "Open a branch to its ends"),
    KeyRow(_TABLES, ("Del",), "Remove the selected rows"),
    KeyRow(_TABLES, ("Ctrl+A",), "Select all"),
    KeyRow(_TABLES, ("Enter",), "Filter for an address or peer, next finding of a rule"),
    KeyRow(_TABLES, ("F2",), "Edit a cell of a rule"),
    KeyRow(_TABLES, ("Space",), "Switch a rule on or off"),
    KeyRow(_TABLES, ("Alt+Up", "Alt+Down"), "Move a colour rule up or down"),
    KeyRow(_PALETTE, ("Up", "Down"), "Command before or after"),
    KeyRow(_PALETTE, ("Enter",), "Do it"),
    KeyRow(_PALETTE, ("Esc",), "Close"),
)
