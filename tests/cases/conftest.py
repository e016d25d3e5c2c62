"""The projects in the folders here are data: their tests are run in processes of their own."""

from __future__ import annotations

collect_ignore_glob = ["*/*"]
