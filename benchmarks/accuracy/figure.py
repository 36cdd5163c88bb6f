"""Draws what a table of benchmarks/accuracy says: points lost over the gain in time, a panel a layer, a colour a metric.

    python benchmarks/accuracy/figure.py TABLE.md FIGURE.svg
"""
import pathlib
import re
import sys
from html import escape

WIDTH, HEIGHT, LEFT, TOP, GAP = 330, 260, 46, 34, 30
COLORS = {"frobenius": "#888888", "data": "#1f6fb4", "mahalanobis": "#c8553d"}


def draw(rows, path):
    """`rows`: layer, name of the point, gain, {metric: points lost}."""
    layers = list(dict.fromkeys(row[0] for row in rows))
    most = max(max(row[3].values()) for row in rows)
    top, fastest = min(most, 12) * 1.08, max(row[2] for row in rows) * 1.12
    parts = []
    for index, layer in enumerate(layers):
        left = LEFT + index * (WIDTH + GAP + LEFT)
        x = lambda gain: left + WIDTH * min(gain / fastest, 1)
        y = lambda lost: TOP + HEIGHT * (1 - (max(min(lost, top), -1) + 1) / (top + 1))
        parts.append(f'<text x="{left}" y="{TOP - 14}" font-weight="bold">{escape(layer)}</text>')
        parts.append(f'<rect x="{left}" y="{TOP}" width="{WIDTH}" height="{HEIGHT}" fill="none" stroke="#bbb"/>')
        for lost in range(0, int(top) + 1, 2):
            parts.append(f'<path d="M{left} {y(lost):.1f}h{WIDTH}" stroke="#eee"/><text x="{left - 6}" y="{y(lost) + 4:.1f}" text-anchor="end">{lost}</text>')
        for gain in range(1, int(fastest) + 1):
            parts.append(f'<text x="{x(gain):.1f}" y="{TOP + HEIGHT + 15}" text-anchor="middle">{gain}×</text>')
        for row in (row for row in rows if row[0] == layer):
            heights = [y(lost) for lost in row[3].values()]
            parts.append(f'<path d="M{x(row[2]):.1f} {min(heights):.1f}V{max(heights):.1f}" stroke="#ddd"/>')
            for metric, lost in row[3].items():
                note = escape(f"{row[1]}, {metric}: {lost:+.2f} points at {row[2]:.2f}×")
                parts.append(f'<circle cx="{x(row[2]):.1f}" cy="{y(lost):.1f}" r="4" fill="{COLORS[metric]}"><title>{note}</title></circle>')
            parts.append(f'<text x="{x(row[2]) + 6:.1f}" y="{min(heights) - 3:.1f}" font-size="9">{escape(row[1])}</text>')
    total = LEFT + len(layers) * (WIDTH + GAP + LEFT)
    legend = "".join(
        f'<circle cx="{LEFT + 6 + 110 * index}" cy="{TOP + HEIGHT + 40}" r="4" fill="{color}"/>'
        f'<text x="{LEFT + 16 + 110 * index}" y="{TOP + HEIGHT + 44}">{metric}</text>' for index, (metric, color) in enumerate(COLORS.items()))
    caption = f'<text x="{LEFT + 380}" y="{TOP + HEIGHT + 44}">points of top-1 lost, over the dense layer\'s time ÷ the factored one\'s</text>'
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {total} {TOP + HEIGHT + 56}" font-family="sans-serif" font-size="12">'
        f'<rect width="100%" height="100%" fill="white"/>{"".join(parts)}{legend}{caption}</svg>\n')


def read(path):
    lines = [[cell.strip() for cell in line.strip("| \n").split("|")] for line in path.read_text().splitlines() if line.startswith("|")]
    header = next(cells for cells in lines if cells[0] == "layer")
    metrics = [cell.split(":")[0] for cell in header[5:]]
    for cells in lines:
        if len(cells) == len(header) and re.match(r"[\d.]+$", cells[2]):
            yield cells[0], cells[1], float(cells[4]), {metric: float(cell.split(",")[1]) for metric, cell in zip(metrics, cells[5:])}


if __name__ == "__main__":
    draw(list(read(pathlib.Path(sys.argv[1]))), pathlib.Path(sys.argv[2]))
