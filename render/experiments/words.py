"""Figures, money and sizes as people read them."""

from __future__ import annotations

from datetime import UTC, datetime

_UNBOUND = 1e9
"""What figures carry for "without bound"."""


def number(value: float) -> str:
    """Three significant digits, thousands whole and apart, a true minus sign."""
    if abs(value) >= _UNBOUND:
        return "−∞" if value < 0 else "∞"
    said = f"{value:,.0f}" if abs(value) >= 999.5 else f"{value + 0.0:.3g}"
    return said.replace("-", "−")


def measure(value: float, unit: str) -> str:
    """A figure with its unit; a ratio (unit "1") from 0 to 1 as a percentage."""
    if unit == "1":
        return f"{number(value * 100)} %" if 0 <= value <= 1 else number(value)
    return f"{number(value)} {unit}".strip()


def dollars(value: float) -> str:
    """Money: cents, or more digits where cents would hide it."""
    if 0 < value < 0.01:
        return f"${value:.4f}" if value >= 0.0001 else "under $0.0001"
    return f"${value:,.2f}"


def seconds(value: float) -> str:
    """A span of time: "3.4 s", "2 min 05 s", "1 h 12 min"."""
    if value < 59.95:
        return f"{number(round(value, 1) if value >= 0.1 else value)} s"
    whole = round(value)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600:,} h {whole % 3600 // 60:02d} min"


def size(count: int) -> str:
    """Bytes in decimal units."""
    value, unit = float(count), "bytes"
    for unit in ("bytes", "kB", "MB", "GB"):
        if value < 1000 or unit == "GB":
            break
        value /= 1000
    return f"{number(value)} {unit}"


def plain(name: str) -> str:
    """A check's or figure's identifier as words: "av_length" becomes "av length"."""
    return name.replace("_", " ")


def instant(text: str) -> str:
    """An ISO 8601 instant as "2026-11-22 10:56 UTC"; any other text stays as it is."""
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return text
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if when.tzinfo else text
