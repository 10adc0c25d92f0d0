//! The operations of the IR.
//!
//! *Primitives* are close to ONNX's own set and semantics. *Composites* ([`Op::Linear`] and those
//! after it) are what an engine may run fused; each has a reference decomposition into primitives
//! in [`decompose`](super::decompose()), and a test holds the two equal.
//!
//! Every operation has exactly one result, so a value is the node that makes it.

use std::sync::Arc;

use super::{Activation, DType, Dim};

/// What a node computes. Inputs are those of the node, in the order that each variant documents.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// The graph input of that index.
    Input(usize),
    /// The checkpoint parameter of that index.
    Param(usize),
    /// The state of that index as it was before the run.
    State(usize),
    /// A literal tensor.
    Constant(Literal),
    /// `start, start + 1, …`: `i64[len]`.
    Iota {
        /// First value.
        start: Dim,
        /// Count.
        len: Dim,
    },
    /// The value of a dim as an `i64` scalar.
    Size(Dim),

    /// Element-wise function of one value.
    Unary(Unary),
    /// Element-wise function of two values, broadcast as in NumPy.
    Binary(Binary),
    /// Element-wise comparison of two values, broadcast: `bool`.
    Compare(Compare),
    /// `[condition, then, otherwise]`, broadcast.
    Select,
    /// Conversion of the element type.
    Cast(DType),

    /// Batched matrix product of `[…, m, k]` and `[…, k, n]`, broadcast over the leading axes.
    MatMul,
    /// `[x, weight, bias?]`: convolution of `[n, c, …]` by `[o, c/groups, …]` over one or two spatial axes, bias
    /// `[o]`, as ONNX Conv; with an activation a composite.
    Conv(Conv),
    /// The largest element under a window that moves over `[n, c, h, w]`; what is outside of the image does not count.
    MaxPool(MaxPool),

    /// Composite `[x, weight, bias?]`: transposed convolution of `[n, c, …]` by `[c, o/groups, …]` over one or two
    /// spatial axes, bias `[o]`, as ONNX ConvTranspose.
    ConvTranspose(ConvTranspose),

    /// New shape over the same elements in row-major order.
    Reshape(Vec<Dim>),
    /// Axes in the order given.
    Transpose(Vec<usize>),
    /// Broadcast to a shape.
    Expand(Vec<Dim>),
    /// Values joined along an axis.
    Concat {
        /// The axis.
        axis: usize,
    },
    /// The range `start..end` of one axis.
    Slice {
        /// The axis.
        axis: usize,
        /// First index.
        start: Dim,
        /// One past the last index.
        end: Dim,
    },
    /// `[data, indices]`: the entries of `data` along `axis` at `indices` (of any shape), as ONNX Gather.
    Gather {
        /// The axis.
        axis: usize,
    },
    /// `[data, indices]` of one rank: picks along `axis` element by element, as ONNX GatherElements.
    GatherElements {
        /// The axis.
        axis: usize,
    },

    /// Reduction over axes, which are kept with size 1.
    Reduce {
        /// What is computed.
        kind: Reduce,
        /// The axes.
        axes: Vec<usize>,
    },
    /// Index of the largest element along `axis`, which is dropped: `i64`; the first on ties.
    ArgMax {
        /// The axis.
        axis: usize,
    },
    /// Indices of the `count` largest elements along the last axis, the largest first: `i64`; the first on ties.
    TopK {
        /// How many.
        count: usize,
    },
    /// `exp(x) / Σ exp(x)` along an axis.
    Softmax {
        /// The axis.
        axis: usize,
    },
    /// Running sum along an axis, the element itself included.
    CumSum {
        /// The axis.
        axis: usize,
    },

    /// Composite `[x, weight, bias?]`: `x · weightᵀ + bias`, then an activation.
    Linear(Linear),
    /// Composite `[x, weight?, bias?]`: normalisation of the last axis to mean 0, variance 1.
    LayerNorm(Norm),
    /// Composite `[x, weight?]`: division of the last axis by its root mean square.
    RmsNorm(Norm),
    /// Composite `[x, weight, bias]`: normalisation of groups of the channels of `[n, c, …]`, over all positions.
    GroupNorm(GroupNorm),
    /// Composite `[x, weight, bias, mean, variance]`: normalisation of each channel (axis 1) by statistics of the training data.
    BatchNorm(Norm),
    /// Composite `[x, grid]`: bilinear samples of `[n, c, h, w]` at the places `[n, rows, columns, 2]`, zeros outside of the
    /// image. A place is across and down, from the image's edges at −1 to those at 1.
    GridSample,
    /// Composite `[value, places, weights]`: for each query and head a weighted sum of bilinear samples of feature maps.
    DeformableAttention(DeformableAttention),
    /// Composite `[query, key, value, bias?, key_mask?]`: scaled dot-product attention.
    Attention(Attention),
    /// Composite `[x, cos, sin]`: rotation of pairs of channels by position.
    Rotary(Rotary),
    /// Composite `[x, indices, weights, gate, up, down]`: gated networks of which each row takes a few.
    Experts(Experts),
    /// Composite `[past, new]`: a cache of `[batch, heads, past, width]` with rows added on axis 2.
    ///
    /// Engines may write into preallocated memory behind `past`.
    CacheAppend,
    /// Composite `[x, step, decay, input, output, state?]`: a selective state space model along a sequence.
    ///
    /// Inputs: x `[batch, s, heads, width]`; step sizes Δ `[batch, s, heads]`; decay A `[heads]` or `[heads, n]`, below
    /// zero; the input map B and the output map C `[batch, s, groups, n]`, where `groups` divides `heads` as key heads do
    /// in attention; the state before the first position, `[batch, heads, width, n]`, zeros if not given. At every position
    ///
    /// ```text
    /// state = exp(Δ · A) · state + Δ · x ⊗ B        y = state · C
    /// ```
    ///
    /// (Mamba, arXiv:2312.00752; Mamba 2, arXiv:2405.21060). Result: `[batch, heads, width, s]`, the `y` of all
    /// positions; given a state, `[batch, heads, width, s + n]` with the state after the last position behind them.
    SelectiveScan,
}

