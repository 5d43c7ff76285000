from components.turns import Turns


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def test_the_first_ticket_goes_first_and_the_others_see_how_many_are_ahead():
    turns = Turns(limit=1)
    first, second, third = turns.join(), turns.join(), turns.join()
    assert [turns.place(ticket) for ticket in (first, second, third)] == [0, 1, 2]
    turns.leave(first)
    assert [turns.place(ticket) for ticket in (second, third)] == [0, 1]


def test_as_many_tickets_may_work_as_the_limit_allows():
    turns = Turns(limit=2)
    tickets = [turns.join() for _ in range(4)]
    assert [turns.place(ticket) for ticket in tickets] == [0, 0, 1, 2]


def test_a_ticket_nobody_asks_about_is_dropped_and_comes_back_last():
    clock = Clock()
    turns = Turns(limit=1, patience_s=10, clock=clock)
    gone, waiting = turns.join(), turns.join()
    clock.now = 9
    assert turns.place(waiting) == 1
    clock.now = 11
    assert turns.place(waiting) == 0
    assert turns.place(gone) == 1


def test_leaving_twice_is_no_error():
    turns = Turns()
    ticket = turns.join()
    turns.leave(ticket)
    turns.leave(ticket)
    assert turns.place(turns.join()) == 0


def test_a_ticket_keeps_its_place_during_a_step_longer_than_patience():
    clock = Clock()
    turns = Turns(limit=1, patience_s=10, clock=clock)
    working, waiting = turns.join(), turns.join()
    with turns.working(working):
        clock.now = 30
        assert turns.place(waiting) == 1
    clock.now = 39
    assert turns.place(waiting) == 1
    assert turns.place(working) == 0


def test_a_ticket_that_left_during_a_step_does_not_come_back():
    turns = Turns(limit=1)
    gone, waiting = turns.join(), turns.join()
    with turns.working(gone):
        turns.leave(gone)
    assert turns.place(waiting) == 0
