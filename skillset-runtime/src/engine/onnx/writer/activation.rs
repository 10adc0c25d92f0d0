//! Nonlinearities, by operators that every provider has.

use super::lowering::Lowering;
use crate::engine::onnx::proto::AttributeProto;
use crate::ir::Activation;

impl Lowering<'_> {
    pub fn activation(&mut self, activation: Activation, x: &str) -> String {
        match activation {
            Activation::Identity => x.to_owned(),
            Activation::Relu => self.op("Relu", &[x]),
            Activation::Relu6 => self.clip(x, 0.0, 6.0),
            Activation::Relu2 => {
                let positive = self.op("Relu", &[x]);
                self.op("Mul", &[&positive, &positive])
            }
            Activation::Gelu => self.op("Gelu", &[x]),
            Activation::GeluTanh => {
                self.node("Gelu", &[x], vec![AttributeProto::string("approximate", "tanh")])
            }
            Activation::QuickGelu => {
                let factor = self.scalar(1.702);
                let scaled = self.op("Mul", &[x, &factor]);
                self.gate(x, &scaled)
            }
            Activation::Silu => self.gate(x, x),
            Activation::Sigmoid => self.op("Sigmoid", &[x]),
            Activation::Tanh => self.op("Tanh", &[x]),
            Activation::Mish => {
                let softplus = self.op("Softplus", &[x]);
                let tanh = self.op("Tanh", &[&softplus]);
                self.op("Mul", &[x, &tanh])
            }
            Activation::SqrtSoftplus => {
                let softplus = self.op("Softplus", &[x]);
                self.op("Sqrt", &[&softplus])
            }
            Activation::LeakyRelu => self.node("LeakyRelu", &[x], vec![AttributeProto::float("alpha", 0.01)]),
            Activation::HardSwish => self.op("HardSwish", &[x]),
            Activation::ClippedGelu => {
                let gelu = self.op("Gelu", &[x]);
                self.clip(&gelu, -10.0, 10.0)
            }
            Activation::Laplace => self.laplace(x),
        }
    }

    /// ln(1 + eˣ) = max(x, 0) + ln(1 + e^−|x|) with all its digits.
    ///
    /// ONNX Runtime's `Softplus` takes the logarithm of `1 + eˣ` as rounded, so at x = −9 three digits are left. Here
    /// ln(1 + p) is p · ln(w) / (w − 1) with w = 1 + p as rounded, and p where that is 1 (Kahan).
    pub fn softplus(&mut self, x: &str) -> String {
        let one = self.scalar(1.0);
        let size = self.op("Abs", &[x]);
        let size = self.op("Neg", &[&size]);
        let power = self.op("Exp", &[&size]);
        let sum = self.op("Add", &[&power, &one]);
        let log = self.op("Log", &[&sum]);
        let product = self.op("Mul", &[&power, &log]);
        let rounded = self.op("Sub", &[&sum, &one]);
        let log = self.op("Div", &[&product, &rounded]);
        let vanishes = self.op("Equal", &[&sum, &one]);
        let log = self.op("Where", &[&vanishes, &power, &log]);
        let positive = self.op("Relu", &[x]);
        self.op("Add", &[&positive, &log])
    }

    /// x · σ(gate)
    fn gate(&mut self, x: &str, gate: &str) -> String {
        let sigmoid = self.op("Sigmoid", &[gate]);
        self.op("Mul", &[x, &sigmoid])
    }

    fn clip(&mut self, x: &str, least: f64, most: f64) -> String {
        let (least, most) = (self.scalar(least), self.scalar(most));
        self.op("Clip", &[x, &least, &most])
    }

    /// (1 + erf((x − μ) / (σ √2))) / 2 with the constants of transformers' `LaplaceActivation`.
    #[expect(clippy::approx_constant, reason = "the reference rounds 1/√2 to six digits")]
    fn laplace(&mut self, x: &str) -> String {
        let (mean, deviation) = (self.scalar(0.707107), self.scalar(0.282095 * std::f64::consts::SQRT_2));
        let (one, half) = (self.scalar(1.0), self.scalar(0.5));
        let centred = self.op("Sub", &[x, &mean]);
        let scaled = self.op("Div", &[&centred, &deviation]);
        let erf = self.op("Erf", &[&scaled]);
        let raised = self.op("Add", &[&erf, &one]);
        self.op("Mul", &[&raised, &half])
    }
}
