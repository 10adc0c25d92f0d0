//! A laid out drawing as SVG.

use std::fmt::{self, Write};

use crate::ir::CheckedGraph;

use super::label::Look;
use super::layout::size::{LINE, PADDING, is_sign};
use super::layout::{Block, Line, Rect};
use super::outline::{Item, Outline};

/// Colours are variables of the page, with defaults for a drawing that stands alone.
const STYLE: &str = "\
.skillset-drawing{font:12px system-ui,\"Noto Sans\",\"DejaVu Sans\",sans-serif}\
.skillset-drawing text{fill:var(--ink,#23252a)}\
.skillset-drawing .name{font:12.5px ui-monospace,\"DejaVu Sans Mono\",monospace}\
.skillset-drawing .line{fill:var(--ink-2,#5a5d64)}\
.skillset-drawing rect,.skillset-drawing circle{fill:var(--surface,#fff);stroke:var(--line-strong,#cfc9bd)}\
.skillset-drawing .module>rect{fill:var(--ink,#23252a);fill-opacity:.025;stroke:var(--line-strong,#cfc9bd)}\
.skillset-drawing .module .title{paint-order:stroke;stroke:var(--surface,#fff);stroke-width:5px;stroke-linejoin:round}\
.skillset-drawing .repeat{fill:var(--accent,#1f6f60);font-weight:600}\
.skillset-drawing .attention rect{fill:var(--accent-soft,#e3f1ed);stroke:var(--accent-line,#b5d8cf)}\
.skillset-drawing .embedding rect{fill:var(--warm-soft,#faf0dc);stroke:var(--warm-line,#ecd5a6)}\
.skillset-drawing .norm rect{fill:var(--sunken,#f4f2ed)}\
.skillset-drawing .port rect{stroke:var(--accent,#1f6f60);rx:15px}\
.skillset-drawing path{fill:none;stroke:var(--ink-3,#74777e);stroke-width:1.3}\
.skillset-drawing path.aside{stroke-dasharray:3 3;opacity:.75}\
.skillset-drawing .head{fill:var(--ink-3,#74777e);stroke:none}";

/// Writes one `svg` element.
pub(super) fn write_svg(
    f: &mut fmt::Formatter<'_>,
    graph: &CheckedGraph,
    outline: &Outline,
    drawing: &Block,
) -> fmt::Result {
    let (width, height) = (drawing.width.ceil(), drawing.height.ceil());
    writeln!(
        f,
        "<svg class=\"skillset-drawing\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         width=\"{width}\" height=\"{height}\" role=\"img\" aria-label=\"{}\">",
        escape(&format!("Modules of {}", graph.name))
    )?;
    writeln!(f, "<style>{STYLE}</style>")?;
    // Modules lie under lines, and lines under what they lead to.
    for (id, rect) in drawing.boxes.iter().filter(|(id, _)| outline.items[*id].is_module()) {
        write_module(f, &outline.items[*id], rect)?;
    }
    for line in &drawing.lines {
        write_line(f, line)?;
    }
    for (id, rect) in &drawing.boxes {
        let item = &outline.items[*id];
        match item.look {
            Some(look) => write_leaf(f, item, look, rect)?,
            None => write_title(f, item, rect)?,
        }
    }
    f.write_str("</svg>")
}

fn write_module(f: &mut fmt::Formatter<'_>, item: &Item, rect: &Rect) -> fmt::Result {
    write!(f, "<g class=\"module\">")?;
    if item.repeat.is_some() {
        // A sheet behind: there are more of it.
        let behind = Rect { x: rect.x + 5.0, y: rect.y + 5.0, ..*rect };
        write_rect(f, &behind, 12.0)?;
    }
    write_rect(f, rect, 12.0)?;
    writeln!(f, "</g>")
}

fn write_title(f: &mut fmt::Formatter<'_>, item: &Item, rect: &Rect) -> fmt::Result {
    let (x, y) = (rect.x + 14.0, rect.y + 21.0);
    write!(f, "<g class=\"module\"><title>{}</title>", escape(&item.path))?;
    write!(
        f,
        "<text class=\"title\" x=\"{}\" y=\"{}\"><tspan class=\"name\">{}</tspan>",
        number(x),
        number(y),
        escape(&item.name)
    )?;
    if let Some(repeat) = &item.repeat {
        write!(f, "<tspan class=\"repeat\" dx=\"9\">{}</tspan>", escape(repeat))?;
    }
    writeln!(f, "</text></g>")
}

fn write_leaf(f: &mut fmt::Formatter<'_>, item: &Item, look: Look, rect: &Rect) -> fmt::Result {
    let (x, y) = (rect.x + rect.width / 2.0, rect.y + rect.height / 2.0);
    write!(f, "<g class=\"{}\"><title>{}</title>", look.class(), escape(&item.path))?;
    if is_sign(item) {
        write!(f, "<circle cx=\"{}\" cy=\"{}\" r=\"{}\"/>", number(x), number(y), number(rect.width / 2.0))?;
    } else {
        write_rect(f, rect, 8.0)?;
    }
    let name = (!item.name.is_empty()).then_some((&item.name, "name"));
    let lines =
        item.lines.iter().map(|line| (line, "line")).chain(item.repeat.iter().map(|line| (line, "repeat")));
    let rows: Vec<_> = name.into_iter().chain(lines).collect();
    let first = if is_sign(item) { y + 4.0 } else { rect.y + PADDING + LINE - 4.5 };
    for (row, (text, class)) in rows.iter().enumerate() {
        let y = number(first + row as f64 * LINE);
        write!(
            f,
            "<text class=\"{class}\" x=\"{}\" y=\"{y}\" text-anchor=\"middle\">{}</text>",
            number(x),
            escape(text)
        )?;
    }
    writeln!(f, "</g>")
}

fn write_rect(f: &mut fmt::Formatter<'_>, rect: &Rect, radius: f64) -> fmt::Result {
    let [x, y, width, height] = [rect.x, rect.y, rect.width, rect.height].map(number);
    write!(f, "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"{radius}\"/>")
}

/// A line of straight pieces down and curves aside.
fn write_line(f: &mut fmt::Formatter<'_>, line: &Line) -> fmt::Result {
    let Some(&(x, y)) = line.points.first() else { return Ok(()) };
    let mut path = format!("M{} {}", number(x), number(y));
    for pair in line.points.windows(2) {
        let [(from_x, from_y), (x, y)] = [pair[0], pair[1]];
        if (from_x - x).abs() < 0.5 {
            let _ = write!(path, "L{} {}", number(x), number(y));
        } else {
            let middle = number((from_y + y) / 2.0);
            let _ = write!(
                path,
                "C{} {middle} {} {middle} {} {}",
                number(from_x),
                number(x),
                number(x),
                number(y)
            );
        }
    }
    let class = if line.is_direct { "" } else { " class=\"aside\"" };
    write!(f, "<path{class} d=\"{path}\"/>")?;
    if let (true, Some(&(x, y))) = (line.is_arrow, line.points.last()) {
        let [left, right, top] = [x - 3.5, x + 3.5, y - 7.0].map(number);
        write!(f, "<path class=\"head\" d=\"M{} {}L{left} {top}L{right} {top}Z\"/>", number(x), number(y))?;
    }
    writeln!(f)
}

/// A coordinate with one digit behind the point, the same on every machine.
fn number(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").unwrap_or(&text).to_owned()
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            c => escaped.push(c),
        }
    }
    escaped
}
