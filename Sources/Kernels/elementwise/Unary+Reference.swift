import CShims
import KernelContract

func unary(_ function: pf_unary, _ alpha: Float, _ beta: Float, _ x: Float) -> Float {
  switch function {
  case PF_RELU: max(x, 0)
  case PF_LEAKY_RELU: x < 0 ? alpha * x : x
  case PF_CLIP: clamp(x, alpha, beta)
  case PF_SIGMOID: sigmoid(x)
  case PF_HARD_SIGMOID: clamp(alpha * x + beta, 0, 1)
  case PF_HARD_SWISH: x * clamp(x / 6 + 0.5, 0, 1)
  case PF_TANH: shim_tanhf(x)
  case PF_ELU: x < 0 ? alpha * shim_expm1f(x) : x
  case PF_SELU: beta * (x < 0 ? alpha * shim_expm1f(x) : x)
  case PF_SOFTPLUS: softplus(x)
  case PF_SOFTSIGN: x / (1 + abs(x))
  case PF_MISH: x * shim_tanhf(softplus(x))
  case PF_GELU: 0.5 * x * (1 + shim_erff(x * Float(0.5).squareRoot()))
  case PF_GELU_TANH: 0.5 * x * (1 + shim_tanhf((2 / Float.pi).squareRoot() * (x + 0.044715 * x * x * x)))
  case PF_ERF: shim_erff(x)
  case PF_SQRT: x.squareRoot()
  case PF_EXP: shim_expf(x)
  case PF_LOG: shim_logf(x)
  case PF_ABS: abs(x)
  case PF_NEGATE: -x
  case PF_RECIPROCAL: 1 / x
  default: x
  }
}

/// The exponential of a negative number only: that of a positive one may overflow.
private func sigmoid(_ x: Float) -> Float {
  let e = shim_expf(-abs(x))
  return (x < 0 ? e : 1) / (1 + e)
}

private func softplus(_ x: Float) -> Float { max(x, 0) + shim_log1pf(shim_expf(-abs(x))) }
