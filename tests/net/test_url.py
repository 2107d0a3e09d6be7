"""URLs of endpoints: what is understood, and what is refused in one sentence."""

import pytest

from osc_workbench.net.errors import EndpointError
from osc_workbench.net.url import EndpointUrl


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("udp://127.0.0.1:9000", "127.0.0.1", 9000),
        ("udp://localhost:57110/", "localhost", 57110),
        ("UDP://Example.ORG:1", "example.org", 1),
        ("udp://[::1]:9000", "::1", 9000),
        ("udp://[fe80::1%lo]:9000", "fe80::1%lo", 9000),
        ("[::1]:9000", "::1", 9000),
        ("10.0.0.7:9000", "10.0.0.7", 9000),
        ("localhost:9", "localhost", 9),
        ("9000", "127.0.0.1", 9000),
        (" 9000 ", "127.0.0.1", 9000),
        (":9000", "127.0.0.1", 9000),
        ("udp://:9000", "127.0.0.1", 9000),
        ("udp://0.0.0.0:0", "0.0.0.0", 0),
        ("0", "127.0.0.1", 0),
        ("65535", "127.0.0.1", 65535),
    ],
)
def test_good_url_is_read(text: str, host: str, port: int) -> None:
    assert EndpointUrl.parse(text) == EndpointUrl("udp", host, port)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no port"),
        ("localhost", "no port"),
        ("udp://localhost", "no port"),
        ("udp://[::1]", "no port"),
        ("udp://127.0.0.1:", "no port"),
        ("70000", "no address"),
        ("udp://127.0.0.1:70000", "no address"),
        ("udp://127.0.0.1:-1", "no address"),
        ("udp://127.0.0.1:abc", "no address"),
        ("udp://127.0.0.1:\u0663", "no address"),
        ("²", "no address"),
        ("::1:9000", "no address"),
        ("udp://[::1:9000", "no address"),
        ("udp://[zz]:9000", "no address"),
        ("udp://a b:9000", "no address"),
        ("udp://a\0b:9000", "no address"),
        ("tcp://127.0.0.1:9000", "not supported"),
        ("http://127.0.0.1:9000", "not supported"),
        ("udp://127.0.0.1:9000/path", "more than"),
        ("udp://127.0.0.1:9000?a=b", "more than"),
        ("udp://127.0.0.1:9000#x", "more than"),
        ("udp://me@127.0.0.1:9000", "more than"),
        ("udp://me:secret@127.0.0.1:9000", "more than"),
    ],
)
def test_bad_url_is_refused_with_the_reason_and_an_example(text: str, reason: str) -> None:
    with pytest.raises(EndpointError, match=reason) as caught:
        EndpointUrl.parse(text)
    assert "udp://127.0.0.1:9000" in caught.value.remedy
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("text", ["udp://127.0.0.1:9000", "udp://[::1]:0", "udp://localhost:1"])
def test_url_reads_as_it_was_written(text: str) -> None:
    assert str(EndpointUrl.parse(text)) == text
    assert EndpointUrl.parse(str(EndpointUrl.parse(text))) == EndpointUrl.parse(text)
