"""The glyphs image set: letters, digits and shapes, drawn by code.

Every image is a function of its set and its number alone, so the sets come out the same
each time and in whatever order they are drawn.
"""

import math
import multiprocessing
import shutil
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

HERE = Path(__file__).resolve().parent
SIZE = 64
TRAIN, HELD_OUT, VALIDATION, CALIBRATION, SAMPLES = range(5)  # seeds of the image sets


def ray(degrees, radius=1.0):
    return radius * math.sin(math.radians(degrees)), -radius * math.cos(math.radians(degrees))


def regular(corners, start=0):
    return [ray(start + 360 * k / corners) for k in range(corners)]


# Outlines on [-1, 1] squared, y downwards.
SHAPES = {
    "triangle": regular(3),
    "square": regular(4, 45),
    "pentagon": regular(5),
    "star": [ray(36 * k, 0.42 if k % 2 else 1) for k in range(10)],
    "heart": [(math.sin(t) ** 3, -(13 * math.cos(t) - 5 * math.cos(2 * t) - 2 * math.cos(3 * t)
               - math.cos(4 * t)) / 16) for t in np.linspace(0, 2 * math.pi, 60)],
    "crescent": [ray(d) for d in range(30, -211, -10)]
                + [(x + 0.45, y) for x, y in (ray(d, 0.87) for d in range(180, 361, 10))],
    "ring": [ray(d) for d in range(0, 361, 10)] + [ray(d, 0.55) for d in range(360, -1, -10)],
    "arrow": [(-1, -.25), (.1, -.25), (.1, -.75), (1, 0), (.1, .75), (.1, .25), (-1, .25)],
    "cross": [(-.3, -1), (.3, -1), (.3, -.3), (1, -.3), (1, .3), (.3, .3),
              (.3, 1), (-.3, 1), (-.3, .3), (-1, .3), (-1, -.3), (-.3, -.3)],
    "fish": [(.3 + .7 * x, .6 * y) for x, y in (ray(d) for d in range(-70, 251, 10))]
            + [(-1, .6), (-.8, 0), (-1, -.6)],
    "bolt": [(.3, -1), (-.6, .15), (-.05, .15), (-.3, 1), (.6, -.25), (.05, -.25)],
    "drop": [(0, -1)] + [(x, y + .4) for x, y in (ray(d, .6) for d in range(65, 296, 10))],
}
# No class here turns into another: 6 comes without 9, N without Z, A without V, and so on.
CLASSES = list("ABEFGHJKNPQRTY") + list("234567") + list(SHAPES)

CANVAS, GLYPH = 180, 100  # pixels of the canvas a glyph is drawn on, and of the glyph


def glyph_mask(rng, name):
    mask = Image.new("L", (CANVAS, CANVAS))
    draw = ImageDraw.Draw(mask)
    if name in SHAPES:
        draw.polygon([(CANVAS / 2 + x * GLYPH / 2, CANVAS / 2 + y * GLYPH / 2)
                      for x, y in SHAPES[name]], fill=255)
    else:
        font = ImageFont.load_default(GLYPH * 1.35)
        left, top, right, bottom = font.getbbox(name)
        corner = (CANVAS - left - right) / 2, (CANVAS - top - bottom) / 2
        draw.text(corner, name, fill=255, font=font, stroke_width=int(rng.integers(0, 8)))
    if rng.random() < 0.2:  # hollow
        grown = mask.filter(ImageFilter.MaxFilter(2 * int(rng.integers(4, 7)) + 1))
        return ImageChops.subtract(grown, mask)
    return mask


def posed(rng, mask, width, height):
    """The mask turned, scaled, sheared and shifted onto an image of width x height."""
    turn, shear = rng.uniform(-0.6, 0.6), rng.uniform(-0.3, 0.3)
    scale = rng.uniform(0.48, 0.85) * min(width, height) / GLYPH
    stretch = rng.uniform(-0.28, 0.28)
    turned = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    pose = scale * turned @ [[1, shear], [0, 1]] @ np.diag([math.exp(stretch), math.exp(-stretch)])
    centre = np.array([width, height]) * (0.5 + rng.uniform(-0.1, 0.1, 2))
    # Pillow wants the map from output to input; thrice the size, then averaged, for smooth edges.
    inverse = np.linalg.inv(3 * pose)
    offset = CANVAS / 2 - inverse @ (3 * centre)
    matrix = [*inverse[0], offset[0], *inverse[1], offset[1]]
    return mask.transform((3 * width, 3 * height), Image.Transform.AFFINE, matrix,
                          Image.Resampling.BILINEAR).reduce(3)


