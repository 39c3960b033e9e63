"""Every setting of Tieout, in reading order.

An installation is given the first ones by its environment, or does not start. What runs for this
machine alone (`manage.py demo`, `manage.py runserver`, tests; config/local.py) needs none.
"""

from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

from config import browser, company, env, local, logs, safety

BASE_DIR = Path(__file__).resolve().parent.parent
LOCAL_DIR = BASE_DIR / ".local"

# --- Safety -----------------------------------------------------------------------------------
LOCAL = env.flag(local.MARK, env.flag("DEBUG"))
DEBUG = env.flag("DEBUG", LOCAL)
SECRET_KEY = env.text("SECRET_KEY", safety.UNSAFE_SECRET_KEY if LOCAL else "")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]" if LOCAL else "")
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")
# Keys that seal tokens, newest first.
TOKEN_KEYS = env.words("TOKEN_KEYS")
# Keys that seal kept files, newest first.
FILE_KEYS = env.words("FILE_KEYS")
# Keys of the audit trail, newest first, which belong in no database. A key stays here as long as what was
# sealed with it is to be verified.
TRAIL_KEYS = env.words("TRAIL_KEYS")
SITE_URL = env.text("SITE_URL", "http://127.0.0.1:8000" if LOCAL else "")
# Proxies whose word on who asked is believed: addresses, networks, and "socket" for one that asks over a
# socket of this host.
TRUSTED_PROXIES = env.words("TRUSTED_PROXIES")
# The mail server. Reset links and invitations go by it, so it is part of what has to be safe.
MAIL, MAIL_PROBLEMS = safety.mail_from_environment(LOCAL)
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "tieout@localhost" if LOCAL else "")
if LOCAL:
    safety.demand_this_machine(ALLOWED_HOSTS, SITE_URL, MAIL_PROBLEMS)
    TOKEN_KEYS = TOKEN_KEYS or [safety.derived(SECRET_KEY)]
    FILE_KEYS = FILE_KEYS or [safety.derived("files " + SECRET_KEY)]
    TRAIL_KEYS = TRAIL_KEYS or [safety.derived("trail " + SECRET_KEY)]
else:
    safety.refuse_debug_of_an_installation(DEBUG)
    safety.demand_all_of_an_installation(
        safety.Given(
            secret_key=SECRET_KEY,
            token_keys=TOKEN_KEYS,
            file_keys=FILE_KEYS,
            trail_keys=TRAIL_KEYS,
            allowed_hosts=ALLOWED_HOSTS,
            site_url=SITE_URL,
            mail_backend=MAIL.get("EMAIL_BACKEND", ""),
            mail_problems=MAIL_PROBLEMS,
            sender=DEFAULT_FROM_EMAIL,
            trusted_proxies=TRUSTED_PROXIES,
        )
    )

# --- What is installed ------------------------------------------------------------------------
# "plain" is Django's own admin: the screens stand on apps/backoffice/frame/screens.py alone.
ADMIN_THEME = env.one_of("TIEOUT_ADMIN_THEME", ("unfold", "plain"))
THEME_PARTS = ("filters", "forms", "import_export", "simple_history")
THEME_APPS = ["unfold", *(f"unfold.contrib.{each}" for each in THEME_PARTS)]
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
    "allauth.usersessions",
    "allauth.socialaccount",
    "import_export",
    "simple_history",
    "django_q",
    "csp",
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
    "apps.core.whence.believe_trusted_proxies",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "apps.core.kept_nowhere.keep_pages_nowhere",
    "apps.triggers.api.door.ApiDoor",
    "apps.backoffice.frame.middleware.refuse_odd_requests",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "apps.backoffice.frame.watching.Watch",
    "apps.staff.entrance.sessions.EndSessions",
    "apps.staff.entrance.doors.AskForFactor",
    "apps.staff.entrance.company.only.CompanyDoors",
    "apps.backoffice.frame.middleware.RefuseNulTyped",
    "apps.staff.entrance.kept_forms.KeepForms",
    "apps.staff.entrance.fresh.AskFresh",
    "apps.backoffice.frame.middleware.sign_changes",
    "apps.backoffice.frame.middleware.forget_company",
    "simple_history.middleware.HistoryRequestMiddleware",
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

# An invoice of 300 lines is saved from a form of some 2,500 fields.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000

# What all processes count together: tries to sign in. What one process keeps for itself is the other.
CACHES: dict[str, Any] = {
    "default": {"BACKEND": "apps.core.text_cache.TextCache", "LOCATION": "shared_cache"},
    "process": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
}
if SANDBOX_DATABASE:
    CACHES = {"default": CACHES["process"]}

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# A reason is kept whole: by default the history would hold a hundred characters of it.
SIMPLE_HISTORY_HISTORY_CHANGE_REASON_USE_TEXT_FIELD = True

