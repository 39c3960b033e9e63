"""Found by Django's autodiscovery: registers every screen, in the order of the menu."""

from django.contrib import admin

from apps.backoffice.control import approvals as controls_admin
from apps.backoffice.control import staff as staff_admin
from apps.backoffice.documents import screens as documents_admin
from apps.backoffice.ledgers import connections as connections_admin
from apps.backoffice.ledgers import mapping_list as mappings_admin
from apps.backoffice.lists import customers as masters_admin
from apps.backoffice.lists import taxes as taxes_admin
from apps.backoffice.money import deposits as deposits_admin
from apps.backoffice.money import entries as entries_admin
from apps.backoffice.money import payments as money_admin
from apps.backoffice.worklist import decisions as decisions_admin
from apps.backoffice.worklist import questions as questions_admin
from apps.backoffice.worklist import queue as queue_admin
from apps.backoffice.worklist import sync_log as sync_admin
from apps.backoffice.worklist import traffic as traffic_admin

__all__ = [
    "connections_admin",
    "controls_admin",
    "decisions_admin",
    "deposits_admin",
    "documents_admin",
    "entries_admin",
    "mappings_admin",
    "masters_admin",
    "money_admin",
    "questions_admin",
    "queue_admin",
    "staff_admin",
    "sync_admin",
    "taxes_admin",
    "traffic_admin",
]

admin.site.site_header = "Tieout"
admin.site.site_title = "Tieout"
admin.site.index_title = "Today"
admin.site.index_template = "backoffice/worklist/first_page.html"
