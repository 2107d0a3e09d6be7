"""Answers that become a loop or a flood are stopped; a client that asks a lot is not."""

from itertools import count as count_up

import pytest

from osc_workbench.osc.reply_guard import REPLIES_PER_SECOND, ReplyGuard

PEER = ("127.0.0.1", 9000)
ECHO = b"/echo\0\0\0,\0\0\0"
# Each question is another message.
QUESTIONS = count_up()


def answers(guard: ReplyGuard, count: int, start: float, pause: float, peer: object = PEER) -> list[str]:
    """Let a peer ask so many different questions and return what the guard said to each answer."""
    said = []
    for number in range(count):
        time = start + number * pause
        guard.hear(peer, b"/question", time)
        said.append(guard.refuse(peer, b"/answer %d" % number, time, next(QUESTIONS)))
    return said


def echoes(guard: ReplyGuard, count: int, start: float, pause: float) -> list[str]:
    """Let our own answer come back so many times."""
    said = []
    for number in range(count):
        time = start + number * pause
        guard.hear(PEER, ECHO, time)
        said.append(guard.refuse(PEER, ECHO, time, next(QUESTIONS)))
    return said


def test_answers_may_leave_at_the_rate_that_is_allowed_for_ever() -> None:
    guard = ReplyGuard()
    assert set(answers(guard, 20_000, 0.0, 1 / REPLIES_PER_SECOND)) == {""}
    assert guard.suppressed == 0


def test_twice_as_many_as_in_a_second_may_leave_at_once_after_silence() -> None:
    guard = ReplyGuard(per_second=100)
    said = answers(guard, 205, 5.0, 0.0)
    assert said == [""] * 200 + ["rate"] + ["again"] * 4
    assert guard.suppressed == 5


def test_a_flood_is_stopped_said_once_and_counted() -> None:
    guard = ReplyGuard(per_second=100)
    said = answers(guard, 5000, 0.0, 0.001)
    assert said.count("rate") == 1
    assert said.index("rate") == pytest.approx(222, abs=2)
    assert set(said[said.index("rate") + 1 :]) == {"again"}
    assert guard.suppressed == len(said) - said.index("rate")


def test_a_peer_that_was_stopped_is_answered_again_after_a_second_of_silence() -> None:
    guard = ReplyGuard(per_second=10)
    assert answers(guard, 50, 0.0, 0.0)[-1] == "again"
    assert answers(guard, 1, 0.9, 0.0) == ["again"]
    # That question counts as no silence.
    assert answers(guard, 1, 1.5, 0.0) == ["again"]
    assert answers(guard, 3, 2.6, 0.0) == ["", "", ""]


def test_a_peer_that_goes_on_asking_stays_stopped() -> None:
    guard = ReplyGuard(per_second=10)
    answers(guard, 50, 0.0, 0.0)
    assert set(answers(guard, 100, 0.5, 0.9)) == {"again"}


def test_a_peer_that_was_stopped_twice_is_said_twice() -> None:
    guard = ReplyGuard(per_second=10)
    said = answers(guard, 50, 0.0, 0.0) + answers(guard, 50, 60.0, 0.0)
    assert said.count("rate") == 2


def test_our_own_answer_that_comes_back_at_once_again_and_again_is_an_echo() -> None:
    guard = ReplyGuard(per_second=1e9)
    said = echoes(guard, 500, 0.0, 0.0005)
    assert said[:200] == [""] * 200
    assert said.count("echo") == 1
    assert 199 <= said.index("echo") <= 202
    assert set(said[said.index("echo") + 1 :]) == {"again"}


def test_an_echo_is_stopped_long_before_the_rate_is() -> None:
    assert "echo" in echoes(ReplyGuard(), 1000, 0.0, 0.0001)


def test_a_client_that_asks_for_an_echo_with_pauses_is_no_loop() -> None:
    assert set(echoes(ReplyGuard(), 2000, 0.0, 2.1)) == {""}


def test_an_echo_over_a_slow_network_is_stopped_as_well() -> None:
    said = echoes(ReplyGuard(), 500, 0.0, 0.025)
    assert said[:199] == [""] * 199
    assert said.count("echo") == 1


def test_anything_else_between_two_echoes_begins_the_count_anew() -> None:
    guard = ReplyGuard(per_second=1e9)
    for turn in range(20):
        assert set(echoes(guard, 150, turn * 0.1, 0.0005)) == {""}
        guard.hear(PEER, b"/else", turn * 0.1 + 0.09)


def test_an_echo_is_answered_again_after_silence() -> None:
    guard = ReplyGuard(per_second=1e9)
    assert echoes(guard, 500, 0.0, 0.0005)[-1] == "again"
    assert echoes(guard, 5, 2.0, 0.0005) == [""] * 5


def test_peers_do_not_stop_each_other() -> None:
    guard = ReplyGuard(per_second=10)
    assert answers(guard, 50, 0.0, 0.0, "loud")[-1] == "again"
    assert answers(guard, 15, 0.0, 0.0, "quiet") == [""] * 15


def test_hearing_from_a_peer_that_was_never_answered_is_not_remembered() -> None:
    guard = ReplyGuard()
    for port in range(10_000):
        guard.hear(("10.0.0.1", port), b"/a", 0.0)
    assert len(guard.peers) == 0


def test_sixty_thousand_peers_take_the_memory_of_a_few_thousand() -> None:
    guard = ReplyGuard(per_second=10)
    for port in range(60_000):
        assert guard.refuse(("10.0.0.1", port), b"/a", port * 0.001, port) == ""
    assert len(guard.peers) <= 4096


def test_a_peer_that_is_answered_all_the_time_is_not_forgotten_for_new_ones() -> None:
    guard = ReplyGuard(per_second=10)
    said = []
    for port in range(10_000):
        guard.refuse(("10.0.0.1", port), b"/a", 0.0, port)
        if port % 100 == 0:
            said.append(guard.refuse(PEER, b"/a", 0.0, port))
    assert said.count("rate") == 1
    assert said[-1] == "again"


def test_a_peer_is_not_refused_for_more_than_it_could_ever_save_up() -> None:
    guard = ReplyGuard(per_second=10)
    answers(guard, 1, 0.0, 0.0)
    assert answers(guard, 25, 1e6, 0.0) == [""] * 20 + ["rate"] + ["again"] * 4


def test_one_message_may_be_answered_with_any_number_of_packets_and_is_charged_once() -> None:
    guard = ReplyGuard(per_second=10)
    said = [guard.refuse(PEER, b"/answer", 0.0, next_question) for next_question in range(20) for _ in range(5000)]
    assert set(said) == {""}
    assert [guard.refuse(PEER, b"/answer", 0.0, 20) for _ in range(3)] == ["rate", "again", "again"]
    assert guard.suppressed == 3


def test_messages_that_are_answered_beside_each_other_are_charged_once_each() -> None:
    guard = ReplyGuard(per_second=10)
    assert {guard.refuse(PEER, b"/answer", 0.0, number % 8) for number in range(4000)} == {""}
