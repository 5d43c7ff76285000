import numpy as np
import pytest
import torch


@pytest.fixture
def autograd():
    """Value, gradient and Hessian of a torch function at a point, in float64."""

    def differentiate(function, point):
        at = torch.tensor(np.asarray(point, dtype=np.float64), requires_grad=True)
        value = function(*at)
        (slope,) = torch.autograd.grad(value, at, create_graph=True)
        rows = [
            torch.autograd.grad(part, at, retain_graph=True, allow_unused=True)[0]
            if part.requires_grad
            else torch.zeros_like(at)
            for part in slope
        ]
        rows = [torch.zeros_like(at) if row is None else row for row in rows]
        return value.item(), slope.detach().numpy(), torch.stack(rows).detach().numpy()

    return differentiate
