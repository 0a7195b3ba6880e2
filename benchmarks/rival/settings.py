"""Settings as ``startproject`` makes them, for production: DEBUG off, templates cached, connections kept."""

import os
import tempfile
from pathlib import Path

#: with "unfold" the admin wears django-unfold and serves its static files, for pictures and figures in a browser
THEMED = os.environ.get("RIVAL_THEME") == "unfold"
DEBUG = False
SECRET_KEY = "benchmark-secret-key-that-is-long-enough-0123456789"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "benchmarks.rival.urls"
INSTALLED_APPS = [
    *(["unfold"] if THEMED else []),
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "benchmarks.rival.apps.Rival",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    *(["whitenoise.middleware.WhiteNoiseMiddleware", "django.middleware.gzip.GZipMiddleware"] if THEMED else []),
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
# without DEBUG Django keeps compiled templates in memory
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "portal",
        "USER": "portal",
        "HOST": os.environ["RIVAL_HOST"],
        "PORT": os.environ["RIVAL_PORT"],
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,  # the portal's pool checks its connections too
        "OPTIONS": {"options": "-c search_path=django,public"},
    }
}
# like the portal's: the session is in the cookie, the user is read at every request
SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
LANGUAGE_CODE = "ru"
TIME_ZONE = "Europe/Samara"
STATIC_URL = "static/"
STATIC_ROOT = Path(os.environ.get("BENCHMARK_DIR") or tempfile.gettempdir()) / "kadry-benchmarks-static"
if THEMED:
    WHITENOISE_MAX_AGE = 31536000
    STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }
    UNFOLD = {
        "SITE_TITLE": "Кадры в образовании",
        "SITE_HEADER": "Кадры в образовании",
        # Ctrl K finds records by their ``search_fields``, as the portal's search does
        "COMMAND": {"search_models": True, "show_history": True},
        "SIDEBAR": {"show_search": True, "command_search": True},
    }
