from django.urls import path

from apps.staff.views import InvitationPage

urlpatterns = [
    path("<int:key>/<str:token>/", InvitationPage.as_view(), name="staff_invitation"),
]
