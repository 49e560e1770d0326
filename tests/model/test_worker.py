"""The thread between source and screen."""

from __future__ import annotations

import threading

from sockscope.app.frames.frame import Frame
from sockscope.app.model.engine import Request, Snapshot
from sockscope.app.model.worker import Failed, Lost, Reader, Worker
from tests.fake import FakeSource, frame, sockets
from tests.model.test_log import destroyed


class Engine:
    """Notes what it is asked, fails when told to."""

    def __init__(self) -> None:
        self.frames: list[int] = []
        self.asked: list[str] = []
        self.fails = False
        self.hold = threading.Event()
        self.hold.set()

    def advance(self, frame: Frame) -> None:
        self.hold.wait(5)
        if self.fails:
            raise KeyError("rx_queue")
        self.frames.append(frame.number)

    def snapshot(self, request: Request) -> Snapshot:
        self.asked.append(request.tab)
        return request  # type: ignore[return-value]  # any object will do


class Delivered:
    def __init__(self) -> None:
        self.all: list[object] = []
        self._came = threading.Condition()

    def __call__(self, what: object) -> None:
        with self._came:
            self.all.append(what)
            self._came.notify_all()

    def wait(self, number: int) -> list[object]:
        with self._came:
            assert self._came.wait_for(lambda: len(self.all) >= number, 5)
        return self.all


def test_frames_that_come_too_fast_are_replaced_not_queued() -> None:
    engine, delivered = Engine(), Delivered()
    worker = Worker(engine, Request("a"), delivered)  # type: ignore[arg-type]
    engine.hold.clear()
    worker.start()
    worker.put(frame(0, sockets()))
    while worker._frame is not None:
        pass
    for number in range(1, 6):
        worker.put(frame(number, sockets()))
    engine.hold.set()
    delivered.wait(2)
    worker.stop()
    assert engine.frames == [0, 5]


def test_a_request_is_answered_without_a_new_frame() -> None:
    engine, delivered = Engine(), Delivered()
    worker = Worker(engine, Request("a"), delivered)  # type: ignore[arg-type]
    worker.start()
    worker.put(frame(0, sockets()))
    delivered.wait(1)
    worker.ask(Request("b"))
    assert delivered.wait(2)[1] == Request("b")
    worker.stop()
    assert engine.frames == [0]


def test_a_failure_is_told_and_the_next_frame_is_tried() -> None:
    engine, delivered = Engine(), Delivered()
    worker = Worker(engine, Request("a"), delivered)  # type: ignore[arg-type]
    engine.fails = True
    worker.start()
    worker.put(frame(0, sockets()))
    assert delivered.wait(1) == [Failed("KeyError: 'rx_queue'")]
    engine.fails = False
    worker.put(frame(1, sockets()))
    assert delivered.wait(2)[1] == Request("a")
    worker.stop()


def test_the_reader_passes_frames_on_until_the_source_is_lost() -> None:
    source, delivered = FakeSource(), Delivered()
    frames: list[Frame] = []
    reader = Reader(source, frames.append, delivered)
    source.push(frame(0, sockets()))
    source.push(frame(1, sockets()))
    source.lose("gone")
    reader.start()
    assert delivered.wait(1) == [Lost("gone")]
    reader.join()
    assert [each.number for each in frames] == [0, 1]


def test_requests_and_frames_take_turns() -> None:
    engine, delivered = Engine(), Delivered()
    worker = Worker(engine, Request("a"), delivered)  # type: ignore[arg-type]
    worker._seen = True
    worker.ask(Request("b"))
    worker.put(frame(0, sockets()))
    turns = [worker._next()]
    worker._newest_request()
    worker.ask(Request("c"))
    turns.append(worker._next())
    turns.append(worker._next())
    assert isinstance(turns[1], Frame)
    assert not isinstance(turns[0], Frame)
    assert not isinstance(turns[2], Frame)


def test_what_was_asked_while_a_frame_is_taken_in_is_what_is_made_of_it() -> None:
    engine, delivered = Engine(), Delivered()
    engine.hold.clear()
    worker = Worker(engine, Request("a"), delivered)  # type: ignore[arg-type]
    worker.start()
    worker.put(frame(0, sockets()))
    while worker._frame is not None:
        pass
    worker.ask(Request("b"))
    engine.hold.set()
    delivered.wait(1)
    worker.stop()
    assert engine.asked == ["b"]


def test_events_of_a_replaced_frame_are_taken_along() -> None:
    engine, delivered = Engine(), Delivered()
    worker = Worker(engine, Request("a"), delivered)  # type: ignore[arg-type]
    for number in range(3):
        worker.put(frame(number, sockets(), destroyed(2 * number, {"cookie": number}, {"cookie": 50})))
    assert worker._frame is not None
    assert worker._frame.number == 2
    assert worker._frame.tables["destroyed"].numbers("number").tolist() == [0, 1, 2, 3, 4, 5]
