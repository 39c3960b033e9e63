"""Who may sign in."""

from typing import Any, ClassVar, NoReturn

from django.contrib.auth.models import (
    AbstractBaseUser,
    BaseUserManager,
    Group,
    Permission,
    PermissionsMixin,
)
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.functional import cached_property

from apps.core.kept import KeptHistory
from apps.staff.acts import acts_of
from apps.staff.roles import RoleName, in_both_hands

KEPT = "History names this person, so they are made inactive, never deleted."
NO_SUPERUSERS = (
    "There are no superusers here: rights come by role. Use manage.py staff add EMAIL --role"
    " Administrator."
)
# Whoever holds these two gives access and works on the books.
GIVES, WORKS = "staff.change_user", "billing.change_invoice"
# What changes without anybody changing the person.
UNSEEN = frozenset({"last_login", "password"})


class UserQuerySet(models.QuerySet["User"]):
    def delete(self) -> NoReturn:
        raise ValidationError(KEPT)


class UserManager(BaseUserManager["User"]):
    def get_queryset(self) -> UserQuerySet:
        return UserQuerySet(self.model, using=self._db)

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        if not email:
            raise ValueError("A user needs an e-mail address.")
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, *args: Any, **fields: Any) -> NoReturn:
        raise ValidationError(NO_SUPERUSERS)


class WithRoles(models.Model):
    """A row of a person's history holds their roles as they were, by name."""

    told_beside: ClassVar[tuple[str, ...]] = ("roles_then",)
    roles_then = models.CharField("roles", max_length=120, blank=True)

    class Meta:
        abstract = True

    def save(self, *args: Any, **options: Any) -> None:
        if self._state.adding:
            self.roles_then = roles_in_words(self.id)  # type: ignore[attr-defined] # the person's
        super().save(*args, **options)


def roles_in_words(user_id: int) -> str:
    names = Group.objects.filter(user=user_id).order_by("name").values_list("name", flat=True)
    return ", ".join(names)


class User(AbstractBaseUser, PermissionsMixin):
    """A member of staff, who signs in with an e-mail address.

    Rights come by role alone: Django's flag that passes everything is no column of this table.
    """

    email = models.EmailField("e-mail address", unique=True)
    name = models.CharField(max_length=120, blank=True)
    is_active = models.BooleanField("active", default=True)
    is_staff = models.BooleanField("may use the back office", default=True)
    # False: the companies of their rows `billing.CompanyMember`, and none without.
    every_company = models.BooleanField(
        "sees every company",
        default=False,
        help_text="Also those that are added later. Otherwise the companies chosen below.",
    )
    # Of an Auditor, and of nobody else: whoever has one only looks.
    last_day = models.DateField(
        "last day",
        null=True,
        blank=True,
        help_text="Of an Auditor: until the end of that day, UTC. Empty for everybody else.",
    )
    date_joined = models.DateTimeField(auto_now_add=True)

    history = KeptHistory(bases=(WithRoles,), excluded_fields=["password", "last_login"])
    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        ordering = ["email"]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def is_superuser(self) -> bool:  # type: ignore[override] # a column of Django's mixin
        return False

    def save(self, *args: Any, **options: Any) -> None:
        """Leaves a row of history where something that it tells has changed; a sign-in is none."""
        named = options.get("update_fields")
        unseen = named is not None and not {*named} - UNSEEN
        if unseen or (not self._state.adding and self._is_as_told()):
            self.skip_history_when_saving = True
            try:
                super().save(*args, **options)
            finally:
                del self.skip_history_when_saving
            return
        super().save(*args, **options)

    def _is_as_told(self) -> bool:
        last = self.history.order_by("-history_id").first()
        if last is None or last.roles_then != roles_in_words(self.pk):
            return False
        names = [each.attname for each in last.tracked_fields]
        return all(getattr(last, name) == getattr(self, name) for name in names)

    def delete(self, *args: Any, **options: Any) -> NoReturn:
        raise ValidationError(KEPT)

    # --- rights ---------------------------------------------------------------------------------

    def get_all_permissions(self, obj: Any = None) -> set[str]:
        """What this person may; without what was given for both hands, where one person must not
        have both: they look, and do nothing until their roles are parted. An Auditor looks, and takes
        away what they see, whatever else they were given, and after the last day not even that."""
        if self.access_is_over:
            return set()
        held = self._permissions_held if obj is None else set()
        looks = {each for each in held if each.split(".")[1].startswith("view_")}
        if self.last_day is not None:
            return looks | (held & acts_of(RoleName.AUDITOR))
        if GIVES in held and WORKS in held and self.must_part:
            return looks
        return held

    @cached_property
    def _permissions_held(self) -> set[str]:
        """Of their groups and their own, in one statement for each copy in memory."""
        if not self.is_active:
            return set()
        rows = Permission.objects.order_by().values_list("content_type__app_label", "codename")
        # A newer Django orders both together by the model's own order, unless told not to.
        held = rows.filter(user=self.pk).union(rows.filter(group__user=self.pk)).order_by()
        return {f"{label}.{codename}" for label, codename in held}

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        return self.is_active and perm in self.get_all_permissions(obj)

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_active and any(
            each.startswith(f"{app_label}.") for each in self.get_all_permissions()
        )

    @property
    def access_is_over(self) -> bool:
        """Whether the last day of an Auditor has passed, as UTC counts days."""
        return self.last_day is not None and self.last_day < timezone.now().date()

    @property
    def must_part(self) -> bool:
        """Whether they give access and work on the books, and no declaration stands that allows it.
        Asked once of each copy in memory, as permissions are."""
        if not hasattr(self, "_must_part"):
            self._must_part = in_both_hands(self.role_names) and not self.does_everything
        return self._must_part

    @property
    def is_to_part(self) -> bool:
        """`must_part`, by the permissions that are known already: whoever was not given those of both
        hands is not asked for their roles."""
        if self.last_day is not None:
            return self.must_part
        held = self._permissions_held
        return GIVES in held and WORKS in held and self.must_part

    @property
    def role_names(self) -> frozenset[RoleName]:
        known = {each.value for each in RoleName}
        names = self.groups.filter(name__in=known).values_list("name", flat=True)
        return frozenset(RoleName(name) for name in names)

    @property
    def does_everything(self) -> bool:
        """Whether they declared to be alone, and still are."""
        return (
            self.declarations.filter(ended_at=None).exists()
            and not User.objects.filter(
                is_active=True, is_staff=True, groups__name__in=BESIDE_NOBODY
            )
            .exclude(pk=self.pk)
            .exists()
        )

    def get_full_name(self) -> str:
        return self.name or self.email

    def get_short_name(self) -> str:
        return self.name.split(" ")[0] if self.name else self.email


# A second person with one of these ends a declaration: whoever only looks does not.
ONLY_LOOK = frozenset({RoleName.VIEWER, RoleName.AUDITOR})
BESIDE_NOBODY = tuple(each.value for each in RoleName if each not in ONLY_LOOK)
