//! Windows of a grid of tokens (Swin, arXiv:2103.14030).

use super::pick::{along, pick};
use crate::ir::{Compare, DType, Dim, Scope, Value};

/// What the scores of two tokens have added that a cyclic shift put into one window though they are far apart.
const APART: f64 = -100.0;

/// How a grid of tokens is cut into square windows: after a cyclic shift up and left, with zeros below and on the
/// right where windows reach out of the grid.
pub(super) struct Windows {
    size: usize,
    /// Rows and columns of the shift, an `i64` scalar; none: it is not shifted.
    shift: Option<Value>,
    /// Rows and columns of the grid, and how many windows stand in them.
    grid: [Dim; 2],
    counts: [Dim; 2],
    /// Whether grids that are smaller than a window are refused.
    refuse_smaller: bool,
}

impl Windows {
    /// Windows of `size` rows and columns of `x`, `[batch, rows, columns, width]`.
    ///
    /// Unless `always`, a grid that is as small as a window is not shifted, and a smaller one is refused: transformers
    /// makes the window smaller, which its table of biases then does not fit.
    pub(super) fn new(g: &Scope, x: Value, size: usize, shift: usize, always: bool) -> Option<Self> {
        if size == 0 {
            g.fail("expected a window of 1 or more rows and columns, found 0");
            return None;
        }
        let grid = [g.dim(x, 1), g.dim(x, 2)];
        let known = [0, 1].map(|axis| grid[axis].as_size());
        let least = known[0].zip(known[1]).map(|(rows, columns)| rows.min(columns));
        if !always && least.is_some_and(|least| least < size) {
            let [rows, columns] = &grid;
            g.fail(format_args!(
                "expected {size} or more rows and columns, a window, found {rows} and {columns}"
            ));
            return None;
        }
        let amount = || g.size(shift);
        let shift = match least {
            _ if shift == 0 => None,
            _ if always => Some(amount()),
            Some(least) => (least > size).then(amount),
            None => {
                let least = g.min(g.size(&grid[0]), g.size(&grid[1]));
                Some(g.where_(g.compare(Compare::Greater, least, size), amount(), 0.0))
            }
        };
        let counts = grid.clone().map(|length| length.ceil_div(size as i64));
        Some(Self { size, shift, grid, counts, refuse_smaller: !always })
    }

    /// `[batch, rows, columns, width]` → `[batch · windows, size², width]`
    pub(super) fn cut(&self, g: &Scope, x: Value) -> Value {
        let places = [0, 1].map(|axis| {
            let place = self.place(g, axis);
            let Some(shift) = self.shift else { return place };
            let length = g.size(self.covered(axis));
            let place = g.add(place, shift);
            let around = g.sub(place, length);
            g.where_(g.compare(Compare::Less, around, 0.0), place, around)
        });
        let open = [0, 1].iter().any(|&axis| self.covered(axis) != self.grid[axis]);
        let windows = pick(g, x, places, open);
        g.reshape(windows, &[g.dim(x, 0) * self.count(), self.area(), g.dim(x, 3)])
    }

    /// `[batch · windows, size², width]` → `[batch, rows, columns, width]`
    pub(super) fn join(&self, g: &Scope, windows: Value, batch: &Dim) -> Value {
        let [rows, columns] = &self.grid;
        let width = g.dim(windows, 2);
        // Where a row's (column's) tokens stand: in which window, and where in it.
        let token = |axis: usize, window: Dim, line: usize| {
            let mut place = g.unsqueeze(self.line(g, axis), if axis == 0 { 1 } else { 0 });
            if let Some(shift) = self.shift {
                place = g.sub(place, shift);
                let around = g.add(place, g.size(self.covered(axis)));
                place = g.where_(g.compare(Compare::Less, place, 0.0), around, place);
            }
            let index = g.div(place, self.size);
            let inside = g.sub(place, g.mul(index, self.size));
            g.add(g.mul(index, g.size(window * self.area())), g.mul(inside, line))
        };
        let at = g.add(token(0, self.counts[1].clone(), self.size), token(1, 1.into(), 1));
        let tokens = g.reshape(windows, &[batch.clone(), self.count() * self.area(), width.clone()]);
        let joined = g.gather(tokens, 1, at);
        g.reshape(joined, &[batch.clone(), rows.clone(), columns.clone(), width])
    }

    /// What is added to the scores in each window, `[windows, 1, size², size²]`; none: nothing.
    pub(super) fn mask(&self, g: &Scope) -> Option<Value> {
        let shift = self.shift?;
        // The shift moves what it takes from one side to the other, and there it must not be seen.
        let region = |axis: usize| {
            let (place, length) = (self.place(g, axis), g.size(self.covered(axis)));
            let behind = |from: Value| g.cast(g.compare(Compare::GreaterOrEqual, place, from), DType::I64);
            g.add(behind(g.sub(length, self.size)), behind(g.sub(length, shift)))
        };
        let region = g.add(g.mul(region(0), 3.0), region(1));
        let region = g.reshape(region, &[self.count(), 1.into(), 1.into(), self.area()]);
        let other = g.transpose(region, &[0, 1, 3, 2]);
        Some(g.where_(g.equal(region, other), g.constant(crate::ir::Literal::scalar(0.0)), APART))
    }

    /// How many windows there are.
    pub(super) fn count(&self) -> Dim {
        self.counts[0].clone() * self.counts[1].clone()
    }

    fn area(&self) -> Dim {
        (self.size * self.size).into()
    }

    /// Rows (columns) that the windows cover.
    fn covered(&self, axis: usize) -> Dim {
        self.counts[axis].clone() * Dim::from(self.size)
    }

    /// The row (column) of the tokens of all windows, `i64` that broadcasts to `[…counts, size, size]`.
    fn place(&self, g: &Scope, axis: usize) -> Value {
        let windows = along(g, axis, 4, &self.counts[axis], self.size);
        g.add(windows, along(g, 2 + axis, 4, &self.size.into(), 1))
    }

    /// The rows (columns) of the grid, `i64[length]`.
    fn line(&self, g: &Scope, axis: usize) -> Value {
        let length = &self.grid[axis];
        if !self.refuse_smaller || length.as_constant().is_some() {
            return g.iota(0, length);
        }
        // The second part has no length where the grid is smaller than a window, and so the run fails.
        g.concat(g.iota(0, self.size), g.iota(self.size, length.clone() - self.size.into()), 0)
    }
}
