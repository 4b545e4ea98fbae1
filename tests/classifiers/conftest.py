import pytest

from classifiers import Model, load


@pytest.fixture(scope="session")
def model() -> Model:
    return load()
