"""The name of the rival's section."""

from django.apps import AppConfig


class Rival(AppConfig):
    """The tables of the portal."""

    name = "benchmarks.rival"
    label = "rival"
    verbose_name = "Кадры"