/// Element-wise functions of one value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Unary {
    /// −x
    Neg,
    /// |x|
    Abs,
    /// eˣ
    Exp,
    /// ln x
    Log,
    /// √x
    Sqrt,
    /// sin x
    Sin,
    /// cos x
    Cos,
    /// Gauss error function.
    Erf,
    /// The largest integer not above x.
    Floor,
    /// ln(1 + eˣ), which neither overflows nor loses the small results of negative x.
    Softplus,
    /// Logical not of a `bool`.
    Not,
    /// A neural network's nonlinearity.
    Activation(Activation),
}

/// Element-wise functions of two values of one element type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binary {
    /// a + b
    Add,
    /// a − b
    Sub,
    /// a · b
    Mul,
    /// a / b
    Div,
    /// aᵇ
    Pow,
    /// The smaller.
    Min,
    /// The larger.
    Max,
    /// Logical and of `bool`s.
    And,
    /// Logical or of `bool`s.
    Or,
}

/// Element-wise comparisons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compare {
    /// a = b
    Equal,
    /// a < b
    Less,
    /// a ≤ b
    LessOrEqual,
    /// a > b
    Greater,
    /// a ≥ b
    GreaterOrEqual,
}

/// Reductions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reduce {
    /// Σ x
    Sum,
    /// Σ x / n
    Mean,
    /// Largest element.
    Max,
    /// Smallest element.
    Min,
}

/// A literal tensor: small tables that the builder computes from the config.
#[derive(Clone, Debug, PartialEq)]
pub struct Literal {
    /// Sizes of the axes; empty for a scalar.
    pub shape: Vec<usize>,
    /// The elements in row-major order.
    pub data: LiteralData,
}

/// The elements of a [`Literal`].
#[derive(Clone, Debug, PartialEq)]
pub enum LiteralData {
    /// Numbers of the graph's float type, kept in single precision.
    F32(Arc<[f32]>),
    /// Integers.
    I64(Arc<[i64]>),
    /// Truth values.
    Bool(Arc<[bool]>),
}

