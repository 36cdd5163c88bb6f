import CShims
import KernelContract

func binary(_ function: pf_binary, _ a: Float, _ b: Float) -> Float {
  switch function {
  case PF_ADD: a + b
  case PF_SUBTRACT: a - b
  case PF_MULTIPLY: a * b
  case PF_DIVIDE: a / b
  case PF_POWER: shim_powf(a, b)
  case PF_MAXIMUM: larger(a, b)
  case PF_MINIMUM: smaller(a, b)
  case PF_PRELU: a < 0 ? a * b : a
  case PF_EQUAL: a == b ? 1 : 0
  case PF_LESS: a < b ? 1 : 0
  case PF_LESS_OR_EQUAL: a <= b ? 1 : 0
  default: a == 0 ? -0.0 : b
  }
}
