
import apps.connections.clock
import django.db.models.deletion
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
            name='SyncRecord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('customer', 'customer'), ('item', 'item'), ('invoice', 'invoice'), ('credit_note', 'credit_note'), ('payment', 'payment'), ('allocation', 'allocation'), ('adjustment', 'adjustment'), ('refund', 'refund'), ('deposit', 'deposit')], max_length=20)),
                ('wanted', models.PositiveIntegerField()),
                ('sent', models.PositiveIntegerField(default=0)),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('on_its_way', 'On its way'), ('unknown', 'Outcome unknown'), ('handed_over', 'Handed over'), ('in_the_books', 'In the books'), ('left_out', 'Left out'), ('gone', 'Gone over there'), ('needs_person', 'Needs a person')], default='waiting', max_length=12)),
                ('reason', models.CharField(blank=True, choices=[('', '-'), ('mapping_missing', 'A mapping is missing'), ('waits_for_record', 'Waits for another record'), ('period_closed', 'Their books are closed at its date'), ('cannot_hold', 'Their books cannot hold it'), ('before_cut_off', 'Dated before the cut-off'), ('refused', 'Rejected over there'), ('number_taken', 'Its number is taken over there'), ('name_taken', 'Its name is taken over there'), ('amounts_differ', 'Their amounts differ from ours'), ('conflict', 'Changed on both sides'), ('candidate', 'May be the same as one over there'), ('gone', 'Deleted over there'), ('answer_lost', 'The answer was lost'), ('try_later', 'Will be tried again'), ('cancelled_here', 'Cancelled before it was sent'), ('merged', 'Merged over there'), ('double', 'Stands twice over there'), ('unreadable', 'Cannot be read over there'), ('next_step', 'Partly over there; its next step follows')], default='', max_length=20)),
                ('sentence', models.TextField(blank=True)),
                ('remedy', models.CharField(blank=True, max_length=300)),
                ('waits_for', models.CharField(blank=True, max_length=80)),
                ('checked_at', models.DateTimeField(null=True)),
                ('due_at', models.DateTimeField(null=True)),
                ('tries', models.PositiveIntegerField(default=0)),
                ('generation', models.PositiveIntegerField(default=1)),
                ('step', models.CharField(blank=True, default='', max_length=40)),
                ('steps', models.PositiveIntegerField(default=0)),
                ('rides_with', models.PositiveSmallIntegerField(null=True)),
                ('intent_revision', models.PositiveIntegerField(null=True)),
                ('opening', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('changed_at', models.DateTimeField(auto_now=True)),
                ('adjustment', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='sync_records', to='billing.adjustment')),
                ('allocation', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='sync_records', to='billing.allocation')),
                ('connection', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sync_records', to='connections.connection')),
                ('credit_note', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='sync_records', to='billing.creditnote')),
                ('customer', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='sync_records', to='billing.customer')),
                ('deposit', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='sync_records', to='billing.deposit')),
                ('invoice', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='sync_records', to='billing.invoice')),
                ('item', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='sync_records', to='billing.item')),
                ('payment', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='sync_records', to='billing.payment')),
                ('refund', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='sync_records', to='billing.refund')),
            ],
            options={
                'permissions': [('retry', 'Can send again'), ('decide', 'Can decide conflicts and possible doubles'), ('recreate', 'Can create again what was deleted over there'), ('send_test_invoice', 'Can send a test invoice')],
            },
        ),
        migrations.CreateModel(
            name='Call',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('purpose', models.CharField(max_length=12)),
                ('method', models.CharField(max_length=8)),
                ('path', models.CharField(max_length=400)),
                ('query', models.JSONField(default=list)),
                ('headers', models.JSONField(default=list)),
                ('body', models.BinaryField(default=b'')),
                ('content_type', models.CharField(blank=True, max_length=200)),
                ('key', models.CharField(blank=True, max_length=128)),
                ('evidence', models.TextField(blank=True, default='')),
                ('members', models.JSONField(default=list)),
                ('state', models.CharField(choices=[('intended', 'About to leave'), ('answered', 'Answered'), ('unsent', 'Never left'), ('lost', 'Answer lost'), ('settled', 'Settled afterwards')], default='intended', max_length=10)),
                ('fence', models.PositiveBigIntegerField(default=0)),
                ('started_at', models.DateTimeField()),
                ('may_have_left_until', models.DateTimeField(null=True)),
                ('answered_at', models.DateTimeField(null=True)),
                ('status', models.PositiveSmallIntegerField(null=True)),
                ('answer', models.BinaryField(default=b'')),
                ('seconds', models.FloatField(null=True)),
                ('trace_id', models.CharField(blank=True, max_length=80)),
                ('problem', models.CharField(blank=True, max_length=300)),
                ('connection', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='calls', to='connections.connection')),
                ('replays', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='replayed_by', to='sync.call')),
            ],
            options={
                'ordering': ['-started_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='Agreed',
            fields=[
                ('record', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, serialize=False, to='sync.syncrecord')),
                ('packed_snapshot', models.BinaryField()),
                ('at', models.DateTimeField(auto_now=True)),
            ],
        ),
        migrations.CreateModel(
            name='Intended',
            fields=[
                ('record', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='intended', serialize=False, to='sync.syncrecord')),
                ('packed_snapshot', models.BinaryField()),
                ('carried', models.JSONField(default=list)),
            ],
        ),
        migrations.AddField(
            model_name='syncrecord',
            name='call',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='carries', to='sync.call'),
        ),
        migrations.CreateModel(
            name='Attempt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('revision', models.PositiveIntegerField()),
                ('step', models.CharField(blank=True, default='', max_length=40)),
                ('result', models.CharField(choices=[('done', 'In the books'), ('step', 'Partly in the books'), ('handed', 'Handed over'), ('refused', 'Rejected'), ('later', 'Will be tried again'), ('unknown', 'Outcome unknown'), ('newer', 'Changed over there')], max_length=10)),
                ('code', models.CharField(blank=True, max_length=20)),
                ('sentence', models.TextField(blank=True)),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('sync_record', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='attempts', to='sync.syncrecord')),
                ('call', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='attempts', to='sync.call')),
            ],
            options={
                'ordering': ['-at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='Conflict',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('path', models.CharField(max_length=80)),
                ('base', models.JSONField(null=True)),
                ('ours', models.JSONField(null=True)),
                ('theirs', models.JSONField(null=True)),
                ('decision', models.CharField(blank=True, choices=[('', 'To be decided'), ('ours', 'Ours stands: put it back over there'), ('theirs', 'Theirs stands: take it over here'), ('settled', 'Both sides agree again')], default='', max_length=10)),
                ('decided_at', models.DateTimeField(null=True)),
                ('found_at', models.DateTimeField(auto_now_add=True)),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('sync_record', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='conflicts', to='sync.syncrecord')),
            ],
            options={
                'ordering': ['-found_at'],
            },
        ),
        migrations.CreateModel(
            name='Cursor',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('read_until', models.DateTimeField()),
                ('saved_at', models.DateTimeField(default=apps.connections.clock.now)),
                ('connection', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='cursor', to='connections.connection')),
            ],
        ),
        migrations.CreateModel(
            name='RemoteRecord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=40)),
                ('remote_id', models.CharField(max_length=60)),
                ('part', models.CharField(blank=True, default='', max_length=120)),
                ('of_kind', models.CharField(blank=True, max_length=20)),
                ('retired', models.BooleanField(default=False)),
                ('made_here', models.BooleanField(default=False)),
                ('version', models.CharField(blank=True, max_length=60)),
                ('remote_updated_at', models.DateTimeField(null=True)),
                ('marker', models.CharField(blank=True, max_length=40)),
                ('number', models.CharField(blank=True, max_length=60)),
                ('name', models.CharField(blank=True, max_length=500)),
                ('customer_id_there', models.CharField(blank=True, max_length=60)),
                ('currency', models.CharField(blank=True, max_length=3)),
                ('amount', models.DecimalField(decimal_places=4, max_digits=19, null=True)),
                ('balance', models.DecimalField(decimal_places=4, max_digits=19, null=True)),
                ('dated', models.DateField(null=True)),
                ('void', models.BooleanField(default=False)),
                ('gone', models.BooleanField(default=False)),
                ('unreadable', models.CharField(blank=True, default='', max_length=200)),
                ('packed_raw', models.BinaryField()),
                ('arrival', models.CharField(choices=[('new', 'To be looked at'), ('applied', 'Applied here'), ('echo', 'Our own'), ('only_theirs', 'Only over there'), ('waits', 'Waits for something'), ('needs_person', 'Needs a person')], default='new', max_length=12)),
                ('sentence', models.TextField(blank=True)),
                ('remedy', models.CharField(blank=True, max_length=300)),
                ('waits_for', models.CharField(blank=True, max_length=80)),
                ('first_read_at', models.DateTimeField(auto_now_add=True)),
                ('read_at', models.DateTimeField()),
                ('connection', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='remote_records', to='connections.connection')),
                ('sync_record', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='remote_records', to='sync.syncrecord')),
            ],
        ),
        migrations.CreateModel(
            name='OpeningItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('currency', models.CharField(max_length=3)),
                ('ours', models.DecimalField(decimal_places=4, max_digits=19)),
                ('theirs', models.DecimalField(decimal_places=4, max_digits=19)),
                ('reason', models.CharField(blank=True, max_length=200)),
                ('linked_at', models.DateTimeField(auto_now_add=True)),
                ('unlinked_at', models.DateTimeField(null=True)),
                ('unlink_reason', models.CharField(blank=True, max_length=200)),
                ('linked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('sync_record', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='opening_items', to='sync.syncrecord')),
                ('unlinked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('remote_record', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='opening_items', to='sync.remoterecord')),
            ],
        ),
        migrations.CreateModel(
            name='CustomerMerge',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('evidence', models.TextField()),
                ('decision', models.CharField(blank=True, choices=[('', 'To be decided'), ('follow', 'Followed: one customer here too'), ('keep_apart', 'Kept apart: made there again'), ('returned', 'It stands there again')], default='', max_length=10)),
                ('reason', models.CharField(blank=True, max_length=200)),
                ('decided_at', models.DateTimeField(null=True)),
                ('found_at', models.DateTimeField(auto_now_add=True)),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('sync_record', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='merges', to='sync.syncrecord')),
                ('gone_record', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='merged_away', to='sync.remoterecord')),
                ('remote_record', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='merged_here', to='sync.remoterecord')),
            ],
            options={
                'verbose_name': 'merged customer',
                'ordering': ['-found_at'],
            },
        ),
        migrations.CreateModel(
            name='Candidate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('evidence', models.TextField()),
                ('double', models.BooleanField(default=False)),
                ('taken_back_at', models.DateTimeField(null=True)),
                ('decision', models.CharField(blank=True, choices=[('', 'To be decided'), ('link', 'The same: link them'), ('keep_both', 'Two things: keep both'), ('take_back', 'A double: take it back over there')], default='', max_length=10)),
                ('reason', models.CharField(blank=True, max_length=200)),
                ('decided_at', models.DateTimeField(null=True)),
                ('found_at', models.DateTimeField(auto_now_add=True)),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('sync_record', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='candidates', to='sync.syncrecord')),
                ('remote_record', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='candidates', to='sync.remoterecord')),
            ],
            options={
                'ordering': ['-found_at'],
            },
        ),
        migrations.CreateModel(
            name='Run',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('duty', models.CharField(max_length=20)),
                ('started_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('outcome', models.CharField(choices=[('running', 'Running'), ('done', 'Done'), ('yielded', 'Continued by the next run'), ('stopped', 'Stopped')], default='running', max_length=10)),
                ('sentence', models.TextField(blank=True)),
                ('pushed', models.PositiveIntegerField(default=0)),
                ('refused', models.PositiveIntegerField(default=0)),
                ('pulled', models.PositiveIntegerField(default=0)),
                ('applied', models.PositiveIntegerField(default=0)),
                ('calls', models.PositiveIntegerField(default=0)),
                ('asked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('connection', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='runs', to='connections.connection')),
            ],
            options={
                'ordering': ['-started_at'],
            },
        ),
        migrations.AddField(
            model_name='call',
            name='run',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='exchanges', to='sync.run'),
        ),
        migrations.CreateModel(
            name='Survey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kinds', models.JSONField()),
                ('position', models.CharField(blank=True, max_length=200)),
                ('began_at', models.DateTimeField(null=True)),
                ('ended', models.BooleanField(default=False)),
                ('connection', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='survey', to='connections.connection')),
            ],
        ),
        migrations.CreateModel(
            name='Tie',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('part', models.CharField(choices=[('carried', 'Carried inside'), ('journal', 'Journal beside it'), ('link', 'Links two others'), ('charge', 'Stands in for it'), ('added', 'Added up with it')], max_length=10)),
                ('share', models.DecimalField(decimal_places=4, max_digits=19, null=True)),
                ('remote_record', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='ties', to='sync.remoterecord')),
                ('sync_record', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='ties', to='sync.syncrecord')),
            ],
        ),
        migrations.AddIndex(
            model_name='syncrecord',
            index=models.Index(fields=['connection', 'state', 'kind'], name='sync_record_by_state'),
        ),
        migrations.AddIndex(
            model_name='syncrecord',
            index=models.Index(condition=models.Q(('due_at__isnull', False)), fields=['connection', 'kind', 'due_at', 'id'], name='sync_record_due_of_kind'),
        ),
        migrations.AddIndex(
            model_name='syncrecord',
            index=models.Index(condition=models.Q(('due_at__isnull', False)), fields=['due_at', 'connection'], name='sync_record_due_at'),
        ),
        migrations.AddIndex(
            model_name='syncrecord',
            index=models.Index(condition=models.Q(('waits_for__gt', '')), fields=['connection', 'waits_for'], name='sync_record_waits'),
        ),
        migrations.AddIndex(
            model_name='syncrecord',
            index=models.Index(condition=models.Q(('opening', True)), fields=['connection', 'kind'], name='sync_record_opening'),
        ),
        migrations.AddConstraint(
            model_name='syncrecord',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'customer'), ('adjustment__isnull', True), ('allocation__isnull', True), ('credit_note__isnull', True), ('customer__isnull', False), ('deposit__isnull', True), ('invoice__isnull', True), ('item__isnull', True), ('payment__isnull', True), ('refund__isnull', True)), models.Q(('kind', 'item'), ('adjustment__isnull', True), ('allocation__isnull', True), ('credit_note__isnull', True), ('customer__isnull', True), ('deposit__isnull', True), ('invoice__isnull', True), ('item__isnull', False), ('payment__isnull', True), ('refund__isnull', True)), models.Q(('kind', 'invoice'), ('adjustment__isnull', True), ('allocation__isnull', True), ('credit_note__isnull', True), ('customer__isnull', True), ('deposit__isnull', True), ('invoice__isnull', False), ('item__isnull', True), ('payment__isnull', True), ('refund__isnull', True)), models.Q(('kind', 'credit_note'), ('adjustment__isnull', True), ('allocation__isnull', True), ('credit_note__isnull', False), ('customer__isnull', True), ('deposit__isnull', True), ('invoice__isnull', True), ('item__isnull', True), ('payment__isnull', True), ('refund__isnull', True)), models.Q(('kind', 'payment'), ('adjustment__isnull', True), ('allocation__isnull', True), ('credit_note__isnull', True), ('customer__isnull', True), ('deposit__isnull', True), ('invoice__isnull', True), ('item__isnull', True), ('payment__isnull', False), ('refund__isnull', True)), models.Q(('kind', 'allocation'), ('adjustment__isnull', True), ('allocation__isnull', False), ('credit_note__isnull', True), ('customer__isnull', True), ('deposit__isnull', True), ('invoice__isnull', True), ('item__isnull', True), ('payment__isnull', True), ('refund__isnull', True)), models.Q(('kind', 'adjustment'), ('adjustment__isnull', False), ('allocation__isnull', True), ('credit_note__isnull', True), ('customer__isnull', True), ('deposit__isnull', True), ('invoice__isnull', True), ('item__isnull', True), ('payment__isnull', True), ('refund__isnull', True)), models.Q(('kind', 'refund'), ('adjustment__isnull', True), ('allocation__isnull', True), ('credit_note__isnull', True), ('customer__isnull', True), ('deposit__isnull', True), ('invoice__isnull', True), ('item__isnull', True), ('payment__isnull', True), ('refund__isnull', False)), models.Q(('kind', 'deposit'), ('adjustment__isnull', True), ('allocation__isnull', True), ('credit_note__isnull', True), ('customer__isnull', True), ('deposit__isnull', False), ('invoice__isnull', True), ('item__isnull', True), ('payment__isnull', True), ('refund__isnull', True)), _connector='OR'), name='sync_record_has_one_subject'),
        ),
        migrations.AddConstraint(
            model_name='syncrecord',
            constraint=models.UniqueConstraint(condition=models.Q(('customer__isnull', False)), fields=('connection', 'customer'), name='customer_once_per_connection'),
        ),
        migrations.AddConstraint(
            model_name='syncrecord',
            constraint=models.UniqueConstraint(condition=models.Q(('item__isnull', False)), fields=('connection', 'item'), name='item_once_per_connection'),
        ),
        migrations.AddConstraint(
            model_name='syncrecord',
            constraint=models.UniqueConstraint(condition=models.Q(('invoice__isnull', False)), fields=('connection', 'invoice'), name='invoice_once_per_connection'),
        ),
        migrations.AddConstraint(
            model_name='syncrecord',
            constraint=models.UniqueConstraint(condition=models.Q(('credit_note__isnull', False)), fields=('connection', 'credit_note'), name='credit_note_once_per_connection'),
        ),
        migrations.AddConstraint(
            model_name='syncrecord',
            constraint=models.UniqueConstraint(condition=models.Q(('payment__isnull', False)), fields=('connection', 'payment'), name='payment_once_per_connection'),
        ),
        migrations.AddConstraint(
            model_name='syncrecord',
            constraint=models.UniqueConstraint(condition=models.Q(('allocation__isnull', False)), fields=('connection', 'allocation'), name='allocation_once_per_connection'),
        ),
        migrations.AddConstraint(
            model_name='syncrecord',
            constraint=models.UniqueConstraint(condition=models.Q(('adjustment__isnull', False)), fields=('connection', 'adjustment'), name='adjustment_once_per_connection'),
        ),
        migrations.AddConstraint(
            model_name='syncrecord',
            constraint=models.UniqueConstraint(condition=models.Q(('refund__isnull', False)), fields=('connection', 'refund'), name='refund_once_per_connection'),
        ),
        migrations.AddConstraint(
            model_name='syncrecord',
            constraint=models.UniqueConstraint(condition=models.Q(('deposit__isnull', False)), fields=('connection', 'deposit'), name='deposit_once_per_connection'),
        ),
        migrations.AddConstraint(
            model_name='syncrecord',
            constraint=models.CheckConstraint(condition=models.Q(('sent__lte', models.F('wanted'))), name='sent_never_beyond_wanted'),
        ),
        migrations.AddConstraint(
            model_name='syncrecord',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'handed_over'), _negated=True), ('intent_revision__isnull', False), _connector='OR'), name='handed_over_is_a_revision'),
        ),
        migrations.AddConstraint(
            model_name='syncrecord',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'needs_person'), _negated=True), models.Q(('sentence', ''), _negated=True), _connector='OR'), name='a_person_is_told_why'),
        ),
        migrations.AddConstraint(
            model_name='conflict',
            constraint=models.UniqueConstraint(condition=models.Q(('decision', '')), fields=('sync_record', 'path'), name='one_open_conflict_per_field'),
        ),
        migrations.AddIndex(
            model_name='remoterecord',
            index=models.Index(fields=['connection', 'customer_id_there', 'currency', 'amount', 'dated'], name='remote_record_same_money'),
        ),
        migrations.AddIndex(
            model_name='remoterecord',
            index=models.Index(fields=['sync_record'], name='remote_record_of'),
        ),
        migrations.AddIndex(
            model_name='remoterecord',
            index=models.Index(fields=['connection', 'kind', 'number'], name='remote_record_number'),
        ),
        migrations.AddIndex(
            model_name='remoterecord',
            index=models.Index(fields=['connection', 'arrival', 'id'], name='remote_record_arrived'),
        ),
        migrations.AddConstraint(
            model_name='remoterecord',
            constraint=models.UniqueConstraint(fields=('connection', 'kind', 'remote_id', 'part'), name='remote_record_once'),
        ),
        migrations.AddConstraint(
            model_name='openingitem',
            constraint=models.UniqueConstraint(condition=models.Q(('unlinked_at__isnull', True)), fields=('sync_record',), name='open_item_linked_once'),
        ),
        migrations.AddConstraint(
            model_name='openingitem',
            constraint=models.UniqueConstraint(condition=models.Q(('unlinked_at__isnull', True)), fields=('remote_record',), name='their_open_item_linked_once'),
        ),
        migrations.AddConstraint(
            model_name='openingitem',
            constraint=models.CheckConstraint(condition=models.Q(('ours', models.F('theirs')), models.Q(('reason', ''), _negated=True), _connector='OR'), name='a_difference_at_the_cut_off_has_its_reason'),
        ),
        migrations.AddIndex(
            model_name='candidate',
            index=models.Index(condition=models.Q(('double', True), ('taken_back_at__isnull', True)), fields=['decision'], name='candidate_to_take_back'),
        ),
        migrations.AddConstraint(
            model_name='candidate',
            constraint=models.UniqueConstraint(fields=('remote_record', 'sync_record'), name='candidate_once'),
        ),
        migrations.AddIndex(
            model_name='run',
            index=models.Index(fields=['connection', '-started_at'], name='run_listed'),
        ),
        migrations.AddIndex(
            model_name='call',
            index=models.Index(fields=['connection', '-started_at'], name='call_listed'),
        ),
        migrations.AddConstraint(
            model_name='tie',
            constraint=models.UniqueConstraint(fields=('sync_record', 'remote_record'), name='tied_once'),
        ),
    ]