# --- People -----------------------------------------------------------------------------------
AUTH_USER_MODEL = "staff.User"
if SANDBOX_DATABASE:
    AUTH_USER_MODEL = "auth.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["email", "name"]},
    },
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "apps.staff.entrance.passwords.HardToGuess"},
    {"NAME": "apps.billing.rules.passwords.NoCompanysName"},
]
ACCOUNT_ADAPTER = "apps.staff.entrance.accounts.StaffEntrance"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
# One address each: a new one proves itself by a link, and takes the place of the former.
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = "Tieout: "
ACCOUNT_FORMS = {
    "login": "apps.staff.entrance.forms.SignInForm",
    "add_email": "apps.staff.entrance.forms.NewAddressForm",
    "reset_password": "apps.staff.entrance.forms.AskForLink",
}
# Nobody is sent mail because a stranger typed their address.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_RATE_LIMITS = {
    # Each address may try so often; an account by each known device or address; and an account from
    # all other devices together, slowly.
    "login": "30/m/ip",
    "login_failed": "20/m/ip,5/5m/key",
    "login_failed_unknown_devices": "30/h/key,100/d/key",
    "reset_password": "20/h/ip,5/h/key",
}
# Devices on which somebody signed in are known for so many seconds.
DEVICE_COOKIE_AGE = 180 * 24 * 3600
OIDC = company.from_environment(local=LOCAL)  # the company's own sign-in, or None
SOCIALACCOUNT_STORE_TOKENS = False
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "admin:index"
LOGOUT_REDIRECT_URL = "account_login"

# --- What a browser is told -------------------------------------------------------------------
# A name with this beginning is taken by a browser from https alone, for one host and the whole of it.
COOKIE_PREFIX = "" if LOCAL else "__Host-"
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}sessionid"
SESSION_COOKIE_SECURE = not LOCAL
SESSION_COOKIE_HTTPONLY = True
SESSION_SERIALIZER = "apps.staff.entrance.sealed_sessions.Sealed"
# Not Strict: a person comes back from the consent page of an accounting system signed in.
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}csrftoken"
CSRF_COOKIE_SECURE = not LOCAL
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
MESSAGE_STORAGE = "apps.core.kept_nowhere.Messages"

SECURE_SSL_REDIRECT = not LOCAL
# A monitor asks inside the network, and a program that sends its key in clear is refused, not led on.
SECURE_REDIRECT_EXEMPT = [r"^health/$", r"^api/"]
# Believed of TRUSTED_PROXIES alone.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 0 if LOCAL else 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = not LOCAL
# To be put on the browsers' own lists is for the owner of the domain to say, not for us.
SILENCED_SYSTEM_CHECKS = ["security.W021"]
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

CONTENT_SECURITY_POLICY = browser.policy(ADMIN_THEME)

# --- The second factor, and how long a session lasts -----------------------------------------
# A second factor of everybody who uses the back office, and a sign-in of a moment ago for what gives
# access. The demo and the tests do without.
SECOND_FACTOR = env.one_of("SECOND_FACTOR", ("required", "waived"))
if SECOND_FACTOR == "waived" and not LOCAL:
    raise ImproperlyConfigured(
        "SECOND_FACTOR is waived, which only a demo on one's own machine may be. Leave it out."
    )
ACCOUNT_SESSION_REMEMBER = True  # no box to tick: the limits below hold for all
USERSESSIONS_ADAPTER = "apps.staff.entrance.sessions.OwnSessions"
MFA_ADAPTER = "apps.staff.entrance.factors.SealedFactors"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Tieout"
# A code of the app holds for its own half minute: allauth remembers a used one no longer.
MFA_TOTP_TOLERANCE = 0
# An address that waits for its link keeps nobody from adding a factor.
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_FORMS = {
    "authenticate": "apps.staff.entrance.factors.CodeForm",
    "reauthenticate": "apps.staff.entrance.factors.CodeAgainForm",
    "add_webauthn": "apps.staff.entrance.forms.NewPasskeyForm",
}
# In seconds: a session ends after so long without a request, and after so long in any case; a
# sign-in is fresh for so long.
SESSION_IDLE = env.seconds("SESSION_IDLE", 30 * 60)
SESSION_LONGEST = env.seconds("SESSION_LONGEST", 12 * 3600)
SESSION_COOKIE_AGE = int(SESSION_LONGEST)
FRESH_SIGN_IN = env.seconds("FRESH_SIGN_IN", 5 * 60)
ACCOUNT_REAUTHENTICATION_TIMEOUT = int(FRESH_SIGN_IN)

# --- Words and files --------------------------------------------------------------------------
LANGUAGE_CODE = "en-gb"
FORMAT_MODULE_PATH = ["config.formats"]
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
STATIC_URL = "static/"
STATIC_ROOT = env.text("STATIC_ROOT", str(BASE_DIR / "staticfiles"))

# --- Files and mail that people get -----------------------------------------------------------
# What is made for people to download: never served by an address of its own. A folder that every
# web and worker process sees.
PRIVATE_FILES_DIR = env.text("PRIVATE_FILES_DIR", str(LOCAL_DIR / "files"))
# A file goes as an attachment up to so many bytes, above that as a link that needs signing in.
ATTACHMENT_LIMIT = env.whole("ATTACHMENT_LIMIT", 5_000_000)
EMAIL_BACKEND = MAIL["EMAIL_BACKEND"]
EMAIL_HOST = MAIL.get("EMAIL_HOST", "localhost")
EMAIL_PORT = MAIL.get("EMAIL_PORT", 25)
EMAIL_HOST_USER = MAIL.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = MAIL.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = MAIL.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = MAIL.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = env.seconds("EMAIL_TIMEOUT", 20)
SERVER_EMAIL = DEFAULT_FROM_EMAIL
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
    # It writes how it is doing there several times a second, and nobody else reads it.
    "cache": "process",
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
# Of the public internet: names, or all below one (`.example.com`); empty: any.
PUBLIC_RECEIVERS = env.words("PUBLIC_RECEIVERS")

# --- Logs: one line an event, no token and no customer's data ----------------------------------
LOGGING = logs.to_the_console(LOCAL, env.text("LOG_LEVEL", "INFO"))
