"""How long what nobody needs any more is kept, where nobody says otherwise."""

from __future__ import annotations

ORPHAN_HOURS = 24.0
"""Of what no record names. A worker slower than this from its first upload to its commit finds its objects gone, and
tries again."""
STALE_HOURS = 168
"""Of the catalog's replaced files. A reader that holds on to an older snapshot for longer finds them gone, and has to
begin anew."""
