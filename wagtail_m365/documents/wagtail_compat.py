"""Where Wagtail 7.4 and 8.0 differ in what we need of documents."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.forms.models import modelform_factory
from taggit.models import Tag
from taggit.utils import edit_string_for_tags
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


def keep_file_name(form: DocumentForm, name: str) -> None:
    """Have the form store the new file under this very name: the address stays.

    Of an upload, Django makes a name anew (``upload_to``, ``get_valid_name``). A file
    that came to the site another way may have one that no upload gets: with spaces,
    with decomposed accents, in a folder that is named after a day.
    """
    if not form.is_valid():
        return  # whoever saves it says why
    document = form.instance
    if get_document_model().objects.filter(file=name).exclude(pk=document.pk).exists():
        # Two documents with one file: the form would delete it for both, and give the
        # other one the new content. The storage finds a free name instead.
        form.original_file = None
    file = document.file

    def store(_name: str, content: Any, save: bool = True) -> None:
        limit = file.field.max_length
        file.name = file.storage.save(name, content, max_length=limit)
        setattr(document, file.field.attname, file.name)
        file._committed = True
        if save:
            document.save()

    file.save = store


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


def add_document(
    document: AbstractDocument,
    user: Any,
    upload: UploadedFile[bytes],
    title: str,
    tags: Iterable[str] = (),
) -> AbstractDocument:
    """Add a document as the admin would: with *all* fields of the site's form.

    Fields that a file cannot fill get what an empty form begins with; a form that wants
    more of a person says so.

    Raises:
        PermissionDenied: The site does not let this person do that.
        ValidationError: The form refuses; its ``error_dict`` tells each field's reason.
    """
    form = _whole_form(document, user, upload, title, tags)
    if not form.is_valid():
        raise ValidationError(form.errors.as_data())
    action_class = (
        action_registry.get_action_class(type(document), "create")
        if action_registry is not None
        else None
    )
    if action_class is not None:
        created: AbstractDocument = action_class(
            document, user=user, form=form
        ).execute()
        return created
    created = form.save()
    log(created, "wagtail.create", user=user, content_changed=True)
    return created


def delete_document(document: AbstractDocument, user: Any) -> None:
    """Delete a document as the admin would; the caller has asked for the permission."""
    action_class = (
        action_registry.get_action_class(type(document), "delete")
        if action_registry is not None
        else None
    )
    if action_class is not None:
        action_class(document, user=user).execute()
        return
    log(document, "wagtail.delete", user=user, deleted=True)
    document.delete()


def _whole_form(
    document: AbstractDocument,
    user: Any,
    upload: UploadedFile[bytes],
    title: str,
    tags: Iterable[str],
) -> DocumentForm:
    model = type(document)
    form_class: Any = modelform_factory(
        model,
        form=get_document_base_form(),
        fields=[*dict.fromkeys([*model.admin_form_fields, "collection"])],
        formfield_callback=formfield_for_dbfield,
    )
    begun = form_class(instance=document, user=user)
    data = {name: begun[name].value() for name in begun.fields if name != "file"}
    given = {
        "title": title,
        "collection": document.collection_id,
        "tags": edit_string_for_tags([Tag(name=name) for name in tags]),
    }
    told = {name: value for name, value in (data | given).items() if value is not None}
    form: DocumentForm = form_class(
        data=told, files={"file": upload}, instance=document, user=user
    )
    return form


def _edit_action(model: type[AbstractDocument]) -> Any:
    if action_registry is None:
        return None
    return action_registry.get_action_class(model, "edit")
