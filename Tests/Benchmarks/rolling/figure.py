"""The outcome as tables and as a figure."""

from xml.sax.saxutils import escape

from clients import KINDS

PANEL = 250
NAMES = 190
BAR = 17


def lost(row):
    return sum(row[kind] for kind in KINDS[1:])


def tables(rows, servers, lags):
    for server in servers:
        print(f"\n### {server}\n")
        print("| stopped by | lists lag by | requests | " + " | ".join(KINDS) + " | seconds to stop |")
        print("|---|---|---|" + "---|" * len(KINDS) + "---|")
        for row in (row for lag in lags for row in rows if (row["server"], row["lag"]) == (server, lag)):
            cells = [row["name"], f"{row['lag']} s", sum(row[kind] for kind in KINDS), *(row[kind] for kind in KINDS)]
            print("| " + " | ".join(map(str, cells)) + f" | {row['seconds']:.1f} |")


def text(x, y, words, more=""):
    return f'<text x="{x:.0f}" y="{y:.0f}" {more}>{escape(words)}</text>'


def panel(x, y, block, longest):
    """One server, one lag: a bar for each way to stop, as long as the stop took."""
    for row in block:
        count = lost(row)
        length = max(1, row["seconds"] / longest * 110)
        color = "#b03030" if count else "#2a7d2a"
        yield f'<rect x="{x}" y="{y + 3}" width="{length:.0f}" height="{BAR - 5}" fill="{color}"/>'
        yield text(x + length + 5, y + 13, f"{row['seconds']:.1f} s, " + (f"{count} lost" if count else "none lost"))
        y += BAR


def figure(rows, servers, lags, path):
    longest = max(row["seconds"] for row in rows)
    lines = []
    y = 20
    for number, server in enumerate(servers):
        lines.append(text(NAMES + number * PANEL, y, server, 'font-weight="bold"'))
    y += 10
    for lag in lags:
        y += 18
        lines.append(text(8, y, f"endpoint lists lag by {lag} s", 'font-weight="bold"'))
        y += 6
        blocks = [[row for row in rows if (row["server"], row["lag"]) == (server, lag)] for server in servers]
        for index, row in enumerate(blocks[0]):
            lines.append(text(NAMES - 8, y + BAR * index + 13, row["label"], 'text-anchor="end"'))
        for number, block in enumerate(blocks):
            lines.extend(panel(NAMES + number * PANEL, y, block, longest))
        y += BAR * len(blocks[0])
    size = f'width="{NAMES + PANEL * len(servers)}" height="{y + 14}"'
    with open(path, "w") as file:
        file.write(f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="12">\n'
                   '<rect width="100%" height="100%" fill="white"/>\n' + "\n".join(lines) + "\n</svg>\n")
