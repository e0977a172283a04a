"""Draws the pictures in the sample documents; ``make.py`` calls it."""

from __future__ import annotations

import colorsys
import random

from PIL import Image, ImageDraw

#: Corners of the details of the Mandelbrot set that stand for scans.
DETAILS = (
    (-0.748, 0.09, -0.738, 0.1),
    (-1.26, 0.36, -1.24, 0.38),
    (-0.17, 1.02, -0.14, 1.05),
)


def harbour(path, size=(1200, 600), seed=1):
    """Save a harbour town at dusk with two sailing boats."""
    random.seed(seed)
    img = Image.new("RGB", size)
    d = ImageDraw.Draw(img)
    w, h = size
    sky_and_sea(d, w, h)
    d.ellipse([w * 0.68, h * 0.16, w * 0.78, h * 0.16 + w * 0.1], fill=(255, 236, 190))
    x = 0
    while x < w * 0.62:
        x += house(d, x, int(h * 0.6)) + random.randint(0, 14)
    for place, scale in ((0.72, 1.0), (0.88, 0.7)):
        boat(d, w * place, h * 0.66, scale)
    for _ in range(260):
        px, py = random.randint(0, w), random.randint(int(h * 0.66), h)
        d.line(
            [(px, py), (px + random.randint(12, 60), py)], fill=(180, 200, 214), width=1
        )
    img.save(path)


def sky_and_sea(d, w, h):
    for y in range(h):
        t = y / h
        if t < 0.6:
            colour = (250 - 120 * t, 200 - 60 * t, 150 + 90 * t)
        else:
            colour = (30 + 40 * (1 - t), 70 + 60 * (1 - t), 110 + 70 * (1 - t))
        d.line([(0, y), (w, y)], fill=tuple(int(v) for v in colour))


def house(d, x, base):
    """Draw a house with lit windows at `x` and return its width."""
    width, height = random.randint(40, 90), random.randint(80, 230)
    wall = random.choice([(64, 60, 84), (84, 70, 90), (52, 62, 88), (96, 78, 84)])
    top = base - height
    d.rectangle([x, top, x + width, base], fill=wall)
    d.polygon(
        [(x - 4, top), (x + width / 2, top - 34), (x + width + 4, top)],
        fill=tuple(int(v * 0.7) for v in wall),
    )
    for wy in range(top + 14, base - 10, 26):
        for wx in range(x + 8, x + width - 12, 20):
            lit = random.random() < 0.6
            d.rectangle(
                [wx, wy, wx + 8, wy + 12], fill=(255, 222, 140) if lit else (40, 44, 66)
            )
    return width


def boat(d, cx, cy, s):
    def shape(points, colour):
        d.polygon([(cx + x, cy + y) for x, y in points], fill=colour)

    hull = [(-70 * s, 0), (70 * s, 0), (48 * s, 26 * s), (-52 * s, 26 * s)]
    shape(hull, (120, 40, 44))
    d.line([(cx, cy), (cx, cy - 130 * s)], fill=(40, 34, 34), width=5)
    shape([(6, -126 * s), (6, -14 * s), (74 * s, -14 * s)], (245, 240, 228))
    shape([(-6, -110 * s), (-6, -14 * s), (-52 * s, -14 * s)], (232, 222, 204))


def scans(folder):
    """Save small Mandelbrot details; the example site brings them to full resolution."""
    paths = []
    for number, corners in enumerate(DETAILS):
        detail = Image.effect_mandelbrot((475, 338), corners, 96)
        tint = colorsys.hsv_to_rgb(number / len(DETAILS), 0.55, 1)
        bands = [detail.point(lambda v, k=k: int(v * k)) for k in tint]
        paths.append(f"{folder}/scan{number}.png")
        Image.merge("RGB", bands).quantize(64).save(paths[-1], optimize=True)
    return paths