/// Attributes of [`Op::Conv`]; the lists have an entry a spatial axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Conv {
    /// Steps.
    pub stride: Vec<usize>,
    /// Zeros added before and after.
    pub padding: Vec<[usize; 2]>,
    /// Spacing of the kernel's taps.
    pub dilation: Vec<usize>,
    /// Groups that channels are split into.
    pub groups: usize,
    /// Applied to the result.
    pub activation: Option<Activation>,
}

/// Attributes of [`Op::ConvTranspose`]; the lists have an entry a spatial axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConvTranspose {
    /// Steps between the places that kernels are added to the result at.
    pub stride: Vec<usize>,
    /// Places that the result lacks before and after.
    pub padding: Vec<[usize; 2]>,
    /// Places that the result has beyond what kernels reach.
    pub output_padding: Vec<usize>,
    /// Spacing of the kernel's taps.
    pub dilation: Vec<usize>,
    /// Groups that channels are split into.
    pub groups: usize,
}

/// Attributes of [`Op::MaxPool`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaxPool {
    /// Height and width of the window.
    pub kernel: [usize; 2],
    /// Steps down and across.
    pub stride: [usize; 2],
    /// Rows and columns around the image that the window may reach into.
    pub padding: [usize; 2],
}

/// Attributes of [`Op::Linear`].
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Linear {
    /// The weight is stored `[in, out]` (GPT-2's Conv1D) instead of `[out, in]`.
    pub transposed: bool,
    /// Applied to the result.
    pub activation: Option<Activation>,
}

/// Attributes of [`Op::LayerNorm`], [`Op::RmsNorm`] and [`Op::BatchNorm`].
#[derive(Clone, Debug, PartialEq)]
pub struct Norm {
    /// Added to the variance (mean square).
    pub eps: f64,
}

/// Attributes of [`Op::GroupNorm`].
#[derive(Clone, Debug, PartialEq)]
pub struct GroupNorm {
    /// Groups that channels are split into; as many as channels: instance normalisation.
    pub groups: usize,
    /// Added to the variance.
    pub eps: f64,
}

/// Attributes of [`Op::DeformableAttention`], the core of Deformable DETR's attention (arXiv:2010.04159).
///
/// Inputs: value `[batch, length, heads, width]`, the pixels of all feature maps, one map after the other in rows; places
/// `[batch, queries, heads, levels, points, 2]`, across and down in shares of a map from its upper left corner; weights
/// `[batch, queries, heads, levels, points]`. A sample is what [`Op::GridSample`] gives: outside of a map there are zeros.
/// Result: `[batch, queries, heads · width]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeformableAttention {
    /// Rows and columns of each map.
    pub levels: Vec<[Dim; 2]>,
}

/// Attributes of [`Op::Attention`].
///
/// Inputs: query `[batch, heads, s, d]`, key `[batch, kv_heads, t, d]`, value
/// `[batch, kv_heads, t, dv]`, where `kv_heads` divides `heads` (grouped-query attention, query head
/// `h` reads key head `h / (heads / kv_heads)`); then, where the flags say so, an additive float
/// bias that broadcasts to `[batch, heads, s, t]`, and a `bool` key mask `[batch, t]` (true: attend).
/// Query row `i` stands at position `t - s + i`. Result: `[batch, heads, s, dv]`.
///
/// Scores that are masked are *set* to the lowest finite number, so a row that masks every key
/// attends to all of them alike instead of becoming NaN.
#[derive(Clone, Debug, PartialEq)]
pub struct Attention {
    /// Factor of the scores, usually `1/√d`.
    pub scale: f64,
    /// A query sees only positions up to its own.
    pub causal: bool,
    /// A causal query sees only the last that many positions, itself included; any other, that many on either side.
    pub window: Option<usize>,
    /// Scores are limited to `±c` by `c · tanh(score / c)`.
    pub softcap: Option<f64>,
    /// There is an additive bias input.
    pub bias: bool,
    /// There is a key mask input.
    pub key_mask: bool,
}

