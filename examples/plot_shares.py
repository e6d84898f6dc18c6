"""Draws the shares: for each priority a panel, for each month a bar of what the agreement says and one of the log's own
mark. Plain SVG, readable on light and dark pages."""
from __future__ import annotations

from incident_log import PRIORITIES
from incident_shares import Outcome

WIDTH, PANEL, LEFT, BAR, HEIGHT = 760, 150, 60, 18, 96
PROMISED = 80
OURS, LOGS = "#2a6f97", "#c98a2b"


def text(x: float, y: float, words: str, anchor: str = "middle", size: int = 11) -> str:
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" font-size="{size}">{words}</text>'


def bar(x: float, base: float, share: float, colour: str, words: str) -> str:
    """A share of nothing is a line, so that it is seen to be there."""
    height = max(1, HEIGHT * share / 100)
    return (f'<rect x="{x:g}" y="{base - height:.1f}" width="{BAR}" height="{height:.1f}" fill="{colour}">'
            f"<title>{words}</title></rect>")


def panel(top: int, priority: str, months: list[str], own: dict[tuple[str, str], list[Outcome]]) -> list[str]:
    base, step = top + 22 + HEIGHT, (WIDTH - LEFT - 10) / len(months)
    drawn = [text(LEFT, top + 12, f"{priority}: share resolved in time, %", "start", 12)]
    for share in (0, 50, 100):
        y = base - HEIGHT * share / 100
        drawn.append(f'<path d="M{LEFT} {y:g}H{WIDTH - 10}" stroke="#999" stroke-width="0.5"/>')
        drawn.append(text(LEFT - 6, y + 4, str(share), "end"))
    y = base - HEIGHT * PROMISED / 100
    drawn.append(f'<path d="M{LEFT} {y:g}H{WIDTH - 10}" stroke="#b33" stroke-dasharray="4 3"/>')
    for n, month in enumerate(months):
        middle, of = LEFT + step * (n + 0.5), own.get((month, priority), [])
        drawn.append(text(middle, base + 14, f"{month[2:]}{f' ({len(of)})' if of else ''}", size=9))
        for x, colour, who, k in ((middle - BAR, OURS, "the agreement", sum(o.within for o in of)),
                                  (middle, LOGS, "the log", sum(o.made_sla for o in of))):
            if of:
                words = f"{month}, {priority}, by {who}: {k} of {len(of)}"
                drawn.append(bar(x, base, 100 * k / len(of), colour, words))
    return drawn


def svg(own: dict[tuple[str, str], list[Outcome]], months: list[str]) -> str:
    height = 34 + PANEL * len(PRIORITIES)
    drawn = ['<title>Share of incidents resolved in time, by month and priority</title>',
             "<desc>Beside each other: by the agreement's limits in service time, and by the log's own mark. The"
             " figures stand in the table of the same page. Dashed: what is promised. In brackets: how many incidents.</desc>",
             f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>']
    for x, colour, words in ((LEFT, OURS, "by the agreement"), (LEFT + 150, LOGS, "by the log's own mark (made_sla)")):
        drawn += [f'<rect x="{x}" y="8" width="12" height="12" fill="{colour}"/>', text(x + 18, 18, words, "start")]
    for n, priority in enumerate(PRIORITIES):
        drawn += panel(34 + PANEL * n, priority, months, own)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
            f'font-family="sans-serif" fill="#222">\n' + "\n".join(drawn) + "\n</svg>\n")
