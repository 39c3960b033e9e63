
import apps.connectors.registry
import django.db.models.deletion
import simple_history.models
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('billing', '0001_first'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Bucket',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('owner', models.CharField(max_length=255, unique=True)),
                ('spent', models.JSONField(default=dict)),
                ('version', models.PositiveBigIntegerField(default=0)),
                ('held_until', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Connection',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('system', models.CharField(choices=apps.connectors.registry.choices, editable=False, max_length=40)),
                ('environment', models.CharField(editable=False, max_length=20)),
                ('remote_company_id', models.CharField(editable=False, max_length=80, verbose_name='company id over there')),
                ('name', models.CharField(editable=False, max_length=200, verbose_name='books')),
                ('country', models.CharField(blank=True, editable=False, max_length=3)),
                ('home_currency', models.CharField(editable=False, max_length=3)),
                ('tax_regime', models.CharField(blank=True, editable=False, max_length=20)),
                ('tax_code_on_every_line', models.BooleanField(default=False, editable=False)),
                ('works_out_tax', models.BooleanField(default=False, editable=False)),
                ('multi_currency', models.BooleanField(default=False, editable=False)),
                ('remote_closing_date', models.DateField(blank=True, editable=False, null=True)),
                ('warnings', models.JSONField(default=list, editable=False)),
                ('stage', models.CharField(choices=[('setup', 'Being set up'), ('live', 'Live'), ('paused', 'Paused'), ('disconnected', 'Disconnected')], default='setup', editable=False, max_length=12)),
                ('stage_reason', models.CharField(blank=True, editable=False, max_length=300)),
                ('starts_on', models.DateField(blank=True, help_text='Nothing dated before this day is sent.', null=True, verbose_name='cut-off')),
                ('trial_matched_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('trial_fingerprint', models.CharField(blank=True, default='', editable=False, max_length=64)),
                ('settings_fingerprint', models.CharField(blank=True, default='', editable=False, max_length=64)),
                ('lease_holder', models.CharField(blank=True, editable=False, max_length=80)),
                ('lease_until', models.DateTimeField(editable=False, null=True)),
                ('fence', models.PositiveBigIntegerField(default=0, editable=False)),
                ('woken_at', models.DateTimeField(editable=False, null=True)),
                ('asked_to_get_at', models.DateTimeField(editable=False, null=True)),
                ('paused_until', models.DateTimeField(editable=False, null=True)),
                ('scarce_until', models.DateTimeField(editable=False, null=True)),
                ('last_ok_at', models.DateTimeField(editable=False, null=True)),
                ('last_error', models.CharField(blank=True, editable=False, max_length=300)),
                ('codes_read_at', models.DateTimeField(editable=False, null=True)),
                ('company_read_at', models.DateTimeField(editable=False, null=True)),
                ('found_older_at', models.DateTimeField(editable=False, null=True)),
                ('read_anew', models.JSONField(default=list, editable=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('company', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='connections', to='billing.company')),
            ],
            options={
                'ordering': ['company', 'system', 'name'],
                'permissions': [('connect', 'Can connect books and connect them again'), ('go_live', 'Can go live'), ('pause', 'Can pause a connection'), ('disconnect', 'Can disconnect books')],
            },
        ),
        migrations.CreateModel(
            name='ConsentState',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(max_length=64, unique=True)),
                ('session_digest', models.CharField(max_length=64)),
                ('system', models.CharField(max_length=40)),
                ('environment', models.CharField(max_length=20)),
                ('second_books', models.BooleanField(default=False)),
                ('made_at', models.DateTimeField(auto_now_add=True)),
                ('expires_at', models.DateTimeField()),
                ('used_at', models.DateTimeField(null=True)),
                ('company', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='billing.company')),
                ('connection', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='connections.connection')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Grant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('system', models.CharField(choices=apps.connectors.registry.choices, max_length=40)),
                ('environment', models.CharField(max_length=20)),
                ('status', models.CharField(choices=[('active', 'Active'), ('lost', 'Connect again'), ('revoked', 'Disconnected')], default='active', max_length=10)),
                ('lost_reason', models.CharField(blank=True, max_length=300)),
                ('scopes', models.CharField(blank=True, max_length=500)),
                ('person', models.CharField(blank=True, editable=False, max_length=200)),
                ('address', models.CharField(blank=True, editable=False, max_length=300)),
                ('secrets', models.TextField(blank=True, editable=False)),
                ('access_token', models.TextField(editable=False)),
                ('refresh_token', models.TextField(editable=False)),
                ('access_expires_at', models.DateTimeField(null=True)),
                ('refresh_expires_at', models.DateTimeField(null=True)),
                ('refresh_hard_expires_at', models.DateTimeField(null=True)),
                ('token_version', models.PositiveIntegerField(default=1)),
                ('refresh_holder', models.CharField(blank=True, max_length=80)),
                ('refresh_lease_until', models.DateTimeField(null=True)),
                ('granted_at', models.DateTimeField(auto_now_add=True)),
                ('organisations', models.JSONField(default=list, editable=False)),
                ('granted_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.AddField(
            model_name='connection',
            name='grant',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='connections', to='connections.grant'),
        ),
        migrations.CreateModel(
            name='HistoricalConnection',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('public_id', models.UUIDField(db_index=True, default=uuid.uuid4, editable=False)),
                ('system', models.CharField(choices=apps.connectors.registry.choices, editable=False, max_length=40)),
                ('environment', models.CharField(editable=False, max_length=20)),
                ('remote_company_id', models.CharField(editable=False, max_length=80, verbose_name='company id over there')),
                ('name', models.CharField(editable=False, max_length=200, verbose_name='books')),
                ('country', models.CharField(blank=True, editable=False, max_length=3)),
                ('home_currency', models.CharField(editable=False, max_length=3)),
                ('tax_regime', models.CharField(blank=True, editable=False, max_length=20)),
                ('tax_code_on_every_line', models.BooleanField(default=False, editable=False)),
                ('works_out_tax', models.BooleanField(default=False, editable=False)),
                ('multi_currency', models.BooleanField(default=False, editable=False)),
                ('remote_closing_date', models.DateField(blank=True, editable=False, null=True)),
                ('warnings', models.JSONField(default=list, editable=False)),
                ('stage', models.CharField(choices=[('setup', 'Being set up'), ('live', 'Live'), ('paused', 'Paused'), ('disconnected', 'Disconnected')], default='setup', editable=False, max_length=12)),
                ('stage_reason', models.CharField(blank=True, editable=False, max_length=300)),
                ('starts_on', models.DateField(blank=True, help_text='Nothing dated before this day is sent.', null=True, verbose_name='cut-off')),
                ('trial_matched_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('trial_fingerprint', models.CharField(blank=True, default='', editable=False, max_length=64)),
                ('settings_fingerprint', models.CharField(blank=True, default='', editable=False, max_length=64)),
                ('created_at', models.DateTimeField(blank=True, editable=False)),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.CharField(max_length=100, null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('company', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='billing.company')),
                ('grant', models.ForeignKey(blank=True, db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='connections.grant')),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'historical connection',
                'verbose_name_plural': 'historical connections',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.AddConstraint(
            model_name='grant',
            constraint=models.UniqueConstraint(condition=models.Q(('person', ''), _negated=True), fields=('system', 'environment', 'person'), name='one_grant_per_person_over_there'),
        ),
        migrations.AddConstraint(
            model_name='connection',
            constraint=models.UniqueConstraint(fields=('system', 'environment', 'remote_company_id'), name='books_connected_once'),
        ),
        migrations.AddConstraint(
            model_name='connection',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('stage', 'live'), _negated=True), models.Q(('trial_matched_at__isnull', False), models.Q(('trial_fingerprint', ''), _negated=True), ('trial_fingerprint', models.F('settings_fingerprint'))), _connector='OR'), name='live_only_after_a_matching_test'),
        ),
    ]
