"""Every setting of Tieout, in reading order. It starts with none given: SQLite, debug, sandbox."""

import base64
import hashlib
from pathlib import Path
from typing import Any

import environ

from config import env

BASE_DIR = Path(__file__).resolve().parent.parent
LOCAL_DIR = BASE_DIR / ".local"

# --- Safety -----------------------------------------------------------------------------------
DEBUG = env.flag("DEBUG", True)
UNSAFE_SECRET_KEY = "not-a-secret-only-for-local-use-replace-in-production"
SECRET_KEY = env.text("SECRET_KEY", UNSAFE_SECRET_KEY)
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")
# Keys that seal tokens, newest first; with none given, one derived from SECRET_KEY (local use only).
TOKEN_KEYS = env.words("TOKEN_KEYS") or [
    base64.urlsafe_b64encode(hashlib.sha256(SECRET_KEY.encode()).digest()).decode()
]
# Keys of the audit trail, newest first, which belong in no database; with none given, one derived from
# SECRET_KEY (local use only). A key stays here as long as what was sealed with it is to be verified.
TRAIL_KEYS = env.words("TRAIL_KEYS") or [
    base64.urlsafe_b64encode(hashlib.sha256(b"trail " + SECRET_KEY.encode()).digest()).decode()
]
SITE_URL = env.text("SITE_URL", "http://127.0.0.1:8000")
# Proxies whose word on who asked is believed: addresses, networks, and "socket" for one that asks over a
# socket of this host.
TRUSTED_PROXIES = env.words("TRUSTED_PROXIES")

# --- What is installed ------------------------------------------------------------------------
# "plain" is Django's own admin: the screens stand on apps/backoffice/frame/screens.py alone.
ADMIN_THEME = env.one_of("TIEOUT_ADMIN_THEME", ("unfold", "plain"))
THEME_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.import_export",
    "unfold.contrib.simple_history",
]
INSTALLED_APPS = [
    *(THEME_APPS if ADMIN_THEME == "unfold" else []),
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "import_export",
    "simple_history",
    "django_q",
    "apps.staff",
    "apps.billing",
    "apps.connections",
    "apps.mappings",
    "apps.webhooks",
    "apps.sync",
    "apps.reconciliation",
    "apps.exchange",
    "apps.triggers",
    "apps.trail",
    "apps.alerts",
    "apps.backoffice",
    "apps.demo",
]

