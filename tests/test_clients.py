"""Every document that the clients send validates, and every operation in it is executed.

The cases stand in `tests/clients`: a test there is named after the operation that it runs.
"""

import importlib
from pathlib import Path

import pytest
from graphql import parse, validate

from app.graphql import schema
from tests.operations import BOOKINGS_BOARD_MAX, FILES, OPERATIONS, STATEMENTS, named_after, operations

CASES = {
    "session.graphql": "test_session",
    "bookings.graphql": "test_bookings",
    "dispatch.graphql": "test_dispatch",
    "customer.graphql": "test_customer",
    "driver.graphql": "test_driver",
    "vet.graphql": "test_vet",
}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_document_validates(file: Path) -> None:
    assert validate(schema._schema, parse(file.read_text())) == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_operation_has_a_case(file: Path) -> None:
    module = importlib.import_module(f"tests.clients.{CASES[file.name]}")
    cases = {named_after(name) for name, case in vars(module).items() if name.startswith("test_") and callable(case)}
    assert cases == set(operations(file))


def test_every_operation_is_counted() -> None:
    assert set(STATEMENTS) == set(OPERATIONS)
    assert STATEMENTS["BookingsBoard"][1] <= BOOKINGS_BOARD_MAX
