"""A plugin's own tests run where the plugin is installed: `tests/examples` does that."""

collect_ignore_glob = ["*/tests"]
