//! How large a box has to be for what it says.

use crate::ir::draw::outline::Item;

/// The height of a line of text, and the room above and below the text of a box.
pub(in crate::ir::draw) const LINE: f64 = 17.0;
pub(in crate::ir::draw) const PADDING: f64 = 9.0;
/// Room beside a text.
const BESIDE: f64 = 14.0;
/// The diameter of a bare sign.
const SIGN: f64 = 26.0;
/// The width of a letter of names (12.5 px, monospace) and of other lines (12 px); fonts differ, these are wide ones.
const NAME_LETTER: f64 = 7.7;
const LETTER: f64 = 7.0;

/// Width and height of a leaf.
pub(super) fn leaf(item: &Item) -> (f64, f64) {
    if is_sign(item) {
        return (SIGN, SIGN);
    }
    let lines = item.lines.iter().chain(&item.repeat).map(|line| letters(line) * LETTER);
    let text = lines.fold(letters(&item.name) * NAME_LETTER, f64::max);
    let count = usize::from(!item.name.is_empty()) + item.lines.len() + usize::from(item.repeat.is_some());
    (text + 2.0 * BESIDE, count as f64 * LINE + 2.0 * PADDING)
}

/// The least width of a module.
pub(super) fn title(item: &Item) -> f64 {
    let repeat = item.repeat.as_deref().map_or(0.0, |repeat| letters(repeat) * LETTER + 28.0);
    letters(&item.name) * NAME_LETTER + repeat + 2.0 * BESIDE
}

/// Whether the item is one sign, such as `+`, in a circle.
pub(in crate::ir::draw) fn is_sign(item: &Item) -> bool {
    item.name.is_empty() && item.repeat.is_none() && matches!(&*item.lines, [line] if letters(line) == 1.0)
}

fn letters(text: &str) -> f64 {
    text.chars().count() as f64
}
