#!/usr/bin/env bash
# Pillow 13 resizes some images first along their columns, so that its pixels are no longer those of Pillow 12.
#
# pillow 12.3.0 and 13.0.0, Image.resize with BILINEAR. Each of the two passes rounds to 8 bits, so their order shows.
# Through 12.3.0 rows came first; since 13.0.0 the sizes decide, and a portrait photograph may differ by one step in
# some of its pixels. A network's scores then change in the last digits with the release of Pillow that its images went
# through. Where every bit matters, resize one axis at a time.
source "$(dirname "$0")/common.sh"

for version in 12.3.0 13.0.0; do
  (with_packages numpy==2.4.6 pillow==$version) <<'PYTHON'
import numpy as np, PIL
from PIL import Image

generator = np.random.default_rng(1)
orders = {}
for width, height, columns, rows in ((640, 480, 224, 224), (200, 300, 224, 224), (120, 100, 110, 10)):
    image = Image.fromarray(generator.integers(0, 256, (height, width, 3), dtype=np.uint8))
    once = np.asarray(image.resize((columns, rows), Image.BILINEAR), np.int32)
    rows_first = np.asarray(
        image.resize((columns, height), Image.BILINEAR).resize((columns, rows), Image.BILINEAR), np.int32)
    columns_first = np.asarray(
        image.resize((width, rows), Image.BILINEAR).resize((columns, rows), Image.BILINEAR), np.int32)
    same = [name for name, other in (("rows", rows_first), ("columns", columns_first)) if np.array_equal(once, other)]
    orders[width, height] = same
    print(f"Pillow {PIL.__version__}: {width} x {height} to {columns} x {rows}: {same} first, "
          f"off by {abs(rows_first - once).max()} from rows first")
    assert abs(rows_first - once).max() <= 1
expected = ["rows", "rows", "rows"] if PIL.__version__ == "12.3.0" else ["rows", "columns", "columns"]
assert list(orders.values()) == [[order] for order in expected]
PYTHON
done
