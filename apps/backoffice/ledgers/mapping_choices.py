"""What the mapping page offers: each thing of ours with the codes of theirs that fit."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.db.models import Q

from apps.billing.models import BankAccount, Item, PaymentMethod, PaymentTerm, Places, TaxRate
from apps.connections.models import Connection
from apps.connectors.port import CodeKind
from apps.mappings.doubts import Doubt, doubts
from apps.mappings.fit import KINDS, ROLES, Thing, unfit
from apps.mappings.models import THINGS, Mapping, RemoteCode
from apps.mappings.names import field_of, key_of_field
from apps.mappings.proposals import Proposal, propose
from apps.mappings.taxes import asks_for_tax_codes, said
from apps.sync.mapped.completeness import Lacking, completeness
from apps.sync.mapped.used_there import used_there

Subject = Mapping.Subject
ITEMS_SHOWN = 40
# Taken together by “Accept all”: what books sales and names terms. Tax, money and what closes a
# difference are each looked at by a person.
ACCEPTED_TOGETHER = (Subject.INCOME, Subject.ITEM_ACCOUNT, Subject.TERM, Subject.METHOD)


@dataclass(kw_only=True)
class Choice:
    """One line of the page: something of ours, and the codes of theirs that fit."""

    subject: str
    thing: Thing | None
    words: str
    note: str
    field: str
    codes: list[RemoteCode]
    chosen: RemoteCode | None
    proposal: Proposal | None
    lacking: Lacking | None
    doubt: Doubt | None
    needed: bool
    used: str = ""  # how often the proposal, or the choice, stands on their own invoices

    @property
    def proposed(self) -> RemoteCode | None:
        """What is proposed and not chosen."""
        return self.proposal.code if self.proposal and not self.chosen else None

    def options(self) -> list[tuple[RemoteCode, str]]:
        """Each code with what a person tells it by: its percentages, its currency."""
        return [(each, code_words(each)) for each in self.codes]


@dataclass(kw_only=True)
class Group:
    title: str
    note: str
    choices: list[Choice]
    searched: bool = False  # shows what was searched for


def code_words(code: RemoteCode) -> str:
    """“20.0% S (20 %)”, “Stripe clearing (EUR)”."""
    told = []
    if code.parts:
        told.append(said(part.percent for part in code.code_parts))
    if code.currency:
        told.append(code.currency)
    return f"{code} ({', '.join(told)})" if told else str(code)


class Page:
    """Everything the page shows, read in a handful of queries."""

    def __init__(self, connection: Connection, search: str, shown: str = "") -> None:
        self.connection = connection
        self.search = search
        self.shown = key_of_field(shown)  # the one choice that a link leads to
        self.company = connection.company_id
        rows = RemoteCode.objects.filter(connection=connection, active=True)
        self.codes = list(rows.order_by("kind", "number", "name"))
        mapped = Mapping.objects.filter(connection=connection).select_related("code", *THINGS)
        self.mapped = {(each.subject, _thing_id(each)): each.code for each in mapped}
        self.proposals = {(each.subject, _pk(each.thing)): each for each in propose(connection)}
        self.complete = completeness(connection)
        self.lacking = {each.key: each for each in self.complete.lacking}
        self.doubts = {each.key: each for each in doubts(connection)}
        self.used, self.looked_at = used_there(connection)

    def groups(self) -> list[Group]:
        """In the order in which a person decides; a group that does not arise is left out, and of a
        ledger without a chart of accounts whatever it has no list of."""
        groups = [
            self._sales(),
            self._items(),
            *([self._taxes()] if asks_for_tax_codes(self.connection) else []),
            self._payments(),
            self._banks(),
            self._roles(),
            self._terms(),
        ]
        if not self.connection.capabilities.accounts:
            there = {each.kind for each in self.codes} - {CodeKind.ACCOUNT}
            groups = [
                replace(
                    group,
                    choices=[each for each in group.choices if KINDS[each.subject] in there],
                    searched=False,
                )
                for group in groups
            ]
        return [each for each in groups if each.choices or each.searched]

    def _sales(self) -> Group:
        return Group(
            title="Sales",
            note="Every item is booked to this account unless it has one of its own below.",
            choices=[self._choice(Subject.INCOME, None, "Sales account by default", needed=True)],
        )

    def _items(self) -> Group:
        return Group(
            title="Items with an account of their own",
            note=f"Up to {ITEMS_SHOWN} are shown: search for others.",
            choices=[self._choice(Subject.ITEM_ACCOUNT, each, str(each)) for each in self.items()],
            searched=bool(self.search),
        )

    def _taxes(self) -> Group:
        connection = self.connection
        rates = TaxRate.objects.filter(self._in_use(Subject.TAX), company=self.company)
        choices = [
            self._choice(
                Subject.TAX,
                rate,
                str(rate),
                note=f"{rate.get_treatment_display()}, "
                f"{said(part.percent for part in rate.components.all())}",
            )
            for rate in rates.prefetch_related("components")
        ]
        if connection.tax_code_on_every_line or (Subject.NO_TAX, None) in self.mapped:
            none = self._choice(
                Subject.NO_TAX,
                None,
                "Lines without tax",
                note="Of lines that bear none of your tax rates: over there every line bears a code. "
                "A zero-rated, exempt or out-of-scope tax rate of yours has a row of its own.",
                needed=True,
            )
            choices.append(none)
        name = connection.system_name
        note = (
            f"{name} works the tax out itself: its code only says taxed or not. Tieout sends its "
            "own figure and compares."
            if connection.works_out_tax
            else f"Only codes for sales whose percentages agree are offered. Their {name} name "
            "may differ, the treatment must not."
        )
        return Group(title="Tax", note=note, choices=choices)

    def _payments(self) -> Group:
        asked = self._in_use(Subject.METHOD_ACCOUNT) | Q(
            places__in=self._keys(Subject.PLACE_ACCOUNT)
        )
        methods = PaymentMethod.objects.filter(asked, company=self.company).distinct()
        places = Places.of_company(self.company).of_method
        return Group(
            title="Payments",
            note=f"Where money lies in {self.connection.system_name}, and what the method is "
            "called there.",
            choices=[
                choice
                for method in methods
                for choice in (
                    self._choice(Subject.METHOD_ACCOUNT, method, f"{method}: account", needed=True),
                    *(
                        self._choice(Subject.PLACE_ACCOUNT, each, f"{each}: account", needed=True)
                        for each in reversed(places.get(method.pk, []))
                    ),
                    self._choice(Subject.METHOD, method, f"{method}: payment method"),
                )
            ],
        )

    def _banks(self) -> Group:
        accounts = BankAccount.objects.filter(
            self._in_use(Subject.BANK_ACCOUNT), company=self.company
        )
        return Group(
            title="Bank accounts",
            note="Where bank deposits arrive.",
            choices=[
                self._choice(Subject.BANK_ACCOUNT, each, f"{each} ({each.currency})")
                for each in accounts
            ],
        )

    def _roles(self) -> Group:
        return Group(
            title="Deductions, fees and retainers",
            note="Needed once you use them: an account each. A retainer lies on a liability.",
            choices=[
                self._choice(role, None, str(Subject(role).label), note=ROLES[role].words)
                for role in ROLES
            ],
        )

    def _terms(self) -> Group:
        terms = PaymentTerm.objects.filter(company=self.company, active=True)
        return Group(
            title="Payment terms",
            note="Optional: the due date is sent in any case.",
            choices=[self._choice(Subject.TERM, term, str(term)) for term in terms],
        )

    def items(self) -> Iterable[Item]:
        """What was searched for; else what has an account of its own, or lacks one."""
        rows = Item.objects.filter(company=self.company)
        if self.search:
            wanted = Q(code__icontains=self.search) | Q(name__icontains=self.search)
            return rows.filter(wanted, active=True)[:ITEMS_SHOWN]
        known = [
            *([self.shown] if self.shown else []),
            *self.lacking,
            *self.mapped,
            *self.proposals,
        ]
        keys = [key for subject, key in dict.fromkeys(known)
                if subject == Subject.ITEM_ACCOUNT and key]  # fmt: skip
        return rows.filter(pk__in=keys[:ITEMS_SHOWN])

    def _in_use(self, subject: str) -> Q:
        """Active, or asked for by something that waits."""
        return Q(active=True) | Q(pk__in=self._keys(subject))

    def _keys(self, subject: str) -> list[int]:
        known = [*self.lacking, *([self.shown] if self.shown else [])]
        return [key for about, key in known if about == subject and key]

    def _choice(
        self,
        subject: str,
        thing: Thing | None,
        words: str,
        note: str = "",
        needed: bool = False,
    ) -> Choice:
        key = (subject, _pk(thing))
        chosen = self.mapped.get(key)
        proposal = self.proposals.get(key)
        return Choice(
            subject=subject,
            thing=thing,
            words=words,
            note=note,
            field=field_of(subject, _pk(thing)),
            codes=[
                each for each in self.codes if each == chosen or self._fits(each, subject, thing)
            ],
            chosen=chosen,
            proposal=proposal,
            lacking=self.lacking.get(key),
            doubt=self.doubts.get(key),
            needed=needed,
            used=self._used(chosen or (proposal.code if proposal else None)),
        )

    def _used(self, code: RemoteCode | None) -> str:
        """“Used on 41 of their last 60 invoices.”; "" where theirs do not tell."""
        count = self.used[code.kind, code.remote_id] if code is not None else 0
        if not count:
            return ""
        return f"Used on {count} of the last {self.looked_at} invoices there."

    def _fits(self, code: RemoteCode, subject: str, thing: Thing | None) -> bool:
        return code.kind == KINDS[subject] and not unfit(self.connection, subject, code, thing)


def _pk(thing: Thing | None) -> int | None:
    return thing.pk if thing is not None else None


def _thing_id(mapping: Mapping) -> int | None:
    return mapping.thing.pk if mapping.thing else None
