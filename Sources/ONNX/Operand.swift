import PrefactorGraph
import PrefactorModelFormat

/// What an ONNX value is during import: a tensor that the graph computes, one whose elements are known, or both.
///
/// Dimensions may be open, and what is computed from them too. Rather than with algebra, the importer follows such values in a
/// few *trials* with different sizes: what is the same in every trial is static, what always equals an input's dimension is copied from it.
final class Operand {
  /// One for each trial.
  let shapes: [Shape]
  /// One for each trial, or a single one for all of them; nil where only the graph computes it.
  let elements: [Tensor]?
  /// Nil for known elements until the graph needs them.
  var value: Value?
  /// An input of the network, whose elements are known for this run alone: they count only where an operator has no other way.
  let isNetworkInput: Bool
  /// An operator took the elements as static.
  var isStatic = false

  init(shapes: [Shape], elements: [Tensor]? = nil, value: Value? = nil, isNetworkInput: Bool = false) {
    self.shapes = shapes
    self.elements = elements
    self.value = value
    self.isNetworkInput = isNetworkInput
  }

  /// A tensor with the same elements in every trial.
  convenience init(_ tensor: Tensor, trials: Int) {
    self.init(shapes: Array(repeating: Shape(tensor.dims, type: tensor.type), count: trials), elements: [tensor])
  }

  /// Elements that may differ between the trials.
  convenience init(trials tensors: [Tensor]) {
    let isUniform = tensors.allSatisfy { $0 == tensors[0] }
    self.init(shapes: tensors.map { Shape($0.dims, type: $0.type) }, elements: isUniform ? [tensors[0]] : tensors)
  }

  var type: ElementType { shapes[0].type }
  /// The same in every trial.
  var rank: Int { shapes[0].rank }
  /// The elements where they are the same in every trial.
  var constant: Tensor? { elements.flatMap { $0.count == 1 ? $0[0] : nil } }
  /// Elements that do not change from run to run.
  var isConstant: Bool { constant != nil && !isNetworkInput }

  func elements(trial: Int) -> Tensor? { elements.map { $0[min(trial, $0.count - 1)] } }

  /// The dimensions of an axis in each trial.
  func dimension(_ axis: Int) -> [Int] { shapes.map { $0[axis] } }

  /// The dimension of an axis where it is the same in every trial.
  func staticDimension(_ axis: Int) -> Int? {
    let dimensions = dimension(axis)
    return dimensions.allSatisfy { $0 == dimensions[0] } ? dimensions[0] : nil
  }
}
