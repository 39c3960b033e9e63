
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('connections', '0001_first'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Question',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('cause', models.CharField(choices=[('tax_elsewhere', 'Tax at another agency or country'), ('income_left', 'Income that its credit did not take back'), ('money_elsewhere', 'Money that lies elsewhere'), ('account_elsewhere', 'Booked on another account'), ('sale_twice', 'Maybe one sale, typed on both sides'), ('refund_twice', 'Maybe one refund, typed on both sides'), ('money_twice', 'Maybe one receipt, typed on both sides'), ('on_the_way', 'Stuck on the way'), ('arrived', 'Arrived and not dealt with'), ('left_out', 'Left out of their books')], max_length=20)),
                ('ours', models.JSONField(default=list)),
                ('theirs', models.JSONField(default=list)),
                ('amount', models.DecimalField(decimal_places=4, max_digits=19, null=True)),
                ('currency', models.CharField(blank=True, max_length=3)),
                ('fingerprint', models.CharField(max_length=64)),
                ('sentence', models.TextField()),
                ('remedy', models.CharField(blank=True, max_length=300)),
                ('standing', models.BooleanField(default=True)),
                ('found_at', models.DateTimeField(auto_now_add=True)),
                ('answer', models.CharField(blank=True, choices=[('', 'To be answered'), ('right', 'It is right as it stands'), ('evens_out', 'It is known, and evens out later')], default='', max_length=10)),
                ('reason', models.CharField(blank=True, max_length=200)),
                ('answered_at', models.DateTimeField(null=True)),
                ('answered_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('connection', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='questions', to='connections.connection')),
            ],
            options={
                'ordering': ['answer', '-found_at', '-id'],
                'permissions': [('answer_question', 'Can answer what a comparison asks')],
                'indexes': [models.Index(condition=models.Q(('standing', True)), fields=['connection', 'cause'], name='question_standing')],
                'constraints': [models.UniqueConstraint(fields=('connection', 'fingerprint'), name='question_asked_once'), models.CheckConstraint(condition=models.Q(models.Q(('answer', ''), ('answered_at', None)), models.Q(models.Q(('answer', ''), _negated=True), models.Q(('reason', ''), _negated=True), ('answered_at__isnull', False)), _connector='OR'), name='an_answer_has_its_reason')],
            },
        ),
    ]
