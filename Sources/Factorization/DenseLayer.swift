import PrefactorGraph
import PrefactorLinearAlgebra
import PrefactorModelFormat

/// A layer that may be factored: its operation and its weights [F,KH,KW,C], where a fully-connected one is seen as a
/// 1×1 window.
public struct DenseLayer {
  public enum Axis: Int { case filter, height, width, channel }

  public let operation: Operation
  /// [F,KH,KW,C/groups]
  public let weights: Tensor

  public init(_ convolution: Convolution, weights: Tensor) {
    precondition(weights.dims.count == 4)
    operation = .convolution(convolution)
    self.weights = weights
  }

  /// The weights are [F,K].
  public init(_ fullyConnected: FullyConnected, weights: Tensor) {
    operation = .fullyConnected(fullyConnected)
    self.weights = weights.reshaped(to: [weights.dims[0], 1, 1, weights.dims[1]])
  }

  /// The same layer with other weights, of the same shape.
  func with(_ weights: Tensor) -> DenseLayer {
    switch operation {
    case .convolution(let convolution): DenseLayer(convolution, weights: weights)
    case .fullyConnected(let fullyConnected):
      DenseLayer(fullyConnected, weights: weights.reshaped(to: [self[.filter], self[.channel]]))
    default: preconditionFailure("a layer is one of these")
    }
  }

  public subscript(axis: Axis) -> Int { weights.dims[axis.rawValue] }

  public var groups: Int {
    guard case .convolution(let convolution) = operation else { return 1 }
    return Int(convolution.groups)
  }

  /// The layer of each group, which sees that group's channels only; the layer itself where there are no groups.
  public var parts: [DenseLayer] { (0..<groups).map(part) }

  func part(_ group: Int) -> DenseLayer {
    guard case .convolution(var convolution) = operation, groups > 1 else { return self }
    let count = weights.count / groups
    let part = Tensor(
      [self[.filter] / groups] + weights.dims.dropFirst(), Array(weights.floats[group * count..<(group + 1) * count]))
    convolution.groups = 1
    return DenseLayer(convolution, weights: part)
  }

  /// The layer as a chain of one.
  var asFactor: Factor {
    if case .fullyConnected = operation {
      return Factor(operation: operation, weightDims: [self[.filter], self[.channel]])
    }
    return Factor(operation: operation, weightDims: weights.dims)
  }

  var window: Window {
    guard case .convolution(let convolution) = operation else { return Window() }
    return convolution.window
  }

  /// The weights as a matrix, whose rows run through some of the axes and whose columns run through the others.
  func unfolded(rows: [Axis], columns: [Axis]) -> Matrix {
    let order = (rows + columns).map(\.rawValue)
    let ordered = order == [0, 1, 2, 3] ? weights : weights.transposed(order)
    func size(_ axes: [Axis]) -> Int { axes.reduce(1) { $0 * self[$1] } }
    return Matrix(rows: size(rows), columns: size(columns), ordered.floats.map(Double.init))
  }

  /// A row for each filter.
  var filters: Matrix { unfolded(rows: [.filter], columns: [.height, .width, .channel]) }
}

// MARK: Refusals

extension DenseLayer {
  /// Why a method that works on the windows of convolutions cannot factor this layer.
  var refusalOfWindowMethods: String? {
    guard case .convolution = operation else { return "it is a fully-connected layer, not a convolution" }
    return self[.height] * self[.width] > 1 ? nil : "its window of 1×1 has nothing to separate"
  }
}
