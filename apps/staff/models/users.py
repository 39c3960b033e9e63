"""Who may sign in."""

from typing import Any, ClassVar, NoReturn

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models

KEPT = "History names this person, so they are made inactive, never deleted."


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

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        everything = {"is_staff": True, "is_superuser": True, "every_company": True}
        return self.create_user(email, password, **everything, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A member of staff, who signs in with an e-mail address."""

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
    date_joined = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        ordering = ["email"]

    def __str__(self) -> str:
        return self.name or self.email

    def delete(self, *args: Any, **options: Any) -> NoReturn:
        raise ValidationError(KEPT)

    def get_full_name(self) -> str:
        return self.name or self.email

    def get_short_name(self) -> str:
        return self.name.split(" ")[0] if self.name else self.email
