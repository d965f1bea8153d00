from __future__ import annotations

import itertools
import threading
import time

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from artdesk.camera.painter import SteadyPainter, Turnstile
from artdesk.camera.steady import Steady
from artdesk.core.errors import Cancelled
from artdesk.core.image import Image, as_image
from artdesk.core.live import LiveSettings
from artdesk.core.progress import CancelToken

W, H = 160, 120


def scene(seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return cv2.resize(rng.integers(40, 210, (9, 12, 3), dtype=np.uint8), (W, H), interpolation=cv2.INTER_CUBIC)


def noisy(picture: np.ndarray, seed: int, sigma: float = 4.0) -> Image:
    noise = np.random.default_rng(seed).normal(0, sigma, picture.shape)
    return as_image(np.clip(picture + noise, 0, 255).astype(np.uint8))


def run(frames: list[Image], steady: Steady | None = None) -> list[Image]:
    steady = steady or Steady()
    return [steady.blend(frame, steady.observe(frame)) for frame in frames]


def change(frames: list[Image]) -> float:
    return float(np.mean([np.abs(a.astype(int) - b).mean() for a, b in itertools.pairwise(frames)]))


@pytest.mark.parametrize("sigma", [1.5, 4.0, 7.0])
def test_camera_noise_on_a_still_scene_shrinks_to_a_third(sigma: float) -> None:
    frames = [noisy(scene(), n, sigma) for n in range(30)]
    shown = run(frames)
    assert change(shown[8:]) <= change(frames[8:]) / 3


def test_noise_does_not_shrink_at_strength_zero() -> None:
    frames = [noisy(scene(), n) for n in range(6)]
    assert all(np.array_equal(a, b) for a, b in zip(run(frames, Steady(0.0)), frames, strict=True))


@pytest.mark.parametrize("contrast", [25, 60, 120])
def test_edges_of_what_moves_do_not_lag(contrast: int) -> None:
    frames = []
    for n in range(16):
        picture = scene().astype(int)
        picture[30:80, 10 + 5 * n : 50 + 5 * n] += contrast
        frames.append(noisy(np.clip(picture, 0, 255), n, 2.0))
    shown = run(frames)
    for n in range(6, 16):
        front = slice(10 + 5 * n + 36, 50 + 5 * n)
        behind = slice(10 + 5 * (n - 1), 10 + 5 * n)
        for strip in (front, behind):
            lag = np.abs(shown[n][34:76, strip].astype(int) - frames[n][34:76, strip]).mean()
            assert lag < contrast * 0.12, (n, strip, lag)


def test_a_panning_camera_stays_crisp() -> None:
    wide = cv2.resize(scene(3), (W * 2, H))
    frames = [noisy(wide[:, 3 * n : 3 * n + W], n, 3.0) for n in range(30)]
    shown = run(frames)
    # closer to its own frame than to the one before: the picture does not trail
    own = np.abs(shown[-1].astype(int) - frames[-1]).mean()
    last = np.abs(shown[-1].astype(int) - frames[-2]).mean()
    assert own < last * 0.75


def test_nothing_is_left_where_something_went_away() -> None:
    with_disc = scene().copy()
    cv2.circle(with_disc, (80, 60), 25, (240, 40, 40), -1)
    frames = [noisy(with_disc, n, 2.0) for n in range(8)] + [noisy(scene(), 50 + n, 2.0) for n in range(4)]
    shown = run(frames)
    assert np.abs(shown[-1][40:80, 60:100].astype(int) - scene()[40:80, 60:100]).mean() < 3


def test_slow_changes_are_followed() -> None:
    frames = [noisy(np.clip(scene().astype(int) + n, 0, 255), n, 1.0) for n in range(40)]
    shown = run(frames)
    assert abs(float(shown[-1].mean()) - float(frames[-1].mean())) < 6


def test_a_cut_shows_the_new_scene_whole() -> None:
    frames = [noisy(scene(), n) for n in range(5)] + [noisy(255 - scene(), 9)]
    steady = Steady()
    run(frames[:5], steady)
    motion = steady.observe(frames[5])
    assert motion.cut
    assert np.array_equal(steady.blend(frames[5], motion), frames[5])


def test_refresh_shows_the_next_frame_whole_once() -> None:
    frames = [noisy(scene(), n) for n in range(8)]
    steady = Steady()
    run(frames[:6], steady)
    steady.refresh()
    assert np.array_equal(steady.blend(frames[6], steady.observe(frames[6])), frames[6])
    assert not np.array_equal(steady.blend(frames[7], steady.observe(frames[7])), frames[7])


def test_flicker_is_measured() -> None:
    steady = Steady()
    for n in range(40):
        frame = noisy(scene(), n)
        motion = steady.observe(frame)
        steady.measure(frame, steady.blend(frame, motion), motion)
    assert 3.5 < steady.flicker_in < 5.5  # two noises of deviation 4: 1.13 · 4
    assert steady.flicker_out < steady.flicker_in / 3


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 40), st.integers(1, 40)), min_size=1, max_size=5))
def test_any_size_at_any_time(sizes: list[tuple[int, int]]) -> None:
    steady = Steady()
    for n, (w, h) in enumerate(sizes):
        for k in range(2):
            frame = as_image(np.full((h, w, 3), (40 * n + k) % 256, np.uint8))
            motion = steady.observe(frame)
            out = steady.blend(frame, motion)
            steady.measure(frame, out, motion)
            assert out.shape == frame.shape


