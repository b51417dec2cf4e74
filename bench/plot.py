"""Growth as a picture: one panel a measurement, both axes logarithmic, in plain SVG."""
import math
from html import escape

WIDTH, HEIGHT, LEFT, TOP, BOTTOM, GAP = 300, 220, 58, 34, 44, 40
COLOURS = {"mkscratch": "#0b6e4f", "crane": "#c1440e", "tar c | cat": "#4a6fa5"}
OTHER = "#777777"


def log_range(values):
    low, high = math.floor(math.log10(min(values)) + 1e-9), math.ceil(math.log10(max(values)) - 1e-9)
    return low, max(high, low + 1)


def label(value, unit=""):
    if value >= 1000 and not unit:
        return f"{value:,.0f}"
    return f"{value:g}{unit}"


class Panel:
    def __init__(self, growth, left):
        self.growth, self.left = growth, left
        points = growth["points"]
        self.x_range = log_range([p["x"] for p in points])
        self.y_range = log_range([r["seconds"] for p in points for r in p["rows"]])

    def x(self, value):
        low, high = self.x_range
        return self.left + (math.log10(value) - low) / (high - low) * WIDTH

    def y(self, value):
        low, high = self.y_range
        return TOP + HEIGHT - (math.log10(value) - low) / (high - low) * HEIGHT

    def frame(self):
        yield f'<rect x="{self.left}" y="{TOP}" width="{WIDTH}" height="{HEIGHT}" class="frame"/>'
        yield f'<text x="{self.left}" y="{TOP - 12}" class="title">{escape(self.growth["title"])}</text>'
        for power in range(self.y_range[0], self.y_range[1] + 1):
            y = self.y(10 ** power)
            yield f'<path d="M{self.left} {y:.1f}h{WIDTH}" class="grid"/>'
            yield f'<text x="{self.left - 6}" y="{y + 4:.1f}" class="end">{label(10.0 ** power, " s")}</text>'
        for point in self.growth["points"]:
            x = self.x(point["x"])
            yield f'<path d="M{x:.1f} {TOP}v{HEIGHT}" class="grid"/>'
            yield f'<text x="{x:.1f}" y="{TOP + HEIGHT + 16}" class="middle">{label(point["x"])}</text>'
        yield (f'<text x="{self.left + WIDTH / 2}" y="{TOP + HEIGHT + 34}" class="middle">'
               f'{escape(self.growth["unit"])}</text>')

    def lines(self):
        tools = dict.fromkeys(r["tool"] for p in self.growth["points"] for r in p["rows"])
        for i, tool in enumerate(tools):
            colour = COLOURS.get(tool, OTHER)
            at = [(self.x(p["x"]), self.y(r["seconds"])) for p in self.growth["points"] for r in p["rows"]
                  if r["tool"] == tool]
            path = "L".join(f"{x:.1f} {y:.1f}" for x, y in at)
            yield f'<path d="M{path}" stroke="{colour}" class="line"/>'
            for x, y in at:
                yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>'
            yield f'<text x="{self.left + 8}" y="{TOP + 16 + 14 * i}" fill="{colour}">{escape(tool.split(":")[0])}</text>'


def picture(results):
    panels = [Panel(g, LEFT + i * (WIDTH + LEFT + GAP)) for i, g in enumerate(results["growth"]) if g["points"]]
    width, height = max(len(panels), 1) * (WIDTH + LEFT + GAP), HEIGHT + TOP + BOTTOM
    yield f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
    yield ("<style>text{font:12px sans-serif;fill:currentColor}.title{font-weight:bold}.end{text-anchor:end}"
           ".middle{text-anchor:middle}.frame{fill:none;stroke:#999}.grid{stroke:#ddd;fill:none}"
           ".line{fill:none;stroke-width:2}</style>")
    yield f'<rect width="{width}" height="{height}" fill="#ffffff"/>'
    for panel in panels:
        yield from panel.frame()
        yield from panel.lines()
    yield "</svg>"


def write(results, path):
    with open(path, "w", encoding="utf-8") as f:
        f.write("\n".join(picture(results)) + "\n")
