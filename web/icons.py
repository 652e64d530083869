"""The icons, drawn inline so that they take the colour of their text; each stands beside its word."""

from collections.abc import Mapping

from markupsafe import Markup

_DRAWN: Mapping[str, str] = {
    "alarm": '<path d="M5 14V9a5 5 0 0 1 10 0v5M3.5 14h13M8.5 16.7h3"/>',
    "arrow": '<path d="M10 16.5v-13M5.5 8 10 3.5 14.5 8"/>',
    "arrow-right": '<path d="M3.5 10h13M12 5.5l4.5 4.5-4.5 4.5"/>',
    "badge": '<rect x="4.5" y="3" width="11" height="14" rx="1.8"/><path d="M8.5 3v1.8h3V3"/>'
    '<circle cx="10" cy="9" r="1.8"/><path d="M7 14c.4-1.6 1.6-2.3 3-2.3s2.6.7 3 2.3"/>',
    "busy": '<path d="M16.8 10A6.8 6.8 0 1 1 13 3.9"/>',
    "camera": '<rect x="2.5" y="6" width="10.5" height="8.5" rx="1.6"/><path d="m13 9 4.5-2.3v7L13 11.5"/>',
    "no-photo": '<rect x="2.5" y="6" width="10.5" height="8.5" rx="1.6"/><path d="m13 9 4.5-2.3v7L13 11.5M3 17 17 3"/>',
    "car": '<path d="M3.5 14v-3.2l1.7-4.3h9.6l1.7 4.3V14M3.5 11h13M5 14v1.6M15 14v1.6"/>',
    "card": '<rect x="2.5" y="4.8" width="15" height="10.5" rx="1.8"/><path d="M2.5 8.3h15M5.3 12.3h3"/>',
    "check": '<path d="m4 10.6 4 4L16.2 6"/>',
    "chip": '<rect x="5.5" y="5.5" width="9" height="9" rx="1.5"/>'
    '<path d="M8 5.5V3M12 5.5V3M8 17v-2.5M12 17v-2.5M5.5 8H3M5.5 12H3M17 8h-2.5M17 12h-2.5"/>',
    "clock": '<circle cx="10" cy="10" r="7.2"/><path d="M10 5.8V10l2.8 1.8"/>',
    "cut": '<path d="M2.5 10h3M14.5 10h3M8 5.5 6.5 3.5M12 14.5l1.5 2M8.2 7.5H7A1.4 1.4 0 0 0 5.5 9v2A1.4 1.4 0 0 0 7 '
    '12.5h1.2M11.8 7.5H13A1.4 1.4 0 0 1 14.5 9v2a1.4 1.4 0 0 1-1.5 1.5h-1.2"/>',
    "done": '<circle cx="10" cy="10" r="7.2"/><path d="m6.6 10.3 2.4 2.4 4.5-5"/>',
    "eye": '<path d="M2.5 10S5.2 5 10 5s7.5 5 7.5 5-2.7 5-7.5 5-7.5-5-7.5-5z"/><circle cx="10" cy="10" r="2.2"/>',
    "help": '<path d="M4.2 4.5h11.6v8.2H10l-3.4 3v-3H4.2z"/>'
    '<path d="M8.3 7.6a1.8 1.8 0 1 1 2.3 1.8c-.4.1-.6.4-.6.8M10 11.4v.05"/>',
    "hourglass": '<path d="M5.5 3h9M5.5 17h9M6.5 3v2.5L10 10l3.5-4.5V3M6.5 17v-2.5L10 10l3.5 4.5V17"/>',
    "keypad": '<rect x="4.5" y="2.5" width="11" height="15" rx="1.6"/>'
    '<path d="M8 6.5v.05M12 6.5v.05M8 10v.05M12 10v.05M8 13.5v.05M12 13.5v.05"/>',
    "lift": '<rect x="4.5" y="3" width="11" height="14" rx="1.5"/><path d="m8 8.5 2-2 2 2M8 11.5l2 2 2-2"/>',
    "link": '<path d="M2.5 10h4M13.5 10h4"/><rect x="6.5" y="6.8" width="7" height="6.4" rx="1.5"/>',
    "live": '<path d="M10 15.5v.05M7.2 12.7a4 4 0 0 1 5.6 0M4.7 10a7.5 7.5 0 0 1 10.6 0"/>',
    "lock": '<rect x="4.5" y="9" width="11" height="8" rx="1.6"/><path d="M7 9V6.5a3 3 0 0 1 6 0V9"/>',
    "no": '<circle cx="10" cy="10" r="7.2"/><path d="m5 15 10-10"/>',
    "open": '<path d="M4.5 17V8.5M2.5 17h4M4.5 10.5 17 4.5"/>',
    "out": '<path d="M8 4H4v12h4M12.5 6.5 16 10l-3.5 3.5M16 10H8"/>',
    "paper": '<path d="M5 3h6.5L15 6.5V17H5zM11.5 3v3.5H15M7.5 10.5h5M7.5 13.5h5"/>',
    "phone": '<path d="M5.6 3.2 8 6.8 6.6 8.6a10 10 0 0 0 4.8 4.8L13.2 12l3.6 2.4c0 1.6-1.2 2.6'
    '-2.6 2.6C8.6 17 3 11.4 3 5.8 3 4.4 4 3.2 5.6 3.2z"/>',
    "queue": '<path d="M3 5h9M3 10h9M3 15h9"/><path d="m14 7.5 3-2.5-3-2.5M15.5 10h2M15.5 15h2"/>',
    "refresh": '<path d="M16.5 8.5A6.7 6.7 0 0 0 4.3 7M3.5 11.5A6.7 6.7 0 0 0 15.7 13"/>'
    '<path d="M4 3.5V7h3.5M16 16.5V13h-3.5"/>',
    "screen": '<rect x="2.5" y="4" width="15" height="9.5" rx="1.6"/><path d="M7 16.5h6M10 13.5v3M5.5 8.8h6"/>',
    "search": '<circle cx="8.7" cy="8.7" r="5.2"/><path d="m12.6 12.6 4.2 4.2"/>',
    "sites": '<rect x="3" y="3" width="14" height="14" rx="2.5"/><path d="M8 14V6h2.8a2.4 2.4 0 0 1 0 4.8H8"/>',
    "stay": '<path d="M3.5 10a6.5 6.5 0 1 1 2 4.7"/><path d="M10 6.4V10l2.4 1.6M3.2 13.2l2.2 1.6-1 2.4"/>',
    "theme": '<circle cx="10" cy="10" r="7.2"/><path d="M10 2.8v14.4"/>'
    '<path d="M10 2.8a7.2 7.2 0 0 1 0 14.4z" fill="currentColor" stroke="none"/>',
    "user": '<circle cx="10" cy="7" r="3.2"/><path d="M3.8 17c.6-3.2 3-5 6.2-5s5.6 1.8 6.2 5"/>',
    "warning": '<path d="M10 3 17.6 16.4H2.4z"/><path d="M10 8v4M10 14.1v.05"/>',
    "wave": '<path d="M10 15.5v.05M7.2 12.7a4 4 0 0 1 5.6 0M4.7 10a7.5 7.5 0 0 1 10.6 0"/>',
    "web": '<circle cx="10" cy="4.5" r="1.8"/><circle cx="4.5" cy="15" r="1.8"/><circle cx="15.5" cy="15" r="1.8"/>'
    '<path d="M9 6.2 5.4 13.3M11 6.2l3.6 7.1M6.3 15h7.4"/>',
}

