/// Functions of one argument x, with their parameters α and β.
public enum UnaryFunction: Int32 {
  /// max(x, 0)
  case relu = 1
  /// x < 0 ? αx : x
  case leakyRelu = 2
  /// min(max(x, α), β)
  case clip = 3
  /// 1 / (1 + e⁻ˣ)
  case sigmoid = 4
  /// max(0, min(1, αx + β))
  case hardSigmoid = 5
  /// x · max(0, min(1, x/6 + 1/2))
  case hardSwish = 6
  case tanh = 7
  /// x < 0 ? α(eˣ - 1) : x
  case elu = 8
  /// β(x < 0 ? α(eˣ - 1) : x)
  case selu = 9
  /// ln(1 + eˣ)
  case softplus = 10
  /// x / (1 + |x|)
  case softsign = 11
  /// x · tanh(softplus(x))
  case mish = 12
  /// x/2 · (1 + erf(x/√2))
  case gelu = 13
  /// x/2 · (1 + tanh(√(2/π)(x + 0.044715x³)))
  case geluTanh = 14
  case erf = 15
  case sqrt = 16
  case exp = 17
  /// ln(x)
  case log = 18
  case abs = 19
  /// -x
  case negate = 20
  /// 1 / x
  case reciprocal = 21
  /// x
  case copy = 22
}
