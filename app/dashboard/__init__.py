"""The Textual app: frames in, the active tab out."""

from sockscope.app.dashboard.app import Dashboard

__all__ = ["Dashboard"]
