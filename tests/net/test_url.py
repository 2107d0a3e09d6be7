"""URLs of endpoints: what is understood, and what is refused in one sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osc_workbench.net.errors import EndpointError
from osc_workbench.net.url import EndpointUrl
from osc_workbench.osc.framing import Framing


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
        ("http://127.0.0.1:9000", "not supported"),
        ("udp://127.0.0.1:9000/path", "more than"),
        ("udp://127.0.0.1:9000?a=b", "a= in .* is no option of udp://, which has interface and broadcast and share"),
        ("tcp://127.0.0.1:9000?share=yes", "share= in .* is no option of tcp://, which has framing"),
        ("tcp://127.0.0.1:9000?interface=lo", "no option of tcp://"),
        ("udp://127.0.0.1:9000?framing=slip", "framing= in .* is no option of udp://"),
        ("tcp://127.0.0.1:9000?framing=morse", "framing=morse in .* must be length, slip or auto"),
        ("tcp://127.0.0.1:9000?framing=", "must be length, slip or auto"),
        ("tcp://127.0.0.1:9000?framing", "must be length, slip or auto"),
        ("udp://127.0.0.1:9000?broadcast=maybe", "broadcast=maybe in .* must be yes or no"),
        ("udp://239.0.0.1:9000?share", "must be yes or no"),
        ("ws://127.0.0.1:9000", "not supported"),
        ("osc.http://127.0.0.1:9000", "not supported"),
        ("tcp://127.0.0.1", "no port"),
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


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("tcp://127.0.0.1:9000", EndpointUrl("tcp", "127.0.0.1", 9000)),
        ("tcp://[::1]:9000?framing=length", EndpointUrl("tcp", "::1", 9000, Framing.LENGTH)),
        ("tcp://localhost:9/?framing=slip", EndpointUrl("tcp", "localhost", 9, Framing.SLIP)),
        ("tcp://localhost:9?framing=auto", EndpointUrl("tcp", "localhost", 9)),
        ("osc.udp://localhost:9/", EndpointUrl("udp", "localhost", 9)),
        ("osc.tcp://localhost:9/", EndpointUrl("tcp", "localhost", 9)),
        ("udp://10.0.0.255:9?broadcast=yes", EndpointUrl("udp", "10.0.0.255", 9, broadcast=True)),
        ("udp://10.0.0.255:9?broadcast=TRUE", EndpointUrl("udp", "10.0.0.255", 9, broadcast=True)),
        ("udp://10.0.0.255:9?broadcast=0", EndpointUrl("udp", "10.0.0.255", 9)),
        (
            "udp://239.0.0.1:9?interface=eth0.1&share=yes",
            EndpointUrl("udp", "239.0.0.1", 9, interface="eth0.1", share=True),
        ),
        ("udp://[ff15::1]:9?interface=::1", EndpointUrl("udp", "ff15::1", 9, interface="::1")),
    ],
)
def test_options_are_read(text: str, url: EndpointUrl) -> None:
    assert EndpointUrl.parse(text) == url


@pytest.mark.parametrize(
    ("host", "is_group"),
    [
        ("239.0.0.1", True),
        ("224.0.0.1", True),
        ("ff02::1", True),
        ("ff02::1%lo", True),
        ("240.0.0.1", False),
        ("223.255.255.255", False),
        ("127.255.255.255", False),
        ("::1", False),
        ("239.0.0.1.example", False),
    ],
)
def test_multicast_groups_are_told_by_their_address(host: str, is_group: bool) -> None:
    assert EndpointUrl("udp", host, 9).is_multicast is is_group


UDP_URLS = st.builds(
    EndpointUrl,
    st.just("udp"),
    st.sampled_from(["127.0.0.1", "localhost", "::1", "fe80::1%eth0", "239.0.0.1", "ff02::1%lo"]),
    st.integers(0, 65_535),
    interface=st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=15),
    broadcast=st.booleans(),
    share=st.booleans(),
)
TCP_URLS = st.builds(
    EndpointUrl, st.just("tcp"), st.just("127.0.0.1"), st.integers(0, 65_535), st.sampled_from(Framing)
)


@given(UDP_URLS | TCP_URLS)
def test_every_url_is_the_same_after_writing_and_reading(url: EndpointUrl) -> None:
    assert EndpointUrl.parse(str(url)) == url


@pytest.mark.parametrize(
    "text",
    [
        "udp://127.0.0.1:9000",
        "udp://[::1]:0",
        "udp://localhost:1",
        "tcp://127.0.0.1:9000?framing=slip",
        "udp://239.0.0.1:9000?interface=127.0.0.1&share=yes",
        "udp://[ff15::1]:9000?interface=::1",
        "udp://10.0.0.255:9000?broadcast=yes",
    ],
)
def test_url_reads_as_it_was_written(text: str) -> None:
    assert str(EndpointUrl.parse(text)) == text
    assert EndpointUrl.parse(str(EndpointUrl.parse(text))) == EndpointUrl.parse(text)
