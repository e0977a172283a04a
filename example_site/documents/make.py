"""Composes the sample documents and has LibreOffice write them.

Run it in this folder with LibreOffice on the path and ``python-docx openpyxl
python-pptx Pillow`` installed; the results stand beside it, so nobody needs to.
"""

from __future__ import annotations

import pathlib
import shutil
import subprocess

from docx import Document
from docx.shared import Cm
from openpyxl import Workbook
from openpyxl.drawing.image import Image as XImage
from openpyxl.styles import Font, PatternFill
from pictures import harbour, scans
from pptx import Presentation
from pptx.util import Inches

out = pathlib.Path("out")
out.mkdir(exist_ok=True)
src = pathlib.Path("src")
src.mkdir(exist_ok=True)


harbour("src/harbour.png")


def docx(path, title, paras, table, picture=None):
    doc = Document()
    doc.core_properties.title = title
    doc.core_properties.author = "wagtail_m365 example site"
    doc.add_heading(title, 0)
    for p in paras[:2]:
        doc.add_paragraph(p)
    if picture:
        doc.add_picture(picture, width=Cm(15))
    t = doc.add_table(rows=1, cols=len(table[0]), style="Light Grid Accent 1")
    for c, v in zip(t.rows[0].cells, table[0], strict=False):
        c.text = v
    for row in table[1:]:
        for c, v in zip(t.add_row().cells, row, strict=False):
            c.text = v
    for p in paras[2:]:
        doc.add_paragraph(p)
    doc.save(path)


docx(
    "src/harbour-festival-press-release.docx",
    "Harbour festival opens on 6 June",
    [
        "The harbour office invites the public to the eleventh harbour festival. For three days the quays between the old crane and the lighthouse belong to walkers, sailors and musicians.",
        "Admission is free. The ferry runs every twenty minutes until midnight.",
        "Journalists find pictures, logos and the programme in the press kit on this site. Questions are answered by the press office.",
    ],
    [
        ("Day", "Highlight", "Place"),
        ("Friday", "Parade of sailing ships", "Outer harbour"),
        ("Saturday", "Night market and concert", "Old crane"),
        ("Sunday", "Open ship for families", "Museum pier"),
    ],
    "src/harbour.png",
)
docx(
    "src/quarterly-report.docx",
    "Third quarter: figures of the harbour office",
    [
        "This report sums up traffic, visitors and works of the third quarter.",
        "The figures are final; the half-sentence in the file name shows what people do to file names.",
        "Works on the east quay go on as planned.",
    ],
    [
        ("Month", "Ships", "Visitors"),
        ("July", "412", "38 200"),
        ("August", "455", "41 900"),
        ("September", "398", "29 750"),
    ],
    "src/harbour.png",
)
docx(
    "src/visitor-rules.docx",
    "Rules for visitors",
    [
        "These rules hold on all quays, piers and bridges that are open to the public.",
        "Dogs are welcome on a lead.",
        "Drones need a permission of the harbour master.",
    ],
    [
        ("Place", "Open"),
        ("Museum pier", "9 to 18"),
        ("Lighthouse", "10 to 17"),
        ("East quay", "closed (works)"),
    ],
)
docx(
    "src/letter-1998.docx",
    "Letter to the neighbours of the harbour",
    [
        "Dear neighbours,",
        "the dredger will work between eight in the morning and four in the afternoon.",
        "This letter was kept in the format of its time, which Office for the web can open but not edit.",
    ],
    [("Week", "Where"), ("12", "Outer harbour"), ("13", "Ferry basin")],
)

wb = Workbook()
ws = wb.active
ws.title = "Budget"
ws.append(["Item", "Planned", "Spent", "Left"])
for c in ws[1]:
    c.font = Font(bold=True, color="FFFFFF")
    c.fill = PatternFill("solid", fgColor="1F4E79")
for i, (n, a, b) in enumerate(
    [
        ("Stage and light", 18000, 17250),
        ("Music", 22000, 19800),
        ("Security", 9500, 9500),
        ("Printing", 3200, 2875),
        ("Ferry", 12000, 8640),
    ],
    2,
):
    ws.append([n, a, b, f"=B{i}-C{i}"])
ws.append(["Sum", "=SUM(B2:B6)", "=SUM(C2:C6)", "=SUM(D2:D6)"])
ws.column_dimensions["A"].width = 24
ws2 = wb.create_sheet("Contacts")
ws2.append(["Role", "Office"])
for r in (
    ("Press office", "Room 12"),
    ("Harbour master", "Tower"),
    ("Events", "Room 7"),
):
    ws2.append(r)
im = XImage("src/harbour.png")
im.width, im.height = 420, 210
ws.add_image(im, "F2")
wb.save("src/festival-budget.xlsx")


def pptx(path, title, slides):
    p = Presentation()
    s = p.slides.add_slide(p.slide_layouts[0])
    s.shapes.title.text = title
    s.placeholders[1].text = "Harbour office"
    for head, bullets, pic in slides:
        s = p.slides.add_slide(p.slide_layouts[1 if bullets else 5])
        s.shapes.title.text = head
        if bullets:
            tf = s.placeholders[1].text_frame
            tf.text = bullets[0]
            for b in bullets[1:]:
                tf.add_paragraph().text = b
        if pic:
            s.shapes.add_picture(
                pic,
                Inches(1),
                Inches(1.6 if not bullets else 4.4),
                width=Inches(8 if not bullets else 5),
            )
    s = p.slides.add_slide(p.slide_layouts[5])
    s.shapes.title.text = "Figures"
    t = s.shapes.add_table(4, 3, Inches(1), Inches(1.8), Inches(8), Inches(3)).table
    for r, row in enumerate(
        [
            ("Month", "Ships", "Visitors"),
            ("July", "412", "38 200"),
            ("August", "455", "41 900"),
            ("September", "398", "29 750"),
        ]
    ):
        for c, v in enumerate(row):
            t.cell(r, c).text = v
    p.save(path)


pptx(
    "src/harbour-tour.pptx",
    "A tour of the harbour",
    [
        (
            "Where to begin",
            ["At the old crane", "Along the museum pier", "Up the lighthouse"],
            None,
        ),
        ("The view", None, "src/harbour.png"),
    ],
)
pptx(
    "src/photo-album.pptx",
    "Album of the festival, full resolution",
    [(f"Scan {i + 1}", None, f) for i, f in enumerate(scans("src"))],
)


def soffice(fmt, *files, outdir="out"):
    subprocess.run(
        ["soffice", "--headless", "--convert-to", fmt, "--outdir", outdir, *files],
        check=True,
        capture_output=True,
    )


soffice(
    "docx:MS Word 2007 XML",
    "src/harbour-festival-press-release.docx",
    "src/quarterly-report.docx",
    "src/visitor-rules.docx",
)
soffice("doc:MS Word 97", "src/letter-1998.docx")
soffice("xlsx:Calc MS Excel 2007 XML", "src/festival-budget.xlsx")
soffice(
    "pptx:Impress MS PowerPoint 2007 XML",
    "src/harbour-tour.pptx",
    "src/photo-album.pptx",
)
soffice("pdf", "src/visitor-rules.docx")
(out / "opening-hours.csv").write_text(
    "place,opens,closes\nMuseum pier,09:00,18:00\nLighthouse,10:00,17:00\n"
)
shutil.copy("src/harbour.png", out / "harbour.png")
