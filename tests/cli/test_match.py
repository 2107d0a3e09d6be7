"""`match` as other programs use it."""

import subprocess

import pytest

from tests.doubles.program import PROGRAM, TIMEOUT, bare_environment, run

ADDRESSES = "/synth/1/freq\n/synth/2/freq\n/synth/freq\n/master\n"


def match(*arguments: str, stdin: str = ADDRESSES) -> list[str]:
    done = run("match", *arguments, stdin=stdin)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def test_matching_addresses_are_printed() -> None:
    assert match("/synth/*/freq") == ["/synth/1/freq", "/synth/2/freq"]
    assert match("/master") == ["/master"]
    assert match("/nothing") == []
    assert match("/*", stdin="") == []


def test_version_switches_levels_off() -> None:
    assert match("//freq") == ["/synth/1/freq", "/synth/2/freq", "/synth/freq"]
    assert match("//freq", "--version", "1.0") == []


def test_glob_crosses_levels() -> None:
    assert match("--glob", "/synth/**") == ["/synth/1/freq", "/synth/2/freq", "/synth/freq"]
    assert match("/**/freq", "--glob") == ["/synth/1/freq", "/synth/2/freq", "/synth/freq"]


def test_addresses_are_taken_as_they_are() -> None:
    assert match("/?", stdin="/ \n/é\n/ab\r\n/a") == ["/ ", "/é", "/a"]
    assert match("/[!a]", stdin="/a\n\n/b\n") == ["/b"]


@pytest.mark.parametrize("env", [None, bare_environment(PYTHONIOENCODING="latin-1"), bare_environment()])
def test_address_that_is_not_utf_8_comes_out_byte_for_byte(env: dict[str, str] | None) -> None:
    lines = b"/f\xff\n/f\xc3\xa9\n/f\xed\xa0\x80\n"
    done = subprocess.run([*PROGRAM, "match", "/f*"], input=lines, capture_output=True, timeout=TIMEOUT, env=env)
    assert (done.returncode, done.stdout, done.stderr) == (0, lines, b"")


def test_pairs_are_answered_one_a_line() -> None:
    pairs = "/a*\t/ab\n/a*\t/b\n/[a\t/a\n/a\t/a\n//b\t/a/b\n\t\n/?\t/\t\n"
    assert match(stdin=pairs) == ["true", "false", "false", "true", "true", "true", "true"]
    assert match("--version", "1.0", stdin="//b\t/a/b\n") == ["false"]
    assert match("--glob", stdin="/a/**\t/a/b/c\n/a/**\t/a\n") == ["true", "false"]


def test_pair_without_tab_is_false_and_named() -> None:
    done = run("match", stdin="/a\t/a\n/a /a\n/b\t/b\n")
    assert done.returncode == 1
    assert done.stdout.splitlines() == ["true", "false", "true"]
    assert done.stderr == "line 2: there is no tab between a pattern and an address in '/a /a'\n"


@pytest.mark.parametrize("arguments", [["/[a"], ["--glob", "/a/{b"]])
def test_pattern_with_a_fault_is_refused_in_one_line(arguments: list[str]) -> None:
    done = run("match", *arguments, stdin=ADDRESSES)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("osc-workbench match: '/")
    assert "can match nothing: the " in done.stderr
    assert done.stderr.count("\n") == 1


def test_unknown_version_is_a_mistake_of_usage() -> None:
    done = run("match", "/a", "--version", "2.0")
    assert done.returncode == 2
    assert "1.0" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "line", "answer"), [(["/a*"], b"/ab\n", b"/ab\n"), ([], b"/a*\t/ab\n", b"true\n")]
)
def test_each_line_is_answered_at_once(arguments: list[str], line: bytes, answer: bytes) -> None:
    with subprocess.Popen([*PROGRAM, "match", *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        for _ in range(2):
            process.stdin.write(line)
            process.stdin.flush()
            assert process.stdout.readline() == answer
        process.stdin.close()
        assert process.wait(TIMEOUT) == 0


def test_hostile_pattern_is_answered() -> None:
    assert match("/*a*a*a*a*b", stdin="/" + "a" * 60_000 + "\n/aaaab\n") == ["/aaaab"]
    assert match(stdin=f"{'//a' * 20_000}/b\t{'/a' * 30_000}\n/{'{a,aa}' * 1000}b\t/{'a' * 1500}\n") == ["false"] * 2
