"""Settings come from the environment, with defaults that need none."""

from pathlib import Path

import pytest

from lab import config


def test_defaults_are_the_clone_s_own_folder_and_the_usual_ports() -> None:
    found = config.load({"HOME": "/home/ada"})
    assert found.home == config.ROOT / ".lab"
    assert (found.endpoint_url, found.opensearch_url) == (
        "http://127.0.0.1:4566",
        "http://127.0.0.1:9200",
    )


def test_two_labs_can_differ_in_everything() -> None:
    environ = {
        "LAB_HOME": "/data/second",
        "LAB_PORT": "4600",
        "LAB_OPENSEARCH_PORT": "9300",
        "XDG_CACHE_HOME": "/data/cache",
    }
    found = config.load(environ)
    assert found == config.Config(
        home=Path("/data/second"),
        cache=Path("/data/cache/aws-data-lab"),
        port=4600,
        opensearch_port=9300,
    )
    assert config.load(found.environment()) == found


@pytest.mark.parametrize("value", ["http", "0", "65536", "-1", "45.66"])
def test_a_port_that_is_none_is_refused_by_the_variable_s_name(value: str) -> None:
    with pytest.raises(ValueError, match="LAB_PORT must be a port number between 1 and 65535"):
        config.load({"LAB_PORT": value})
