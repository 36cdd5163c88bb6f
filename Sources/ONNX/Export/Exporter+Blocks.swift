import PrefactorGraph
import PrefactorModelFormat

extension Exporter {
  func depthToSpace(_ operation: DepthToSpace, _ node: Node) {
    let isInverse = operation.inverse != 0
    let isDepthFirst = operation.mode == DepthToSpace.Mode.depthColumnRow
    guard operation.blockHeight == operation.blockWidth, isDepthFirst || !isInverse else {
      define(node.output, .plain, as: isInverse ? gathered(operation, node) : scattered(operation, node))
      return
    }
    let attributes = [Onnx_AttributeProto.int("blocksize", operation.blockHeight)]
    let mode = isInverse ? [] : [Onnx_AttributeProto.string("mode", isDepthFirst ? "DCR" : "CRD")]
    let result = add(
      isInverse ? "SpaceToDepth" : "DepthToSpace", [channelsFirst(input(node, 0))], attributes + mode, of: node)
    define(node.output, .channelsFirst, as: result)
  }

  // Blocks for which ONNX has no operator. A reshape can keep leading dimensions (0) and infer one (-1), so that open
  // heights and widths are joined with their blocks one at a time.

  /// [N, H, W, blocks of channels] to [N, H · height, W · width, C]
  private func scattered(_ operation: DepthToSpace, _ node: Node) -> String {
    let height = Int(operation.blockHeight)
    let width = Int(operation.blockWidth)
    let depth = dimension(node.output, 3)
    let isDepthFirst = operation.mode == DepthToSpace.Mode.depthColumnRow
    let blocks = reshape(
      plain(input(node, 0)), [0, 0, 0] + (isDepthFirst ? [height, width, depth] : [depth, height, width]), of: node)
    let rows = transpose(blocks, isDepthFirst ? [0, 1, 3, 2, 4, 5] : [0, 1, 4, 2, 5, 3])
    let columnsFirst = transpose(reshape(rows, [0, 0, 0, -1, depth]), [0, 3, 1, 2, 4])
    return transpose(reshape(columnsFirst, [0, 0, -1, depth]), [0, 2, 1, 3])
  }

  /// [N, H · height, W · width, C] to [N, H, W, blocks of channels]
  private func gathered(_ operation: DepthToSpace, _ node: Node) -> String {
    let height = Int(operation.blockHeight)
    let width = Int(operation.blockWidth)
    let depth = dimension(input(node, 0), 3)
    let isDepthFirst = operation.mode == DepthToSpace.Mode.depthColumnRow
    let columnsFirst = reshape(transpose(plain(input(node, 0)), [0, 2, 1, 3]), [0, 0, -1, height, depth], of: node)
    let rows = reshape(transpose(columnsFirst, [0, 2, 3, 1, 4]), [0, 0, 0, -1, width, depth])
    return reshape(
      transpose(rows, isDepthFirst ? [0, 1, 3, 2, 4, 5] : [0, 1, 3, 5, 2, 4]), [0, 0, 0, height * width * depth])
  }

  private func reshape(_ x: String, _ dims: [Int], of node: Node? = nil) -> String {
    add("Reshape", [x, constant(dims)], of: node)
  }

  private func transpose(_ x: String, _ permutation: [Int]) -> String {
    add("Transpose", [x], [.ints("perm", permutation)])
  }
}
