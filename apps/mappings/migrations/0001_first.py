
import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('billing', '0001_first'),
        ('connections', '0001_first'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='RemoteCode',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=20)),
                ('remote_id', models.CharField(max_length=60)),
                ('name', models.CharField(max_length=200)),
                ('number', models.CharField(blank=True, max_length=40)),
                ('currency', models.CharField(blank=True, max_length=3)),
                ('roles', models.JSONField(default=list)),
                ('parts', models.JSONField(default=list)),
                ('detail', models.JSONField(default=dict)),
                ('active', models.BooleanField(default=True)),
                ('read_at', models.DateTimeField()),
                ('connection', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='codes', to='connections.connection')),
            ],
            options={
                'ordering': ['kind', 'number', 'name'],
                'constraints': [
                    models.UniqueConstraint(fields=('connection', 'kind', 'remote_id'), name='remote_code_once'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Mapping',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('subject', models.CharField(choices=[('income', 'Sales account by default'), ('item_account', 'Sales account of an item'), ('method_account', 'Account that a payment method posts to'), ('place_account', 'Account that a payment method posts to from a day on'), ('method', 'Payment method'), ('term', 'Payment terms'), ('tax', 'Tax rate'), ('no_tax', 'Lines without tax'), ('bank_account', 'Bank account'), ('bank_charge', 'Bank charges and fees'), ('early_discount', 'Early-payment discounts'), ('tax_withheld', 'Tax withheld'), ('small_difference', 'Small differences'), ('bad_debt', 'Bad debts'), ('input_tax', 'Tax on fees, to be taken back'), ('retainer', 'Retainers and prepayments')], max_length=20)),
                ('changed_at', models.DateTimeField(auto_now=True)),
                ('bank_account', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='billing.bankaccount')),
                ('changed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('connection', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='mappings', to='connections.connection')),
                ('item', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='billing.item')),
                ('method_place', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='billing.paymentmethodplace')),
                ('payment_method', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='billing.paymentmethod')),
                ('payment_term', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='billing.paymentterm')),
                ('tax_rate', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='billing.taxrate')),
                ('code', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='mappings', to='mappings.remotecode')),
                ('first_code', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='mappings.remotecode')),
            ],
            options={
                'ordering': ['connection', 'subject', 'id'],
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('bank_account', None), ('item', None), ('method_place', None), ('payment_method', None), ('payment_term', None), ('tax_rate', None)), fields=('connection', 'subject'), name='one_mapping_per_role'),
                    models.UniqueConstraint(condition=models.Q(('item__isnull', False)), fields=('connection', 'subject', 'item'), name='one_mapping_per_item'),
                    models.UniqueConstraint(condition=models.Q(('payment_method__isnull', False)), fields=('connection', 'subject', 'payment_method'), name='one_mapping_per_payment_method'),
                    models.UniqueConstraint(condition=models.Q(('method_place__isnull', False)), fields=('connection', 'subject', 'method_place'), name='one_mapping_per_method_place'),
                    models.UniqueConstraint(condition=models.Q(('payment_term__isnull', False)), fields=('connection', 'subject', 'payment_term'), name='one_mapping_per_payment_term'),
                    models.UniqueConstraint(condition=models.Q(('tax_rate__isnull', False)), fields=('connection', 'subject', 'tax_rate'), name='one_mapping_per_tax_rate'),
                    models.UniqueConstraint(condition=models.Q(('bank_account__isnull', False)), fields=('connection', 'subject', 'bank_account'), name='one_mapping_per_bank_account'),
                    models.CheckConstraint(condition=models.Q(models.Q(models.Q(('subject__in', ['item_account', 'method', 'method_account', 'place_account', 'term', 'tax', 'bank_account']), _negated=True), ('bank_account', None), ('item', None), ('method_place', None), ('payment_method', None), ('payment_term', None), ('tax_rate', None)), models.Q(('bank_account', None), ('item__isnull', False), ('method_place', None), ('payment_method', None), ('payment_term', None), ('subject__in', ('item_account',)), ('tax_rate', None)), models.Q(('bank_account', None), ('item', None), ('method_place', None), ('payment_method__isnull', False), ('payment_term', None), ('subject__in', ('method', 'method_account')), ('tax_rate', None)), models.Q(('bank_account', None), ('item', None), ('method_place__isnull', False), ('payment_method', None), ('payment_term', None), ('subject__in', ('place_account',)), ('tax_rate', None)), models.Q(('bank_account', None), ('item', None), ('method_place', None), ('payment_method', None), ('payment_term__isnull', False), ('subject__in', ('term',)), ('tax_rate', None)), models.Q(('bank_account', None), ('item', None), ('method_place', None), ('payment_method', None), ('payment_term', None), ('subject__in', ('tax',)), ('tax_rate__isnull', False)), models.Q(('bank_account__isnull', False), ('item', None), ('method_place', None), ('payment_method', None), ('payment_term', None), ('subject__in', ('bank_account',)), ('tax_rate', None)), _connector='OR'), name='mapping_has_its_subject'),
                ],
            },
        ),
        migrations.CreateModel(
            name='HistoricalMapping',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('subject', models.CharField(choices=[('income', 'Sales account by default'), ('item_account', 'Sales account of an item'), ('method_account', 'Account that a payment method posts to'), ('place_account', 'Account that a payment method posts to from a day on'), ('method', 'Payment method'), ('term', 'Payment terms'), ('tax', 'Tax rate'), ('no_tax', 'Lines without tax'), ('bank_account', 'Bank account'), ('bank_charge', 'Bank charges and fees'), ('early_discount', 'Early-payment discounts'), ('tax_withheld', 'Tax withheld'), ('small_difference', 'Small differences'), ('bad_debt', 'Bad debts'), ('input_tax', 'Tax on fees, to be taken back'), ('retainer', 'Retainers and prepayments')], max_length=20)),
                ('changed_at', models.DateTimeField(blank=True, editable=False)),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.CharField(max_length=100, null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('bank_account', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='billing.bankaccount')),
                ('changed_by', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('connection', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='connections.connection')),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('item', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='billing.item')),
                ('method_place', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='billing.paymentmethodplace')),
                ('payment_method', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='billing.paymentmethod')),
                ('payment_term', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='billing.paymentterm')),
                ('tax_rate', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='billing.taxrate')),
                ('code', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='mappings.remotecode')),
                ('first_code', models.ForeignKey(blank=True, db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='mappings.remotecode')),
            ],
            options={
                'verbose_name': 'historical mapping',
                'verbose_name_plural': 'historical mappings',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
    ]