MIDDLEWARE = [
    "apps.triggers.api.door.ApiDoor",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "apps.backoffice.frame.middleware.sign_changes",
    "apps.backoffice.frame.middleware.forget_company",
    "simple_history.middleware.HistoryRequestMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # What only one theme needs lies in a folder named after it.
        "DIRS": [BASE_DIR / "templates", BASE_DIR / "templates" / f"theme_{ADMIN_THEME}"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.debug",
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- Databases --------------------------------------------------------------------------------
SQLITE_OPTIONS: dict[str, Any] = {
    # Readers never block the writer (WAL), a transaction takes the write lock when it begins
    # (IMMEDIATE: no deadlock between two that read first), and waits up to 20 s for it. FULL: what
    # was committed survives a power cut, since what was said to a ledger cannot be unsaid.
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
}


# What was said to a simulated ledger survives the end of its process, and no power cut: it is no
# ledger of anybody's, and waiting for the disk is most of what a write there takes.
SANDBOX_OPTIONS = {
    **SQLITE_OPTIONS,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
}


def sqlite(path: str, options: dict[str, Any] = SQLITE_OPTIONS) -> dict[str, Any]:
    name = Path(path) if Path(path).is_absolute() else BASE_DIR / path
    name.parent.mkdir(parents=True, exist_ok=True)
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(name), "OPTIONS": options}


DATABASE_URL = env.text("DATABASE_URL")
if DATABASE_URL and not DATABASE_URL.startswith("sqlite"):
    # CONN_MAX_AGE and no pool: a pool is inherited across the workers' fork and breaks.
    DATABASES: dict[str, Any] = {
        "default": {**environ.Env.db_url_config(DATABASE_URL), "CONN_MAX_AGE": 60}
    }
else:
    # Kept open, too: whoever closes a file last writes its log back into it, at every request.
    DATABASES = {
        "default": {
            **sqlite(DATABASE_URL.removeprefix("sqlite:///") or ".local/tieout.sqlite3"),
            "CONN_MAX_AGE": 60,
        }
    }

SANDBOX_DATABASE = env.text("TIEOUT_SANDBOX_DATABASE")
if SANDBOX_DATABASE:
    INSTALLED_APPS = ["apps.sandbox"]
    MIDDLEWARE = []
    ROOT_URLCONF = "config.sandbox_urls"
    TEMPLATES[0]["OPTIONS"] = {}  # nobody signs in there
    # The product's database is not even configured in a process that serves the simulated ledgers.
    DATABASES = {
        "default": {"ENGINE": "django.db.backends.dummy"},
        "sandbox": sqlite(SANDBOX_DATABASE, SANDBOX_OPTIONS),
    }
    # A thread serves one kept-alive connection of a caller and keeps its own to the file as long.
    DATABASES["sandbox"]["CONN_MAX_AGE"] = None
    DATABASE_ROUTERS = ["apps.sandbox.router.SandboxRouter"]
    # The largest that a ledger takes in one request; smaller limits are each ledger's own.
    DATA_UPLOAD_MAX_MEMORY_SIZE = 100 * 2**20

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# A reason is kept whole: by default the history would hold a hundred characters of it.
SIMPLE_HISTORY_HISTORY_CHANGE_REASON_USE_TEXT_FIELD = True

# --- People -----------------------------------------------------------------------------------
AUTH_USER_MODEL = "staff.User"
if SANDBOX_DATABASE:
    AUTH_USER_MODEL = "auth.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_ADAPTER = "apps.staff.adapter.ClosedSignUp"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "admin:index"
LOGOUT_REDIRECT_URL = "account_login"
SESSION_COOKIE_SECURE = not DEBUG
CSRF_COOKIE_SECURE = not DEBUG
SESSION_COOKIE_HTTPONLY = True

# --- Words and files --------------------------------------------------------------------------
LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"

# --- Files and mail that people get -----------------------------------------------------------
# What is made for people to download: never served by an address of its own. A folder that every
# web and worker process sees.
PRIVATE_FILES_DIR = env.text("PRIVATE_FILES_DIR", str(LOCAL_DIR / "files"))
# Keys that seal them, newest first; with none given, one derived from SECRET_KEY (local use only).
FILE_KEYS = env.words("FILE_KEYS") or [
    base64.urlsafe_b64encode(hashlib.sha256(b"files " + SECRET_KEY.encode()).digest()).decode()
]
# A file goes as an attachment up to so many bytes, above that as a link that needs signing in.
ATTACHMENT_LIMIT = env.whole("ATTACHMENT_LIMIT", 5_000_000)
EMAIL_BACKEND = env.text("EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend")
EMAIL_HOST = env.text("EMAIL_HOST", "localhost")
EMAIL_PORT = env.whole("EMAIL_PORT", 25)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = env.flag("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = env.seconds("EMAIL_TIMEOUT", 20)
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "tieout@localhost")
# Told of silence (no worker, a queue that is behind) beside whoever the rules name.
ALERT_OPERATORS = env.words("ALERT_OPERATORS")
# Called by `manage.py watch` while all is well: whoever hears nothing for long raises the alarm.
WATCH_PING_URL = env.text("WATCH_PING_URL")

# --- The API ----------------------------------------------------------------------------------
# Requests a minute for each key, over all processes; 0: no limit.
API_CALLS_PER_MINUTE = env.whole("API_CALLS_PER_MINUTE", 600)

# --- The screens ------------------------------------------------------------------------------
UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Tieout",
    "SITE_HEADER": "Tieout",
    "SITE_SUBHEADER": "Invoices and books that agree",
    "SITE_SYMBOL": "balance",
    "SITE_URL": "",
    "SHOW_VIEW_ON_SITE": False,
    "SIDEBAR": {"show_search": False, "navigation": "apps.backoffice.frame.navigation.sidebar"},
    "COLORS": {"primary": "apps.backoffice.frame.navigation.colours"},
    "STYLES": ["apps.backoffice.frame.navigation.stylesheet"],
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": "apps.backoffice.frame.navigation.favicon"}
    ],
}