/// Attributes of [`Op::Experts`].
///
/// Inputs: x `[…, width]`; indices `i64[…, chosen]` and weights `[…, chosen]`; then of all experts gate and up
/// `[experts, hidden, width]` and down `[experts, width, hidden]`. A row becomes
/// `Σ weight · down(activation(gate(x)) · up(x))` over the experts that its indices name, each at most once.
#[derive(Clone, Debug, PartialEq)]
pub struct Experts {
    /// The nonlinearity of the gates.
    pub activation: Activation,
}

/// Attributes of [`Op::Rotary`].
///
/// Inputs: x `[batch, heads, s, d]`; cos and sin `[batch or 1, s, r/2]`. The first `r` channels of
/// each head are rotated in pairs, the rest pass through (RoFormer, arXiv:2104.09864).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotary {
    /// Which channels form a pair.
    pub pairs: RotaryPairs,
}

/// Which channels of a head rotate together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum RotaryPairs {
    /// `i` and `i + r/2` (GPT-NeoX, LLaMA as converted).
    #[default]
    Halves,
    /// `2i` and `2i + 1` (GPT-J).
    Adjacent,
}

impl Op {
    /// Whether an engine may replace the operation by primitives.
    pub fn is_composite(&self) -> bool {
        match self {
            Self::Linear(_)
            | Self::LayerNorm(_)
            | Self::RmsNorm(_)
            | Self::GroupNorm(_)
            | Self::BatchNorm(_)
            | Self::GridSample
            | Self::DeformableAttention(_)
            | Self::ConvTranspose(_)
            | Self::Attention(_)
            | Self::Rotary(_)
            | Self::Experts(_)
            | Self::CacheAppend
            | Self::SelectiveScan => true,
            Self::Conv(conv) => conv.activation.is_some(),
            _ => false,
        }
    }

    /// The sizes among the attributes.
    pub fn dims(&self) -> Vec<&Dim> {
        match self {
            Self::Reshape(shape) | Self::Expand(shape) => shape.iter().collect(),
            Self::Slice { start: first, end: second, .. } | Self::Iota { start: first, len: second } => {
                vec![first, second]
            }
            Self::Size(dim) => vec![dim],
            Self::DeformableAttention(attention) => attention.levels.iter().flatten().collect(),
            _ => vec![],
        }
    }

    /// Whether the value comes from outside of the computation.
    pub fn is_source(&self) -> bool {
        matches!(self, Self::Input(_) | Self::Param(_) | Self::State(_) | Self::Constant(_))
    }
}

impl Conv {
    /// A convolution over `axes` spatial axes: step 1, nothing added, taps side by side, one group.
    pub fn new(axes: usize) -> Self {
        Self {
            stride: vec![1; axes],
            padding: vec![[0, 0]; axes],
            dilation: vec![1; axes],
            groups: 1,
            activation: None,
        }
    }
}

impl ConvTranspose {
    /// A transposed convolution over `axes` spatial axes: step 1, nothing cut off or added, one group.
    pub fn new(axes: usize) -> Self {
        Self {
            stride: vec![1; axes],
            padding: vec![[0, 0]; axes],
            output_padding: vec![0; axes],
            dilation: vec![1; axes],
            groups: 1,
        }
    }
}

impl LiteralData {
    /// The number of elements.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::F32(values) => values.len(),
            Self::I64(values) => values.len(),
            Self::Bool(values) => values.len(),
        }
    }
}

impl Literal {
    /// A float scalar.
    pub fn scalar(value: f64) -> Self {
        Self { shape: vec![], data: LiteralData::F32([value as f32].into()) }
    }

    /// An integer scalar.
    pub fn integer(value: i64) -> Self {
        Self { shape: vec![], data: LiteralData::I64([value].into()) }
    }

    /// A float vector.
    pub fn vector(values: &[f32]) -> Self {
        Self { shape: vec![values.len()], data: LiteralData::F32(values.into()) }
    }

    /// The element type in a graph whose floats are `float`.
    pub fn dtype(&self, float: DType) -> DType {
        match self.data {
            LiteralData::F32(_) => float,
            LiteralData::I64(_) => DType::I64,
            LiteralData::Bool(_) => DType::Bool,
        }
    }
}
