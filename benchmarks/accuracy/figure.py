"""Draws what a table of benchmarks/accuracy says: the points that each method loses in each metric, beside what it
gains.

    python benchmarks/accuracy/figure.py TABLE.md FIGURE.svg
"""
import pathlib
import re
import sys
from html import escape

COLORS = {"frobenius": "#8a8a8a", "data": "#1f6fb4", "mahalanobis": "#d0703c"}
# Pixels: of names, of a point, of a row; points, beyond which dots stand at the edge.
LABEL, SCALE, ROW, MOST = 190, 26, 19, 16


def read(path):
    """Layer, method, gain in multiplies, gain in time, points lost by metric."""
    lines = [[cell.strip() for cell in line.strip("| \n").split("|")]
             for line in path.read_text().splitlines() if line.startswith("|")]
    header = next(cells for cells in lines if cells[0] == "layer")
    metrics = [cell.split(":")[0] for cell in header[5:]]
    for cells in lines:
        if len(cells) == len(header) and re.match(r"[\d.]+$", cells[2]):
            yield cells[0], cells[1], cells[2], cells[4], {
                metric: float(cell.split(",")[1]) for metric, cell in zip(metrics, cells[5:])}


def text(x, y, words, **attributes):
    extra = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in attributes.items())
    return f'<text x="{x}" y="{y}"{extra}>{escape(words)}</text>'


def draw(rows):
    x = lambda lost: LABEL + SCALE * (1 + max(-1, min(lost, MOST)))
    right, bottom = x(MOST) + 40, 60 + ROW * len(rows)
    parts = [text(x(0), 40, "points of top-1 lost"), text(right + 50, 40, "fewer ×", text_anchor="end"),
             text(right + 110, 40, "faster ×", text_anchor="end")]
    for index, (metric, color) in enumerate(COLORS.items()):
        parts.append(f'<circle cx="{x(0) + 4 + 110 * index}" cy="16" r="4" fill="{color}"/>'
                     + text(x(0) + 14 + 110 * index, 20, metric))
    for lost in range(0, MOST + 1, 2):
        parts.append(f'<path d="M{x(lost)} 50V{bottom - 8}" stroke="{"#999" if lost == 0 else "#e4e4e4"}"/>')
        parts.append(text(x(lost), bottom + 6, str(lost), text_anchor="middle"))
    for index, (layer, method, fewer, faster, lost) in enumerate(rows):
        y = 62 + ROW * index
        if index and rows[index - 1][0] != layer:
            parts.append(f'<path d="M4 {y - ROW / 2}H{right + 112}" stroke="#ccc"/>')
        parts.append(text(6, y + 4, layer if not index or rows[index - 1][0] != layer else "", font_weight="bold"))
        parts.append(text(48, y + 4, method) + text(right + 50, y + 4, fewer, text_anchor="end")
                     + text(right + 110, y + 4, faster, text_anchor="end"))
        parts.append(f'<path d="M{x(min(lost.values()))} {y}H{x(max(lost.values()))}" stroke="#ddd" stroke-width="3"/>')
        for metric, points in lost.items():
            parts.append(f'<circle cx="{x(points):.1f}" cy="{y}" r="4.5" fill="{COLORS[metric]}"/>')
        if beyond := sorted(points for points in lost.values() if points > MOST):
            parts.append(text(x(MOST) + 8, y + 4, ", ".join(f"{points:.0f}" for points in beyond), font_size=9))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {right + 116} {bottom + 14}"'
        ' font-family="sans-serif" font-size="11">'
        f'<rect width="100%" height="100%" fill="white"/>{"".join(parts)}</svg>\n')


pathlib.Path(sys.argv[2]).write_text(draw(list(read(pathlib.Path(sys.argv[1])))))
