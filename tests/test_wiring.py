from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from wagtail import hooks
from wagtail.admin.icons import get_icons
from wagtail.log_actions import registry as log_registry

from wagtail_m365 import api, errors
from wagtail_m365.errors import Actor


def test_a_plugin_gets_tokens_without_importing_us(connected_editor):
    (get_token,) = hooks.get_hooks("m365_get_token")

    given = get_token(connected_editor, "User.Read", min_validity=60)
    assert given == api.get_token(connected_editor, "User.Read")
    with pytest.raises(TypeError):
        get_token(connected_editor, minimum=60)


def test_our_icon_is_in_the_sprite():
    assert 'id="icon-m365"' in get_icons()


@pytest.mark.django_db
def test_the_right_to_use_microsoft_can_be_granted_to_groups():
    registered = Permission.objects.none()
    for function in hooks.get_hooks("register_permissions"):
        registered |= Permission.objects.filter(pk__in=function().values("pk"))

    ours = registered.filter(content_type__app_label="wagtail_m365")
    assert {
        "use_microsoft365",
        "change_m365settings",
        "add_appregistration",
        "change_appregistration",
        "delete_appregistration",
    } <= set(ours.values_list("codename", flat=True))


@pytest.mark.parametrize("action", ["connect", "reconnect", "disconnect"])
def test_what_happens_to_connections_can_be_logged(action):
    assert log_registry.action_exists(f"wagtail_m365.{action}")


def test_errors_speak_to_people_from_the_start():
    explanation = errors.NotConnected().explanation

    assert explanation.actor is Actor.EDITOR
    assert explanation.next_step


@pytest.mark.django_db
def test_the_settings_menu_leads_to_us(admin_client):
    page = admin_client.get(reverse("wagtailadmin_home")).content.decode()

    assert reverse("m365_registrations:index") in page
    assert (
        reverse("wagtailsettings:edit", args=["wagtail_m365", "m365settings"]) in page
    )


@pytest.mark.django_db
def test_our_pages_bring_no_script_or_style_of_their_own(admin_client):
    for name in ("wagtail_m365:health", "m365_registrations:add"):
        page = admin_client.get(reverse(name)).content.decode()
        main = page[page.index("<main") : page.index("</main>")]
        for forbidden in ("<style", " style=", " onclick=", " onchange="):
            assert forbidden not in main
