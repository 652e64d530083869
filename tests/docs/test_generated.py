"""The documents that repeat code say what the code says."""

import pytest

from ops.documents import FOLDER, documents


@pytest.mark.parametrize("name", documents())
def test_a_generated_document_is_up_to_date(name: str) -> None:
    assert (FOLDER / name).read_text() == documents()[name], "run: python -m ops.documents"