class Network:
    """Gives the frame back at the working size and remembers what it was told."""

    device = "cpu"
    lanes = 1

    def __init__(self) -> None:
        self.looks: list[tuple[LiveSettings, int, int]] = []
        self.resets = 0
        self.offset = 0

    def set(self, look: tuple[LiveSettings, int, int]) -> None:
        self.looks.append(look)

    def reset(self) -> None:
        self.resets += 1

    def paint(self, frame: Image, token: CancelToken) -> Image:
        _, w, h = self.looks[-1]
        return as_image(cv2.add(cv2.resize(frame, (w, h)), (self.offset,) * 3 + (0,)))


def painter() -> tuple[SteadyPainter, Network]:
    network = Network()
    return SteadyPainter(network, lambda s, w, h: (s, w, h)), network


def test_result_has_the_frames_size_whatever_the_working_size() -> None:
    steady, network = painter()
    steady.set(LiveSettings(height=60))
    out = steady.paint(noisy(scene(), 1), CancelToken())
    assert network.looks[-1][1:] == (80, 64)
    assert out.shape == (H, W, 3)


def test_settings_are_handed_on_once_and_shown_with_the_next_frame() -> None:
    steady, network = painter()
    token = CancelToken()
    frames = [noisy(scene(), n) for n in range(6)]
    for frame in frames[:5]:
        steady.paint(frame, token)
    assert len(network.looks) == 1
    network.offset = 40  # another style
    steady.set(LiveSettings(strength=0.5))
    out = steady.paint(frames[5], token)
    assert len(network.looks) == 2
    assert np.array_equal(out, cv2.add(frames[5], (40, 40, 40, 0)))


def test_a_cut_resets_the_network() -> None:
    steady, network = painter()
    token = CancelToken()
    steady.paint(noisy(scene(), 1), token)
    steady.paint(noisy(scene(), 2), token)
    assert network.resets == 0
    steady.paint(noisy(255 - scene(), 3), token)
    assert network.resets == 1


def test_reset_forgets_everything() -> None:
    steady, network = painter()
    token = CancelToken()
    steady.paint(noisy(scene(), 1), token)
    steady.reset()
    frame = noisy(scene(), 2)
    assert np.array_equal(steady.paint(frame, token), frame)
    assert network.resets == 1


def test_a_mix_that_comes_in_over_time_does_not_flicker_meanwhile() -> None:
    steady, network = painter()
    token = CancelToken()
    frames = [noisy(scene(), n) for n in range(24)]
    shown = []
    for n, frame in enumerate(frames):
        steady.set(LiveSettings(mix=(("a", 24.0 - n), ("b", float(n))), morph_seconds=1.0))
        shown.append(steady.paint(frame, token))
    assert len(network.looks) == 24
    assert change(shown[4:]) < change(frames[4:]) * 0.6


def test_the_turnstile_keeps_the_order_and_survives_failures() -> None:
    turnstile, token, left = Turnstile(), CancelToken(), []
    tickets = [turnstile.enter() for _ in range(4)]

    def go(ticket: int) -> None:
        try:
            if ticket == 1:
                raise ValueError("this frame fails")
            with turnstile.pass_through(ticket, token):
                left.append(ticket)
        except ValueError:
            pass
        finally:
            turnstile.leave(ticket)

    threads = [threading.Thread(target=go, args=(ticket,)) for ticket in reversed(tickets)]
    for thread in threads:
        thread.start()
        time.sleep(0.02)
    for thread in threads:
        thread.join(2)
    assert left == [0, 2, 3]


def test_a_cancelled_wait_at_the_turnstile_ends() -> None:
    turnstile, token = Turnstile(), CancelToken()
    turnstile.enter()
    second = turnstile.enter()
    threading.Timer(0.05, token.cancel).start()
    with pytest.raises(Cancelled), turnstile.pass_through(second, token):
        pass


def test_frames_of_two_lanes_leave_in_order() -> None:
    class Uneven(Network):
        lanes = 2

        def paint(self, frame: Image, token: CancelToken) -> Image:
            time.sleep(0.03 if frame[0, 0, 0] % 2 else 0.001)
            return frame

    steady = SteadyPainter(Uneven(), lambda s, w, h: (s, w, h))
    token = CancelToken()
    order: list[int] = []
    gate = threading.Lock()
    frames = iter([as_image(np.full((48, 64, 3), n, np.uint8)) for n in range(1, 21)])

    def lane() -> None:
        while True:
            with gate:
                frame = next(frames, None)
            if frame is None:
                return
            steady.paint(frame, token)
            order.append(int(frame[0, 0, 0]))

    lanes = [threading.Thread(target=lane) for _ in range(2)]
    for thread in lanes:
        thread.start()
    for thread in lanes:
        thread.join(5)
    # a slow frame is followed by the quick one that waited for it, not the other way round
    assert len(order) == 20
    assert sum(abs(value - place) for place, value in enumerate(order, 1)) <= 4


def test_a_fast_pan_is_no_cut() -> None:
    steady, network = painter()
    wide = cv2.resize(scene(5), (W * 6, H * 3))
    for n in range(8):
        steady.paint(noisy(wide[:, 24 * n : 24 * n + W * 3], n), CancelToken())
    assert network.resets == 0
