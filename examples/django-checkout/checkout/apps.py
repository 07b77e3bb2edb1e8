"""What happens when the process starts."""

from django.apps import AppConfig


class CheckoutConfig(AppConfig):
    """The backend."""

    name = "checkout"

    def ready(self) -> None:
        """Open the shop now: inside a transaction it would wait for that to end, to make its tables."""
        from checkout.points import the_shop

        the_shop()
