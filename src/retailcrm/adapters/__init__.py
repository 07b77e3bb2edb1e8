"""One file per brand or format. Each is a plugin through the same hooks as anyone's."""
