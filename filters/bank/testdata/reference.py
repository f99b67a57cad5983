"""Writes the .npy files beside it: banks by their papers' formulas, in NumPy's float64.

Nothing here is shared with the Go code. Of 49x49 kernels every sixth row and column
is kept, the centre among them; the others are whole. Needs NumPy alone.
"""
import os
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))


def save(name, filters, step=1):
    np.save(os.path.join(HERE, name + ".npy"), np.array(filters, "f4")[:, ::step, ::step])


def grid(n=49):
    half = (n - 1) // 2
    row, column = np.mgrid[:n, :n]
    return column - half, half - row  # x to the right and y upward, as in the papers


def zero_mean_l1(f):
    f = f - f.mean()
    return f / np.abs(f).sum()


def gauss1d(t, sigma, order):
    g = np.exp(-t * t / (2 * sigma**2)) / np.sqrt(2 * np.pi * sigma**2)
    return {0: g, 1: -g * t / sigma**2, 2: g * (t * t - sigma**2) / sigma**4}[order]


def derivatives(sigmas, order):
    """Of Gaussians of sigma across and 3 sigma along, at six angles."""
    x, y = grid()
    for sigma in sigmas:
        for o in range(6):
            c, s = np.cos(np.pi * o / 6), np.sin(np.pi * o / 6)
            yield zero_mean_l1(gauss1d(c * x - s * y, 3 * sigma, 0) * gauss1d(s * x + c * y, sigma, order))


def gaussian(sigma):
    x, y = grid()
    g = np.exp(-(x * x + y * y) / (2 * sigma**2))
    return g / g.sum()


def laplacian(sigma):
    x, y = grid()
    return gaussian(sigma) * (x * x + y * y - 2 * sigma**2) / sigma**4


def leung_malik(smallest):
    sigmas = [smallest * 2 ** (i / 2) for i in range(4)]
    filters = [*derivatives(sigmas[:3], 1), *derivatives(sigmas[:3], 2)]
    for sigma in sigmas:
        filters += [zero_mean_l1(f) for f in (gaussian(sigma), laplacian(sigma), laplacian(3 * sigma))]
    return filters


def root_filter_set():
    return [*derivatives([1, 2, 4], 1), *derivatives([1, 2, 4], 2),
            zero_mean_l1(gaussian(10)), zero_mean_l1(laplacian(10))]


def schmid():
    x, y = grid()
    r = np.hypot(x, y)
    for sigma, taus in {2: 1, 4: 2, 6: 3, 8: 3, 10: 4}.items():
        for tau in range(1, taus + 1):
            yield zero_mean_l1(np.cos(np.pi * tau * r / sigma) * np.exp(-r * r / (2 * sigma**2)))


def dct(n):
    k, i = np.mgrid[:n, :n]
    basis = np.sqrt(2 / n) * np.cos(np.pi * (2 * i + 1) * k / (2 * n))
    basis[0] /= np.sqrt(2)
    return np.einsum("vy,ux->vuyx", basis, basis).reshape(n * n, n, n)


def steerable():
    """Freeman and Adelson's x-y separable sets, tables III and V, interpolated to the angles.

    Nine taps 0.67 apart. They convolve; to correlate, the odd ones change their sign. The
    sum that sampling leaves g2 is taken away as a multiple of the Gaussian. The paper's
    0.9213, 1.843 and 0.7515 are rounded, these are not.
    """
    t = 0.67 * np.arange(-4, 5)
    x, y = np.meshgrid(t, t)
    e = np.exp(-(x * x + y * y))
    for a in (0, np.pi / 2):
        yield 0.67 * np.sqrt(8 / np.pi) * (np.cos(a) * x + np.sin(a) * y) * e
    k = np.sqrt(8 / (3 * np.pi))
    for a in np.pi * np.arange(3) / 3:
        c, s = np.cos(a), np.sin(a)
        g = (c * c * k * (2 * x * x - 1) + 2 * c * s * 2 * k * x * y + s * s * k * (2 * y * y - 1)) * e
        yield 0.67 * (g - g.sum() / e.sum() * e)
    for a in np.pi * np.arange(4) / 4:
        c, s = np.cos(a), np.sin(a)
        yield -0.67 * 0.9780 * e * (c**3 * (x**3 - 2.254 * x) + 3 * c * c * s * y * (x * x - 2.254 / 3)
                                    + 3 * c * s * s * x * (y * y - 2.254 / 3) + s**3 * (y**3 - 2.254 * y))


def unit_gaussian(n, sigma):
    x, y = grid(n)
    g = np.exp(-(x * x + y * y) / (2 * sigma**2))
    return g / g.sum()


def laplacian_of_gaussian(n, sigma):
    """Marr and Hildreth's, less the multiple of the Gaussian that makes it sum to 0."""
    x, y = grid(n)
    r2 = x * x + y * y
    g = np.exp(-r2 / (2 * sigma**2)) / (2 * np.pi * sigma**2)
    f = g * (r2 - 2 * sigma**2) / sigma**4
    return f - f.sum() / g.sum() * g


def gabor(n, wavelength, bandwidth, aspect, orientations):
    """Petkov and Kruizinga's, even and odd, with y downward; sums of 0 as above, of magnitudes 2."""
    sigma = wavelength / np.pi * np.sqrt(np.log(2) / 2) * (2**bandwidth + 1) / (2**bandwidth - 1)
    x, up = grid(n)
    y = -up
    for o in range(orientations):
        c, s = np.cos(np.pi * o / orientations), np.sin(np.pi * o / orientations)
        u, v = x * c + y * s, y * c - x * s
        g = np.exp(-(u * u + (aspect * v)**2) / (2 * sigma**2))
        for phase in (0, np.pi / 2):
            f = g * np.cos(2 * np.pi * u / wavelength + phase)
            f = f - f.sum() / g.sum() * g
            yield 2 * f / np.abs(f).sum()


save("gaussian", [unit_gaussian(9, 1.3)])
save("dog", [unit_gaussian(13, 1.2) - unit_gaussian(13, 1.2 * 1.7)])
save("log", [laplacian_of_gaussian(13, 1.4)])
save("gabor", list(gabor(25, 7, 1.2, 0.8, 3)))
save("leung-malik", leung_malik(np.sqrt(2)), 6)
save("leung-malik-small", leung_malik(1), 6)
save("mr8", root_filter_set(), 6)
save("schmid", list(schmid()), 6)
save("dct-8", dct(8))
save("dct-5", dct(5))
save("steerable", list(steerable()))
