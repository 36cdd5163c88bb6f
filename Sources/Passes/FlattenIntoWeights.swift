import PrefactorGraph
import PrefactorModelFormat

/// Flattens images in the order in which they are stored, and puts the columns of the fully-connected layers' weights
/// behind in that order, rather than transposing the images.
public struct FlattenIntoWeights: Pass {
  public func run(_ graph: inout Graph) throws {
    let shapes = try SymbolicShapes(graph)
    let producers = graph.producers
    for index in graph.nodes.indices {
      guard let order = ImageOrder(graph.nodes[index], producers, graph, shapes),
        let readers = graph.readers(of: graph.nodes[index].output, order)
      else { continue }
      graph.nodes[index] = order.flattening(graph.nodes[index])
      for reader in readers {
        let value = graph.nodes[reader.node].inputs[reader.input]!
        graph.nodes[reader.node].inputs[reader.input] = graph.addConstant(
          order.reorderingColumns(graph.constants[value]!))
      }
    }
  }
}

/// Constants along whose last axis the elements of a flattened image lie.
private typealias ConstantInput = (node: Int, input: Int)

extension Graph {
  /// The constants that have to be reordered when a flattened image is; nil where other things depend on its order too.
  fileprivate func readers(of flattened: Value, _ order: ImageOrder) -> [ConstantInput]? {
    if outputs.contains(flattened) { return nil }
    var constantInputs: [ConstantInput] = []
    for (index, node) in nodes.enumerated() where node.inputs.contains(flattened) {
      switch node.operation {
      case .fullyConnected where node.inputs[0] == flattened && node.inputs.count { $0 == flattened } == 1:
        constantInputs.append((index, 1))
      case .unary:
        guard let further = readers(of: node.output, order) else { return nil }
        constantInputs += further
      case .binary:
        guard let operandIndex = node.inputs.firstIndex(where: { $0 != flattened }),
          let operand = constant(node, operandIndex),
          operand.dims.count <= 2, let further = readers(of: node.output, order)
        else { return nil }
        if operand.dims.last ?? 1 == order.count { constantInputs.append((index, operandIndex)) }
        constantInputs += further
      default:
        return nil
      }
    }
    return constantInputs
  }
}

/// How images are flattened: one after the other, each transposed first.
private struct ImageOrder {
  /// The transpose's input.
  let stored: Value
  let permutation: Permutation
  /// The dimensions of an image after the transpose.
  let dims: [Int]

  var count: Int { dims.reduce(1, *) }

  /// Nil for a node that does something else.
  init?(_ node: Node, _ producers: [Value: Int], _ graph: Graph, _ shapes: SymbolicShapes) {
    guard case .reshape? = node.fixedOperation, let image = node.inputs[0], let producer = producers[image],
      case .transpose(let transpose)? = graph.nodes[producer].fixedOperation,
      let stored = graph.nodes[producer].inputs[0]
    else { return nil }
    permutation = Permutation(transpose, rank: shapes.rank(image))
    let dims = (1..<permutation.rank).compactMap { shapes.fixedSize(image, $0) }
    guard permutation[0] == 0, dims.count == permutation.rank - 1, shapes.rank(node.output) == 2,
      shapes.size(node.output, 0) == shapes.size(image, 0), shapes.fixedSize(node.output, 1) == dims.reduce(1, *)
    else { return nil }
    self.stored = stored
    self.dims = dims
  }

  /// The flattening without the transpose.
  func flattening(_ node: Node) -> Node {
    guard case .reshape(var reshape) = node.operation else { preconditionFailure("not a reshape") }
    for axis in 0..<2 { reshape.dims[axis] = renamedCopy(reshape.dims[axis], permutation) }
    var result = node
    result.operation = .reshape(reshape)
    result.inputs = [stored]
    return result
  }

  /// A constant along whose last axis image elements lie, with these in the order in which they are stored.
  func reorderingColumns(_ tensor: Tensor) -> Tensor {
    let rows = tensor.count / count
    let order = [0] + permutation.inverse.axes.dropFirst()
    return tensor.reshaped(to: [rows] + dims).transposed(order).reshaped(to: tensor.dims)
  }
}
