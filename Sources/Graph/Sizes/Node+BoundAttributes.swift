import PrefactorModelFormat

extension Node {
  /// The operation, where all its attributes are numbers: what a pass reads of attributes, it reads of this.
  public var fixedOperation: Operation? { bindings.isEmpty ? operation : nil }
}

extension Operation {
  /// The first words of the attributes that have a word for each axis of the input.
  public var axisWords: [Int] {
    switch self {
    case .slice: [0, 8, 16]
    case .padding: [2, 10]
    case .tile: [0]
    case .expansion: [1]
    default: []
    }
  }
}
