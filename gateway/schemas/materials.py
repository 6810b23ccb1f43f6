"""What staff say of a file."""

from typing import Annotated

from pydantic import Field

from gateway.schemas.base import Form, LowerCode, ShortText


class FileFactsForm(Form):
    """Facts of a file; its media type is found by its content."""

    name: Annotated[ShortText, Field(min_length=1)] | None = None
    """File name; absent: the form's."""
    document_kind: LowerCode = "other"
    """Kind of evidence or document."""
    pages: Annotated[int, Field(ge=0, le=100_000)] = 0
    """Pages, 0 when it has none."""
    is_copy: bool = False
    """A copy, not the original."""
    compared_by: ShortText = ""
    """Who compared the copy with the original."""
    original_at: ShortText = ""
    """Where the original lies."""
