//! What is drawn of small networks, and that no box lies on another.

use super::fold::fold;
use super::layout::{Block, Rect, lay_out};
use super::outline::{Id, Outline, ROOT};
use super::*;
use crate::ir::{Activation, Builder, DType, Dim, Linear, Request, Scope, Value};

fn linear(g: &Scope<'_>, x: Value, sizes: [usize; 2]) -> Value {
    g.apply_linear(Linear::default(), x, g.param("weight", &sizes), None)
}

/// The graph of what `build` makes of an input `x` of four features.
fn graph(build: impl Fn(&Scope<'_>, Value) -> Value) -> CheckedGraph {
    let builder = Builder::new("network", &Request::default());
    let g = builder.root();
    let x = g.input("x", DType::F32, &[Dim::symbol("batch"), 4.into()]);
    g.output("y", build(&g, x));
    builder.finish().unwrap()
}

fn outline(graph: &CheckedGraph) -> Outline {
    let mut outline = Outline::new(graph);
    fold(&mut outline);
    outline
}

/// The boxes as text, a box a line, those inside of a module under it.
fn text(outline: &Outline) -> String {
    fn write(outline: &Outline, id: Id, depth: usize, text: &mut String) {
        for &child in &outline.items[id].children {
            let item = &outline.items[child];
            let words = [&item.name].into_iter().chain(&item.repeat).chain(&item.lines);
            let words: Vec<&str> = words.map(String::as_str).filter(|word| !word.is_empty()).collect();
            *text += &format!("{}{}\n", "  ".repeat(depth), words.join(" | "));
            write(outline, child, depth + 1, text);
        }
    }
    let mut text = String::new();
    write(outline, ROOT, 0, &mut text);
    text
}

/// A layer that adds to what goes past it.
fn residual(g: &Scope<'_>, x: Value) -> Value {
    let hidden = linear(&g.at("up"), x, [6, 4]);
    let hidden = g.at("up").activation(hidden, Activation::Gelu);
    g.add(x, linear(&g.at("down"), hidden, [4, 6]))
}

#[test]
fn equal_layers_are_drawn_once() {
    let graph = graph(|g, x| (0..3).fold(x, |x, i| residual(&g.at(&format!("layers.{i}")), x)));
    assert_eq!(
        text(&outline(&graph)),
        "x\n\
         layers.0 … 2 | × 3\n  up | Linear 4 → 6 | gelu\n  down | Linear 6 → 4\n  +\n\
         y\n"
    );
}

#[test]
fn a_pattern_of_layers_is_drawn_once() {
    let graph = graph(|g, x| {
        (0..6).fold(x, |x, i| {
            let g = g.at(&format!("layers.{i}"));
            if i % 2 == 0 { residual(&g, x) } else { linear(&g.at("mix"), x, [4, 4]) }
        })
    });
    let text = text(&outline(&graph));
    assert!(text.contains("layers.0 … 5 | × 3\n  0\n    up"), "{text}");
    assert!(text.contains("\n  1.mix | Linear 4 → 4\n"), "{text}");
}

#[test]
fn layers_that_differ_are_drawn_each() {
    let graph = graph(|g, x| {
        let x = linear(&g.at("layers.0"), x, [8, 4]);
        linear(&g.at("layers.1"), x, [4, 8])
    });
    assert_eq!(text(&outline(&graph)), "x\nlayers\n  0 | Linear 4 → 8\n  1 | Linear 8 → 4\ny\n");
}

#[test]
fn a_module_that_is_applied_again_says_so() {
    let graph = graph(|g, x| (0..4).fold(x, |x, _| residual(&g.at("shared"), x)));
    let text = text(&outline(&graph));
    assert!(
        text.contains("shared | × 4, same weights\n  up | Linear 4 → 6 | gelu\n  down | Linear 6 → 4\n  +\n"),
        "{text}"
    );
}

#[test]
fn an_operation_between_parts_of_a_module_is_drawn_in_it() {
    let graph = graph(|g, x| {
        let (a, b) = (linear(&g.at("embeddings.a"), x, [4, 4]), linear(&g.at("embeddings.b"), x, [4, 4]));
        linear(&g.at("embeddings.c"), g.add(a, b), [4, 4])
    });
    let text = text(&outline(&graph));
    assert!(text.contains("embeddings\n  a | Linear 4 → 4\n  b | Linear 4 → 4\n  +\n  c"), "{text}");
}

#[test]
fn modules_that_flow_to_and_fro_are_taken_apart() {
    let graph = graph(|g, x| {
        let x = linear(&g.at("left.first"), x, [4, 4]);
        let x = linear(&g.at("right.first"), x, [4, 4]);
        let x = linear(&g.at("left.second"), x, [4, 4]);
        linear(&g.at("right.second"), x, [4, 4])
    });
    let text = text(&outline(&graph));
    assert!(text.contains("left.first") && text.contains("left.second"), "{text}");
}

#[test]
fn no_box_lies_on_another_or_outside_of_its_module() {
    let graph = graph(|g, x| {
        let x = (0..3).fold(x, |x, i| residual(&g.at(&format!("encoder.layers.{i}")), x));
        let sides: Vec<Value> = (0..5).map(|i| linear(&g.at(&format!("heads.h{i}")), x, [4, 4])).collect();
        sides.into_iter().reduce(|a, b| g.at("heads").add(a, b)).unwrap()
    });
    let outline = outline(&graph);
    let drawing = lay_out(&outline);
    let rect = |id: Id| rect_of(&drawing, id);
    for (position, (id, own)) in drawing.boxes.iter().enumerate() {
        let parent = outline.items[*id].parent;
        let around = if parent == ROOT {
            Rect { x: 0.0, y: 0.0, width: drawing.width, height: drawing.height }
        } else {
            rect(parent)
        };
        assert!(own.x >= around.x && own.x + own.width <= around.x + around.width, "{own:?} in {around:?}");
        assert!(own.y >= around.y && own.y + own.height <= around.y + around.height, "{own:?} in {around:?}");
        for (other, rect) in &drawing.boxes[position + 1..] {
            if outline.items[*other].parent == parent {
                let beside = own.x + own.width <= rect.x || rect.x + rect.width <= own.x;
                let below = own.y + own.height <= rect.y || rect.y + rect.height <= own.y;
                assert!(beside || below, "{own:?} and {rect:?}");
            }
        }
    }
}

fn rect_of(drawing: &Block, wanted: Id) -> Rect {
    drawing.boxes.iter().find(|(id, _)| *id == wanted).unwrap().1
}

#[test]
fn an_svg_escapes_names_and_is_the_same_each_time() {
    let graph = graph(|g, x| linear(&g.at("a<b&\"c"), x, [4, 4]));
    let svg = Drawing::Svg(&graph).to_string();
    assert!(svg.contains("a&lt;b&amp;&quot;c") && !svg.contains("a<b"), "{svg}");
    assert_eq!(svg, Drawing::Svg(&graph).to_string());
}