# --- The engine's times, in seconds -----------------------------------------------------------
SYNC_CALL_DEADLINE = env.seconds("SYNC_CALL_DEADLINE", 60)  # one call, connect to last byte
SYNC_LEASE = env.seconds("SYNC_LEASE", 90)  # renewed before each call, outlasts its deadline
SYNC_TASK_BUDGET = env.seconds("SYNC_TASK_BUDGET", 45)  # a task begins nothing after this
SYNC_TICK = env.seconds("SYNC_TICK", 60)  # heals a lost wake
SYNC_PROVIDER_TIMEOUT = env.seconds(
    "SYNC_PROVIDER_TIMEOUT", 120
)  # after it, "not found" is believed
SYNC_KEY_LIFE = env.seconds("SYNC_KEY_LIFE", 24 * 3600)  # a key whose life is not published
SYNC_CURSOR_OVERLAP = env.seconds(
    "SYNC_CURSOR_OVERLAP", 300
)  # the change feed is read again this far back
SYNC_RETRY_BASE = env.seconds("SYNC_RETRY_BASE", 30)  # first wait after a failure, then doubled
SYNC_PULL_EVERY = env.seconds("SYNC_PULL_EVERY", 900)  # reads cost money: how old a cursor may get
SYNC_REFRESH_LEASE = env.seconds("SYNC_REFRESH_LEASE", 30)
# What was last sent to each set of books, kept outside the database, so that one restored from an
# older copy is noticed. A folder of this host; empty: only in the memory of each process.
SYNC_WITNESS_DIR = env.text("SYNC_WITNESS_DIR", str(LOCAL_DIR / "witness"))

# The heads of the audit trail as this host saw them, outside the database; empty: none are kept.
TRAIL_HEADS_DIR = env.text("TRAIL_HEADS_DIR", str(LOCAL_DIR / "trail"))
# Whether the database itself refuses to alter or delete what is written once (triggers, made by
# migrate). Off where its role may not make any; then use the SQL of docs/decisions/0064.
TRAIL_TRIGGERS = env.flag("TRAIL_TRIGGERS", True)

Q_CLUSTER = {
    "name": "tieout",
    "orm": "default",
    "workers": env.whole("Q_WORKERS", 2),
    "queue_limit": env.whole("Q_WORKERS", 2),
    "timeout": 180,
    "retry": 360,
    "max_attempts": 1,
    "ack_failures": True,
    "catch_up": False,
    "save_limit": 250,
    "poll": 0.2,
    "recycle": 500,
    "label": "Task queue",
}

# --- The ledgers ------------------------------------------------------------------------------
# Our registrations with accounting systems, found by their names: <SYSTEM>_CLIENT_ID and
# <SYSTEM>_CLIENT_SECRET for the real books, <SYSTEM>_<ENVIRONMENT>_CLIENT_ID … for any other
# environment of theirs. Where they are reached stands with each connector.
LEDGER_CLIENTS = env.ending("_CLIENT_ID", "_CLIENT_SECRET")
# What of a limit holds for us where that is another amount than the system publishes (a tier that was
# paid for): <SYSTEM>_<NAME>_LIMIT, <SYSTEM>_<ENVIRONMENT>_<NAME>_LIMIT.
LEDGER_LIMITS = env.ending("_LIMIT")
# What signs the deliveries of each system, found by the same rule: <SYSTEM>_WEBHOOK_KEY; several,
# separated by commas, while one follows another. Without one its address is not there.
WEBHOOK_KEYS = env.ending("_WEBHOOK_KEY")
WEBHOOK_KEEP_DAYS = env.whole("WEBHOOK_KEEP_DAYS", 30)  # deliveries, and what was told by them
# Our own simulated servers (manage.py runsandbox); empty: they are not offered.
SIMULATED_LEDGERS_URL = env.text("SIMULATED_LEDGERS_URL").rstrip("/")
# Whether calls to them are paced by the limits of the real ones, which they keep when told to.
SIMULATED_LIMITS = env.flag("SIMULATED_LIMITS", True)
# Folders that books kept in files may be connected to: name=path, separated by commas.
LEDGER_FOLDERS = env.named("LEDGER_FOLDERS")
# What of the own network events and alerts may be sent to: a name, an address or a network, each with
# a port where it is none of 443, 80 and 8443. Such may be plain http.
RECEIVERS_IN_OWN_NETWORK = env.words("RECEIVERS_IN_OWN_NETWORK")

# --- Logs: one line an event, no token and no customer's data ----------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "INFO")},
}
