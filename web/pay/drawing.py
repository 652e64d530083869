"""A paper drawn as a PDF of one page. Loaded when the first one is asked for, which takes a second.

The font comes with its package: those that every PDF reader has know no euro sign.
"""

from importlib import resources

from fpdf import FPDF, XPos, YPos

from web.pay.paper import Paper

FONTS = resources.files("font_source_sans_pro").joinpath("files")
RIBBON = (255, 201, 77)
GREY = (65, 76, 85)
WIDTH, MARGIN = 210.0, 22.0


def drawn(paper: Paper) -> bytes:
    """The PDF. Characters the font does not have are left out."""
    pdf = FPDF(format="A4")
    pdf.set_lang(paper.language)
    pdf.set_title(paper.title)
    pdf.set_margins(MARGIN, MARGIN)
    pdf.add_font("body", "", str(FONTS.joinpath("SourceSansPro-Regular.ttf")))
    pdf.add_font("body", "B", str(FONTS.joinpath("SourceSansPro-Semibold.ttf")))
    pdf.add_page()
    if paper.ribbon:
        pdf.set_fill_color(*RIBBON)
        pdf.rect(0, 0, WIDTH, 11, style="F")
        _text(pdf, paper.ribbon, 11, bold=True, at_y=2.5, align="C")
        pdf.set_y(MARGIN)
    _text(pdf, paper.title, 22, bold=True)
    pdf.ln(3)
    for place, line in enumerate(paper.seller):
        _text(pdf, line, 11, bold=place == 0)
    pdf.ln(5)
    if paper.code is not None:
        _text(pdf, paper.code[0], 10, grey=True)
        pdf.set_char_spacing(2)
        _text(pdf, paper.code[1], 20, bold=True)
        pdf.set_char_spacing(0)
        pdf.ln(3)
    _rows(pdf, paper.rows)
    pdf.ln(3)
    _rows(pdf, paper.lines)
    _rows(pdf, paper.totals, bold=True)
    pdf.ln(6)
    _text(pdf, paper.foot, 9, grey=True)
    return bytes(pdf.output())


def _text(
    pdf: FPDF,
    text: str,
    size: float,
    *,
    bold: bool = False,
    grey: bool = False,
    at_y: float | None = None,
    align: str = "L",
) -> None:
    if at_y is not None:
        pdf.set_y(at_y)
    pdf.set_font("body", "B" if bold else "", size)
    pdf.set_text_color(*(GREY if grey else (0, 0, 0)))
    pdf.multi_cell(0, size * 0.46, text, align=align, new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _rows(pdf: FPDF, rows: tuple[tuple[str, str], ...], *, bold: bool = False) -> None:
    wide = pdf.epw * 0.56
    for label, value in rows:
        top = pdf.get_y()
        pdf.set_draw_color(200, 206, 211)
        pdf.line(MARGIN, top, WIDTH - MARGIN, top)
        pdf.set_text_color(*((0, 0, 0) if bold else GREY))
        pdf.set_font("body", "B" if bold else "", 11)
        pdf.multi_cell(wide, 7.5, label, new_x=XPos.RIGHT, new_y=YPos.TOP)
        below = pdf.get_y()
        pdf.set_text_color(0, 0, 0)
        pdf.set_xy(MARGIN + wide, top)
        pdf.multi_cell(0, 7.5, value, align="R", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        pdf.set_y(max(below, pdf.get_y()))
