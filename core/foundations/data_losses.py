"""Real losses as landscapes: two weights, a small table of measurements, and mini-batches.

The height over (weight, bias) is the mean loss over all rows. A mini-batch sees only some rows,
so its slope differs from the true one: that difference is the noise of stochastic gradient
descent, and here it is the real one.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from core.foundations.surfaces import Array, Surface

# Speed in miles per hour, and feet needed to stop, of cars in the 1920s.
# Source: M. Ezekiel, Methods of Correlation Analysis (1930).
# fmt: off
CAR_SPEEDS = np.array(
    [4, 4, 7, 7, 8, 9, 10, 10, 10, 11, 11, 12, 12, 12, 12, 13, 13, 13, 13, 14, 14, 14, 14, 15,
     15, 15, 16, 16, 17, 17, 17, 18, 18, 18, 18, 19, 19, 19, 20, 20, 20, 20, 20, 22, 23, 24, 24,
     24, 24, 25],
    dtype=np.float64,
)
CAR_STOPPING_FEET = np.array(
    [2, 10, 4, 22, 16, 10, 18, 26, 34, 17, 28, 14, 20, 24, 28, 26, 34, 34, 46, 26, 36, 60, 80,
     20, 26, 54, 32, 40, 32, 40, 50, 42, 56, 76, 84, 36, 46, 68, 32, 48, 52, 56, 64, 66, 54, 70,
     92, 93, 120, 85],
    dtype=np.float64,
)
# fmt: on

# Temperature at launch in °F, and whether a seal of the booster was damaged, for the 23 flights
# of the Space Shuttle before Challenger.
# Source: Dalal, Fowlkes and Hoadley (1989), JASA 84, table 1.
LAUNCH_TEMPERATURES = np.array(
    [66, 70, 69, 68, 67, 72, 73, 70, 57, 63, 70, 78, 67, 53, 67, 75, 70, 81, 76, 79, 75, 76, 58],
    dtype=np.float64,
)
SEAL_DAMAGED = np.array(
    [0, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 1], dtype=np.float64
)


def linear_regression(*, standardize: bool = True) -> Surface:
    """Make the mean squared error of a line through the stopping distances of cars.

    Args:
        standardize: Shift and scale speed and distance to mean 0 and deviation 1 first. Without
            it the loss is a ravine: the same data, a thousand times worse conditioned.

    Returns:
        Height over (weight, bias): mean of (weight · x + bias − y)² / 2.

    Example:
        >>> surface = linear_regression(standardize=False)
        >>> np.round(surface.minima[0], 4).tolist()  # the line 3.9324 x − 17.5791
        [3.9324, -17.5791]
    """
    x, y = CAR_SPEEDS, CAR_STOPPING_FEET
    if standardize:
        x, y = _standardized(x), _standardized(y)
    mean_x, mean_xx, mean_y, mean_xy = x.mean(), (x * x).mean(), y.mean(), (x * y).mean()
    mean_yy = (y * y).mean()

    # The mean over rows can be taken once, because the loss is a quadratic.
    def height(w: Array, b: Array) -> Array:
        squares = w * w * mean_xx + b * b + mean_yy
        return 0.5 * (squares + 2 * w * b * mean_x - 2 * w * mean_xy - 2 * b * mean_y)

    def batch_slopes(points: Array, rows: NDArray[np.int64]) -> Array:
        miss = points[..., :1] * x[rows] + points[..., 1:] - y[rows]
        return np.stack([(miss * x[rows]).mean(axis=-1), miss.mean(axis=-1)], axis=-1)

    best = np.linalg.solve([[mean_xx, mean_x], [mean_x, 1.0]], [mean_xy, mean_y])
    return Surface(
        name="linear_regression",
        title="A line through data",
        formula=r"\tfrac{1}{2n}\sum_i \left(w x_i + b - y_i\right)^2",
        idea="A real loss is a landscape over the weights, and a mini-batch sees it blurred.",
        window=((-1.5, 3.0), (-2.0, 2.0)) if standardize else ((-6.0, 12.0), (-60.0, 40.0)),
        start=(-1.0, 1.5) if standardize else (-2.0, 20.0),
        height=height,
        slopes=lambda w, b: (w * mean_xx + b * mean_x - mean_xy, w * mean_x + b - mean_y),
        curvatures=lambda w, b: (mean_xx, mean_x, 1.0),
        minima=((float(best[0]), float(best[1])),),
        batch_slopes=batch_slopes,
        n_rows=len(x),
    )


def logistic_regression() -> Surface:
    """Make the mean cross-entropy of predicting seal damage from the launch temperature.

    The temperature is standardised to mean 0 and deviation 1.

    Returns:
        Height over (weight, bias): mean of log(1 + e^z) − y z, with z = weight · x + bias, in nats.

    Example:
        >>> surface = logistic_regression()
        >>> float(np.round(surface.value([0.0, 0.0]), 4))  # a coin toss costs log 2
        0.6931
    """
    x, y = _standardized(LAUNCH_TEMPERATURES), SEAL_DAMAGED

    def height(w: Array, b: Array) -> Array:
        z = np.multiply.outer(w, x) + np.asarray(b)[..., None]
        # logaddexp(0, z) is log(1 + e^z) without overflow.
        return (np.logaddexp(0.0, z) - y * z).mean(axis=-1)

    def slopes(w: Array, b: Array) -> tuple[Array, ...]:
        z = np.multiply.outer(w, x) + np.asarray(b)[..., None]
        miss = _sigmoid(z) - y
        return (miss * x).mean(axis=-1), miss.mean(axis=-1)

    def curvatures(w: Array, b: Array) -> tuple[Array, ...]:
        p = _sigmoid(np.multiply.outer(w, x) + np.asarray(b)[..., None])
        spread = p * (1 - p)
        return (spread * x * x).mean(axis=-1), (spread * x).mean(axis=-1), spread.mean(axis=-1)

    def batch_slopes(points: Array, rows: NDArray[np.int64]) -> Array:
        miss = _sigmoid(points[..., :1] * x[rows] + points[..., 1:]) - y[rows]
        return np.stack([(miss * x[rows]).mean(axis=-1), miss.mean(axis=-1)], axis=-1)

    surface = Surface(
        name="logistic_regression",
        title="A yes or no from data",
        formula=r"\tfrac{1}{n}\sum_i \log\left(1 + e^{z_i}\right) - y_i z_i,\quad z_i = w x_i + b",
        idea="Far out the loss is almost a straight ramp; near the bottom it is a bowl.",
        window=((-6.0, 6.0), (-5.0, 5.0)),
        start=(4.0, 3.5),
        height=height,
        slopes=slopes,
        curvatures=curvatures,
        batch_slopes=batch_slopes,
        n_rows=len(x),
    )
    return replace(surface, minima=(_newton_minimum(surface),))


def _standardized(column: Array) -> Array:
    return (column - column.mean()) / column.std()


def _sigmoid(z: Array) -> Array:
    # tanh does not overflow where exp(−z) would.
    return 0.5 * (1 + np.tanh(0.5 * z))


def _newton_minimum(surface: Surface) -> tuple[float, float]:
    """Find the bottom of a convex loss; ten Newton steps from the middle are more than enough."""
    point = np.zeros(2)
    for _ in range(10):
        point = point - np.linalg.solve(surface.hessian(point), surface.gradient(point))
    return float(point[0]), float(point[1])
