"""The four mice of the paper: what is known of them, and what is assumed.

From the paper (Li et al. 2021): the numbers of neurons (Table A.2), the 24 Hz
frame rate and the mean lap durations of mouse 1, 6.9 s as a novice and 4.4 s as
an expert (Table A.1), 21,471 frames (895 s) a day (section 2.3), the 160 cm
corridor with its reward zone at 120-140 cm (Figure A.1). Everything else here is an assumption: the spread of lap
durations, how much an animal slows down, where and how often it licks. The
same assumptions hold for all four mice; they differ in their numbers of
neurons and in their random numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["CORRIDOR_CM", "FRAME_RATE_HZ", "PRESETS", "REWARD_ZONE_CM", "Preset", "RunningStyle"]

CORRIDOR_CM = 160.0
REWARD_ZONE_CM = (120.0, 140.0)
FRAME_RATE_HZ = 24.0


@dataclass(frozen=True)
class RunningStyle:
    """How an animal runs and licks on one day.

    Attributes
    ----------
    lap_mean_s : float
        Mean duration of a lap.
    lap_variation : float
        Standard deviation of lap durations divided by their mean.
    slowing : float
        Share of the running speed given up before and in the reward zone (0 to 1).
    speed_noise : float
        Standard deviation of the logarithm of the speed along a lap.
    lick_rate_hz : float
        Licks per second away from the reward zone.
    zone_lick_rate_hz : float
        Licks per second in the zone, reached from 20 cm before it on.
    """

    lap_mean_s: float
    lap_variation: float
    slowing: float
    speed_noise: float
    lick_rate_hz: float
    zone_lick_rate_hz: float


NOVICE = RunningStyle(
    lap_mean_s=6.9, lap_variation=0.25, slowing=0.1, speed_noise=0.35, lick_rate_hz=0.8, zone_lick_rate_hz=1.0
)
EXPERT = RunningStyle(
    lap_mean_s=4.4, lap_variation=0.15, slowing=0.55, speed_noise=0.2, lick_rate_hz=0.06, zone_lick_rate_hz=4.0
)


@dataclass(frozen=True)
class Preset:
    """One mouse on two days.

    Attributes
    ----------
    number : int
        Its number in the paper; part of the random seed.
    n_neurons : int
    n_frames : int
        Frames a day at 24 Hz.
    novice, expert : RunningStyle
    """

    number: int
    n_neurons: int
    n_frames: int = 21_471
    novice: RunningStyle = field(default=NOVICE)
    expert: RunningStyle = field(default=EXPERT)

    @property
    def duration_s(self) -> float:
        return self.n_frames / FRAME_RATE_HZ


PRESETS = {
    "mouse_1": Preset(number=1, n_neurons=102),
    "mouse_2": Preset(number=2, n_neurons=59),
    "mouse_3": Preset(number=3, n_neurons=21),
    "mouse_4": Preset(number=4, n_neurons=32),
}
"""The mice of the paper by name."""
