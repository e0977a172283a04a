"""Where Wagtail 7.4 and 8.0 differ in what we need of documents."""

from __future__ import annotations

from typing import Any, TypeAlias

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.forms.models import modelform_factory
from wagtail.documents import get_document_model
from wagtail.documents.forms import formfield_for_dbfield, get_document_base_form
from wagtail.documents.models import AbstractDocument
from wagtail.log_actions import log

try:
    from wagtail.actions import action_registry
    from wagtail.permissions import policy_registry
except ImportError:  # Wagtail 7.4
    action_registry = policy_registry = None


#: A form of Wagtail's, which ships no types.
DocumentForm: TypeAlias = Any


def document_policy() -> Any:
    """Who may do what with documents, as the site decides."""
    if policy_registry is not None:
        return policy_registry.get_by_type(get_document_model())
    from wagtail.documents.permissions import permission_policy

    return permission_policy


def file_form(
    document: AbstractDocument, user: Any, upload: UploadedFile[bytes]
) -> DocumentForm:
    """The site's own document form, bound to a new file and to nothing else.

    Title and tags are left out, since an empty value would clear them; the collection
    is always part of Wagtail's form and stays what it is.
    """
    form_class: Any = modelform_factory(
        type(document),
        form=get_document_base_form(),
        fields=["file", "collection"],
        formfield_callback=formfield_for_dbfield,
    )
    form: DocumentForm = form_class(
        data={"collection": document.collection_id},
        files={"file": upload},
        instance=document,
        user=user,
    )
    return form


def save_as_edit(document: AbstractDocument, user: Any, form: DocumentForm) -> None:
    """Save a valid form as the admin would: with its checks, and with a log entry.

    Raises:
        PermissionDenied: The site does not let this person do that.
        ValidationError: The form is not valid after all.
    """
    action_class = _edit_action(type(document))
    if action_class is not None:
        action_class(document, user=user, form=form).execute()
        return
    if not form.is_valid():
        raise ValidationError(form.errors.as_data())
    form.save()
    log(document, "wagtail.edit", user=user, content_changed=True)


def create_document(
    user: Any, *, title: str, collection_id: int, upload: UploadedFile[bytes]
) -> AbstractDocument:
    """A new document, made through the site's own form and action.

    Raises:
        PermissionDenied: The site does not let this person do that.
        ValidationError: The site refuses the file.
    """
    model = get_document_model()
    document = model(title=title, uploaded_by_user=user, collection_id=collection_id)
    form = file_form(document, user, upload)
    if not form.is_valid():
        raise ValidationError(form.errors.as_data())
    if action_registry is not None:
        action_class = action_registry.get_action_class(model, "create")
        if action_class is not None:
            created: AbstractDocument = action_class(
                document, user=user, form=form
            ).execute()
            return created
    created = form.save()
    log(created, "wagtail.create", user=user, content_changed=True)
    return created


def _edit_action(model: type[AbstractDocument]) -> Any:
    if action_registry is None:
        return None
    return action_registry.get_action_class(model, "edit")