_POST = '<path d="M5 18V6h4v12"/><path d="M2 19h36" stroke-width="1.2"/>'
_ARMS: Mapping[str, str] = {
    "closed": '<path d="M9 9h28" stroke-width="3.4"/><path class="stripes" d="M14 9h4M22 9h4M30 9h4" stroke-width="1.6"'
    ' stroke-linecap="butt"/>',
    "opening": '<path d="M9 9 30 4" stroke-width="3.4"/><path d="m33 12 2-5-5-.5" stroke-width="1.5"/>',
    "open": '<path d="M9 9 26 1.5" stroke-width="3.4"/>',
    "held-open": '<path d="M9 9 24 1.5" stroke-width="3.4"/><path d="M30 5v9M35 5v9" stroke-width="2.4"/>',
    "uncontrolled": '<path d="M11 9h26" stroke-dasharray="2 5"/>',
}


def icon(name: str, classes: str = "") -> Markup:
    """An icon by its name."""
    return _svg(f'<svg class="ico {classes}" viewBox="0 0 20 20" aria-hidden="true">{_DRAWN[name]}</svg>')


def gate(position: str) -> Markup:
    """The barrier in its true position; one we cannot tell is drawn closed."""
    drawn = _ARMS.get({"closing": "opening"}.get(position, position), _ARMS["closed"])
    return _svg(f'<svg class="gate" viewBox="0 0 40 20" aria-hidden="true">{_POST}{drawn}</svg>')


def _svg(text: str) -> Markup:
    return Markup(text)  # noqa: S704 - drawn above, nothing comes from outside
