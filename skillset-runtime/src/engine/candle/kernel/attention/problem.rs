//! What one attention reads and writes.

use std::ops::Range;

use crate::engine::candle::error::Fault;
use crate::engine::candle::kernel::storage::Floats;
use crate::ir::Attention;

/// Floats with the steps of four axes.
#[derive(Clone, Copy)]
pub(super) struct Strided<'a> {
    pub data: &'a [f32],
    pub steps: [usize; 4],
}

/// The operands and sizes of one attention.
pub(super) struct Problem<'a> {
    pub flags: &'a Attention,
    pub query: Strided<'a>,
    pub key: Strided<'a>,
    pub value: Strided<'a>,
    /// Broadcast to `[batch, heads, queries, keys]`.
    pub bias: Option<Strided<'a>>,
    /// `[batch, keys]`, not zero: attend.
    mask: Option<&'a [u8]>,
    pub batch: usize,
    pub heads: usize,
    pub kv_heads: usize,
    pub queries: usize,
    pub keys: usize,
    pub width: usize,
    pub value_width: usize,
}

/// Some of the rows (of queries) that read one key head, see [`Problem::rows`].
#[derive(Clone, Copy)]
pub(super) struct Panel {
    pub batch: usize,
    pub kv_head: usize,
    pub first: usize,
    pub count: usize,
}

impl<'a> Problem<'a> {
    pub(super) fn new(
        flags: &'a Attention,
        [query, key, value]: [&'a Floats<'_>; 3],
        bias: Option<&'a Floats<'_>>,
        mask: Option<&'a [u8]>,
    ) -> Result<Self, Fault> {
        let strided = |x: &'a Floats<'_>| match *x.strides() {
            [a, b, c, d] => Ok(Strided { data: x.data()?, steps: [a, b, c, d] }),
            _ => Err(Fault::Reason(format!("attention takes four axes, found {:?}", x.dims()))),
        };
        let (keys, heads) = (key.dims()[2], query.dims()[1]);
        let kv_heads = key.dims()[1];
        if i32::try_from(keys).is_err() || kv_heads == 0 || heads % kv_heads != 0 {
            return Err(Fault::Reason(format!("{heads} heads attend to {:?}", key.dims())));
        }
        Ok(Self {
            flags,
            query: strided(query)?,
            key: strided(key)?,
            value: strided(value)?,
            bias: bias.map(strided).transpose()?,
            mask,
            batch: query.dims()[0],
            heads,
            kv_heads,
            queries: query.dims()[2],
            keys,
            width: query.dims()[3],
            value_width: value.dims()[3],
        })
    }

    /// Rows that read one key head: every query of every head of its group.
    pub(super) fn rows(&self) -> usize {
        self.heads / self.kv_heads * self.queries
    }

    /// Head and query of the panel's row `row`.
    #[inline(always)]
    pub(super) fn place(&self, panel: &Panel, row: usize) -> (usize, usize) {
        let row = panel.first + row;
        (panel.kv_head * (self.heads / self.kv_heads) + row / self.queries, row % self.queries)
    }

    /// The query of a row.
    #[inline(always)]
    pub(super) fn query(&self, panel: &Panel, row: usize) -> &'a [f32] {
        let (head, query) = self.place(panel, row);
        let [batch, heads, queries, _] = self.query.steps;
        &self.query.data[panel.batch * batch + head * heads + query * queries..][..self.width]
    }

    /// Where a row's result starts in memory of `[batch, queries, heads, value_width]`.
    #[inline(always)]
    pub(super) fn result_at(&self, panel: &Panel, row: usize) -> usize {
        let (head, query) = self.place(panel, row);
        ((panel.batch * self.queries + query) * self.heads + head) * self.value_width
    }

    /// Where a row's biases start; they go on by the step of the last axis.
    #[inline(always)]
    pub(super) fn bias_at(&self, bias: &Strided<'_>, panel: &Panel, row: usize) -> usize {
        let (head, query) = self.place(panel, row);
        panel.batch * bias.steps[0] + head * bias.steps[1] + query * bias.steps[2]
    }

    /// Keys and values of the panel's head from key `first` on, with the step between keys.
    #[inline(always)]
    pub(super) fn from(&self, of: &Strided<'a>, panel: &Panel, first: usize) -> (&'a [f32], usize) {
        let [batch, heads, keys, _] = of.steps;
        (&of.data[panel.batch * batch + panel.kv_head * heads + first * keys..], keys)
    }

    /// The mask of the panel's keys.
    #[inline(always)]
    pub(super) fn mask(&self, panel: &Panel) -> Option<&'a [u8]> {
        self.mask.map(|mask| &mask[panel.batch * self.keys..][..self.keys])
    }

    /// The keys that a row may see by its position, key mask aside.
    #[inline(always)]
    pub(super) fn visible(&self, panel: &Panel, row: usize) -> Range<usize> {
        let (_, query) = self.place(panel, row);
        // One past the row's own position; a query before the first key stands at or below zero.
        let behind = self.keys + query + 1;
        let end = behind.saturating_sub(self.queries);
        let (first, last) = match self.flags.window {
            Some(window) if self.flags.causal => (end.saturating_sub(window), end),
            Some(window) => (
                end.saturating_sub(window.saturating_add(1)),
                behind.saturating_add(window).saturating_sub(self.queries),
            ),
            None if self.flags.causal => (0, end),
            None => (0, self.keys),
        };
        let last = last.min(self.keys);
        first.min(last)..last
    }

    /// The keys that any row of the panel may see.
    pub(super) fn seen(&self, panel: &Panel) -> Range<usize> {
        let rows = (0..panel.count).map(|row| self.visible(panel, row)).filter(|keys| !keys.is_empty());
        let union = |a: Range<usize>, b: Range<usize>| a.start.min(b.start)..a.end.max(b.end);
        rows.reduce(union).unwrap_or(0..0)
    }
}
