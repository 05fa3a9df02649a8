"""The schema says all that the declaration says, to real clients too."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import (
    GraphQLInputObjectType,
    GraphQLObjectType,
    build_client_schema,
    get_introspection_query,
    print_schema,
)

from cohortgraph.api.graphql import in_thread
from cohortgraph.api.graphql.nodes import SHOWN
from cohortgraph.api.graphql.schema import StoreSchema, schema
from cohortgraph.queries.answers.rows import properties
from cohortgraph.queries.language.parse import coded_fields, fields
from cohortgraph.queries.language.relations import LEVELS, relations


@pytest.fixture(scope="module")
def declared() -> StoreSchema:
    return schema(None, in_thread)  # type: ignore[arg-type]  # it is not asked for anything that a store holds


def _type(declared: StoreSchema, name: str) -> Any:
    return build_client_schema(_introspected(declared)).type_map[name]


def _introspected(declared: StoreSchema) -> Any:
    """What a client such as Apollo's asks first."""
    query = get_introspection_query(
        descriptions=True,
        specified_by_url=True,
        directive_is_repeatable=True,
        schema_description=True,
        input_value_deprecation=True,
    )
    answer = declared.execute_sync(query)
    assert not answer.errors
    return answer.data


@pytest.mark.parametrize("label", [level.label for level in LEVELS])
def test_a_filter_has_every_field_of_the_document(declared: StoreSchema, label: str) -> None:
    found = _type(declared, f"{label}Filter")
    assert isinstance(found, GraphQLInputObjectType)
    assert set(found.fields) == set(fields(label))


@pytest.mark.parametrize("label", SHOWN)
def test_a_node_has_its_properties_codes_and_relations(declared: StoreSchema, label: str) -> None:
    found = _type(declared, label)
    assert isinstance(found, GraphQLObjectType)
    assert {"id", *properties(label), *coded_fields(label), *relations(label)} <= set(found.fields)


def test_introspection_says_what_the_schema_is(declared: StoreSchema) -> None:
    text = print_schema(build_client_schema(_introspected(declared)))
    assert "type Patient {" in text
    assert "input SegmentFilter {" in text


def test_every_level_is_a_root(declared: StoreSchema) -> None:
    assert {level.name for level in LEVELS} <= set(_type(declared, "Query").fields)
