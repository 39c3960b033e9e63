"""What is overdue: a question of each company's own calendar day."""

from django.db.models import Q

from apps.billing.models import Company


def overdue() -> Q:
    """Invoices with money still due after their due date, each by its own company's day."""
    late = Q(pk__in=[])
    for company in Company.objects.all():
        late |= Q(company=company, due_date__lt=company.today())
    return late & Q(status="issued", balance_due__gt=0)
