"""Named attributes: columns of tables, each with the pattern that its values are found by."""

from .attribute import Attribute, attributes, shipped
from .read import Value, read

__all__ = ["Attribute", "Value", "attributes", "read", "shipped"]
