"""Where they are."""

from django.urls import path

from checkout import views

urlpatterns = [
    path("orders", views.place),
    path("orders/<int:number>/payment", views.pay),
    path("orders/<int:number>/refunds", views.refund),
    path("customers/<str:customer>/points", views.points_of),
]
