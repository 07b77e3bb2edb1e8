"""Settings of the backend: one database for the shop's tables and for the points."""

import os
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]

SECRET_KEY = os.environ.get("CHECKOUT_SECRET", "only for this example")
ROOT_URLCONF = "checkout.urls"
INSTALLED_APPS = ["checkout"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
ALLOWED_HOSTS = ["localhost", "testserver"]

FILE = Path(os.environ.get("CHECKOUT_FILE", HERE / "shop.db"))
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": FILE,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",  # whoever reads in order to write begins as a writer
            "init_command": "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL",
        },
    }
}

# The points: the same file, and the rules beside it.
POINTS_STORE = f"sqlite:///{FILE}"
POINTS_RULES = HERE / "shop.toml"
