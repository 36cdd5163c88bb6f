import PrefactorGraph
import PrefactorModelFormat

/// Makes padding with zeros that of the convolution or average pool behind it, and padding with -∞ that of a max pool.
public struct FoldPadding: Pass {
  public func run(_ graph: inout Graph) {
    let producers = graph.producers
    for index in graph.nodes.indices {
      while let input = graph.nodes[index].inputs.first ?? nil, let producer = producers[input],
        case .padding(let padding)? = graph.nodes[producer].fixedOperation,
        let operation = graph.nodes[index].fixedOperation?.including(padding)
      {
        graph.nodes[index].operation = operation
        graph.nodes[index].inputs[0] = graph.nodes[producer].inputs[0]
      }
    }
  }
}

extension Operation {
  /// This operation and the padding of its input in one; nil where they differ in some element.
  fileprivate func including(_ padding: Padding) -> Operation? {
    guard padding.mode == Padding.Mode.constant, padding.isSpatial else { return nil }
    switch self {
    case .convolution(var convolution) where padding.value == 0 && convolution.window.hasExplicitPads:
      convolution.window.add(padding)
      return .convolution(convolution)
    // Where the output's size is rounded up, a window that begins in the padding is dropped, so that it matters what is
    // padding.
    case .pool(var pool) where pool.ceilMode == 0 && pool.window.hasExplicitPads:
      if pool.kind == .average {
        guard padding.value == 0, pool.countIncludePad == 1 || pool.window.hasNoPads else { return nil }
        pool.countIncludePad = 1
      } else if padding.value != -.infinity {
        return nil
      }
      pool.window.add(padding)
      // A pool's window must not lie wholly in its padding.
      return pool.window.hasPadsBelowSpan ? .pool(pool) : nil
    default:
      return nil
    }
  }
}

extension Padding {
  /// Whether it adds rows and columns to channels-last images, and does nothing else.
  fileprivate var isSpatial: Bool {
    (0..<Shape.maximumRank).allSatisfy { axis in
      let isHeightOrWidth = axis == 1 || axis == 2
      // What a window may have itself.
      let pads: Range<Int32> = 0..<(1 << 24)
      return isHeightOrWidth
        ? pads.contains(before[axis]) && pads.contains(after[axis]) : before[axis] == 0 && after[axis] == 0
    }
  }
}

extension Window {
  var hasExplicitPads: Bool { automaticPadding == Padding.explicit }

  var hasNoPads: Bool { hasExplicitPads && padTop == 0 && padLeft == 0 && padBottom == 0 && padRight == 0 }

  fileprivate var hasPadsBelowSpan: Bool {
    func isBelow(_ before: Int32, _ after: Int32, _ kernel: Int32, _ dilation: Int32) -> Bool {
      Int(max(before, after)) <= (Int(kernel) - 1) * Int(dilation)
    }
    return isBelow(padTop, padBottom, kernelHeight, dilationHeight)
      && isBelow(padLeft, padRight, kernelWidth, dilationWidth)
  }

  fileprivate mutating func add(_ padding: PrefactorModelFormat.Padding) {
    padTop += padding.before[1]
    padLeft += padding.before[2]
    padBottom += padding.after[1]
    padRight += padding.after[2]
  }
}
