"""Microsoft Graph over requests; knows no Django and no database."""

from __future__ import annotations
