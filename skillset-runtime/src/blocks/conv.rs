//! Convolutions over one and two axes.

use crate::ir::{self, Activation, Scope, Unary, Value};

/// Convolution over one axis, with parameters `weight` (`[out, channels / groups, kernel]`) and `bias` (`[out]`).
#[derive(Clone, Debug)]
pub struct Conv1d {
    /// Input, `[batch, channels, length]`.
    pub of: Value,
    /// Channels of the result.
    pub out: usize,
    /// Taps of a kernel.
    pub kernel: usize,
    /// Steps between the places that a kernel is put.
    pub stride: usize,
    /// Zeros added before the first position.
    pub padding: usize,
    /// Zeros added after the last position; none: as many as before the first.
    pub padding_end: Option<usize>,
    /// Positions from one tap to the next.
    pub dilation: usize,
    /// Groups that channels are split into; as many as channels: each has kernels of its own (depthwise).
    pub groups: usize,
    /// Whether there is a bias.
    pub bias: bool,
    /// The axis of the weight along which lengths are stored apart from directions (weight normalisation,
    /// arXiv:1602.07868), in `parametrizations.weight.original0` and `original1`; none: it is stored as it is.
    pub weight_norm: Option<usize>,
    /// Applied to the result.
    pub activation: Option<Activation>,
}

impl Conv1d {
    /// A convolution with bias, step 1, without padding, groups or activation.
    pub fn new(of: Value, out: usize, kernel: usize) -> Self {
        Self {
            of,
            out,
            kernel,
            stride: 1,
            padding: 0,
            padding_end: None,
            dilation: 1,
            groups: 1,
            bias: true,
            weight_norm: None,
            activation: None,
        }
    }

    /// Adds the layer; the result is `[batch, out, ⌊(length + padding − dilation · (kernel − 1) − 1) / stride⌋ + 1]`.
    pub fn build(self, g: &Scope) -> Value {
        let conv = ir::Conv {
            stride: vec![self.stride],
            padding: vec![[self.padding, self.padding_end.unwrap_or(self.padding)]],
            dilation: vec![self.dilation],
            groups: self.groups,
            activation: None,
        };
        let Self { of, out, bias, weight_norm, activation, .. } = self;
        Layer { conv, of, out, bias, weight_norm, activation }.build(g, &[self.kernel])
    }
}

/// Convolution over height and width, with parameters `weight` (`[out, channels / groups, height, width]`) and
/// `bias` (`[out]`).
#[derive(Clone, Debug)]
pub struct Conv2d {
    /// Input, `[batch, channels, height, width]`.
    pub of: Value,
    /// Channels of the result.
    pub out: usize,
    /// Height and width of a kernel.
    pub kernel: [usize; 2],
    /// Steps down and across between the places that a kernel is put.
    pub stride: [usize; 2],
    /// Rows and columns of zeros added above and to the left.
    pub padding: [usize; 2],
    /// Rows and columns of zeros added below and to the right; none: as many as above and to the left.
    pub padding_end: Option<[usize; 2]>,
    /// Rows and columns from one tap to the next.
    pub dilation: [usize; 2],
    /// Groups that channels are split into; as many as channels: each has kernels of its own (depthwise).
    pub groups: usize,
    /// Whether there is a bias.
    pub bias: bool,
    /// Applied to the result.
    pub activation: Option<Activation>,
}

impl Conv2d {
    /// A convolution with bias, step 1, without padding, groups or activation.
    pub fn new(of: Value, out: usize, kernel: [usize; 2]) -> Self {
        Self {
            of,
            out,
            kernel,
            stride: [1, 1],
            padding: [0, 0],
            padding_end: None,
            dilation: [1, 1],
            groups: 1,
            bias: true,
            activation: None,
        }
    }

    /// Adds the layer; the result is `[batch, out, rows, columns]`, each as [`Conv1d`] has it.
    pub fn build(self, g: &Scope) -> Value {
        let end = self.padding_end.unwrap_or(self.padding);
        let conv = ir::Conv {
            stride: self.stride.to_vec(),
            padding: [0, 1].map(|axis| [self.padding[axis], end[axis]]).to_vec(),
            dilation: self.dilation.to_vec(),
            groups: self.groups,
            activation: None,
        };
        let Self { of, out, bias, activation, .. } = self;
        Layer { conv, of, out, bias, weight_norm: None, activation }.build(g, &self.kernel)
    }
}

/// What both have in common.
struct Layer {
    conv: ir::Conv,
    of: Value,
    out: usize,
    bias: bool,
    weight_norm: Option<usize>,
    activation: Option<Activation>,
}

impl Layer {
    fn build(self, g: &Scope, kernel: &[usize]) -> Value {
        let groups = self.conv.groups;
        let channels = match g.dim(self.of, 1).as_size() {
            Some(channels) if groups > 0 && channels.is_multiple_of(groups) => channels,
            _ => {
                g.fail(format_args!("{} channels cannot be split into {groups} groups", g.dim(self.of, 1)));
                return self.of;
            }
        };
        let shape = [&[self.out, channels / groups], kernel].concat();
        let weight = match self.weight_norm {
            Some(axis) => normalised(g, &shape, axis),
            None => g.param("weight", &shape),
        };
        let bias = self.bias.then(|| g.param("bias", &[self.out]));
        let y = g.apply_conv(self.conv, self.of, weight, bias);
        self.activation.map_or(y, |activation| g.activation(y, activation))
    }
}

/// A weight whose entries along `axis` each have a direction and a length.
fn normalised(g: &Scope, shape: &[usize], axis: usize) -> Value {
    let mut lengths = vec![1; shape.len()];
    let Some((length, size)) = lengths.get_mut(axis).zip(shape.get(axis)) else {
        g.fail(format_args!("a weight of {shape:?} has no axis {axis}"));
        return g.param("weight", shape);
    };
    *length = *size;
    let weight = g.at("parametrizations.weight");
    let (length, direction) = (weight.param("original0", &lengths), weight.param("original1", shape));
    let axes = (0..shape.len()).filter(|&other| other != axis);
    let squares = axes
        .fold(g.mul(direction, direction), |sum, axis| g.unsqueeze(g.sum(sum, axis as isize), axis as isize));
    g.mul(direction, g.div(length, g.unary(Unary::Sqrt, squares)))
}
