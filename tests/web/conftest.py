"""The demo region of the tests of access serves the tests of pages too."""

from tests.access.conftest import region

__all__ = ["region"]