def texture(rng, width, height):
    """A field on [0, 1]: a gradient, stripes, a chequerboard or clouds."""
    y, x = np.mgrid[0:height, 0:width] / min(width, height)
    angle, phase, waves = rng.uniform(0, 2 * math.pi), rng.uniform(0, 6), rng.uniform(8, 45)
    u, v = x * math.cos(angle) + y * math.sin(angle), y * math.cos(angle) - x * math.sin(angle)
    match rng.integers(4):
        case 0:
            return np.clip(0.5 + 0.5 * (u - u.mean()), 0, 1)
        case 1:
            return 0.5 + 0.5 * np.sin(waves * u + phase)
        case 2:
            return (np.sin(waves * u + phase) * np.sin(waves * v) > 0).astype(float)
        case _:
            cells = Image.fromarray(rng.random([int(rng.integers(3, 12))] * 2, np.float32))
            return np.asarray(cells.resize((width, height), Image.Resampling.BICUBIC))


def colours(rng):
    """Two for the background and two for the glyph, far enough apart to tell glyph from ground."""
    while True:
        base = rng.uniform(0, 255, (2, 1, 3))
        ground, ink = base + rng.uniform(-1, 1, (2, 2, 3)) * [[[45]], [[25]]]
        if np.linalg.norm(ground[:, None] - ink[None], axis=-1).min() > 85:
            return ground, ink


def painted(field, pair):
    return pair[0] + field[..., None] * (pair[1] - pair[0])


def render(seed, index, width=SIZE, height=SIZE):
    """Image number `index` of a set; its class is the index modulo the number of classes."""
    rng = np.random.default_rng([seed, index])
    mask = posed(rng, glyph_mask(rng, CLASSES[index % len(CLASSES)]), width, height)
    ground, ink = colours(rng)
    alpha = np.asarray(mask)[..., None] / 255
    pixels = (1 - alpha) * painted(texture(rng, width, height), ground) \
        + alpha * painted(texture(rng, width, height), ink)
    image = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    unit = min(width, height) / SIZE
    draw = ImageDraw.Draw(image)
    for _ in range(rng.integers(0, 3)):  # scratches
        ends = rng.uniform(0, 1, (2, 2)) * [width, height]
        colour = tuple(map(int, rng.integers(0, 256, 3)))
        draw.line([*map(tuple, ends)], colour, round(unit * rng.uniform(1, 3)))
    image = image.filter(ImageFilter.GaussianBlur(unit * rng.uniform(0, 1.2)))
    noisy = np.asarray(image) + rng.normal(0, rng.uniform(0, 18), (height, width, 3))
    return np.clip(noisy, 0, 255).astype(np.uint8)


def image_set(seed, count):
    with multiprocessing.get_context("spawn").Pool() as pool:
        images = pool.map(partial(render, seed), range(count), chunksize=200)
    return np.stack(images), np.arange(count) % len(CLASSES)


def store(folder, images, labels):
    """JPEG keeps the folder small; every fourth image is a PNG so that both formats are met."""
    shutil.rmtree(HERE / folder, ignore_errors=True)
    (HERE / folder).mkdir()
    lines = []
    for n, (pixels, label) in enumerate(zip(images, labels)):
        name = f"{n:04}.{'jpg' if (n + n // len(CLASSES)) % 4 else 'png'}"
        Image.fromarray(pixels).save(HERE / folder / name, quality=92)
        lines.append(f"{name} {label}\n")
    (HERE / f"{folder}-labels.txt").write_text("".join(lines))


def store_samples():
    """A few larger pictures, of other proportions too, for the resize to work on."""
    folder = HERE / "samples"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, width, height in [("Q", 200, 150), ("5", 160, 160), ("star", 200, 150), ("heart", 150, 180),
                                ("fish", 240, 180), ("K", 128, 128)]:
        pixels = render(SAMPLES, CLASSES.index(name), width, height)
        Image.fromarray(pixels).save(folder / f"{name}.png")
