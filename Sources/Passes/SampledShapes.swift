import PrefactorGraph
import PrefactorModelFormat

/// The shapes of all values with several choices for the network's open dimensions. What holds for all samples is taken to hold always.
struct SampledShapes {
  private var samples: [[Value: Shape]] = []

  /// Throws if the network's operations fit none of the samples.
  init(_ graph: Graph) throws(ShapeError) {
    var firstError: ShapeError?
    for size in Self.sizes(graph) {
      // Any one batch size might be a coincidence with another dimension.
      for batch in graph.hasOpenDimensions ? [1, 2] : [1] {
        do throws(ShapeError) {
          samples.append(try graph.shapes(Binding(batch: batch, height: size.height, width: size.width)))
        } catch {
          firstError = firstError ?? error
        }
      }
      if samples.count >= 4 { break }
    }
    if samples.isEmpty, let firstError { throw firstError }
  }

  /// More than are needed for a fully convolutional network: others may accept only one of them.
  private static func sizes(_ graph: Graph) -> [(height: Int, width: Int)] {
    guard graph.hasOpenDimensions else { return [(1, 1)] }
    return [(224, 224), (320, 256), (299, 299), (227, 227), (128, 128), (96, 96), (64, 64), (32, 32), (28, 28)]
  }

  func rank(_ value: Value) -> Int { samples[0][value]!.rank }

  /// Elements, in the first sample.
  func count(_ value: Value) -> Int { samples[0][value]!.count }

  /// The size of an axis in each sample.
  func sizes(_ value: Value, _ axis: Int) -> [Int] { samples.map { $0[value]![axis] } }

  /// The size of an axis that is the same in all samples.
  func fixedSize(_ value: Value, _ axis: Int) -> Int? {
    let sizes = sizes(value, axis)
    return sizes.allSatisfy { $0 == sizes[0] } ? sizes[0] : nil
  }

  func isOne(_ value: Value, _ axis: Int) -> Bool { fixedSize(value, axis) == 1 }

  func areEqual(_ left: Value, _ right: Value) -> Bool { samples.allSatisfy { $0[left]! == $0[right]! } }
}

extension Graph {
  fileprivate var hasOpenDimensions: Bool { inputs.contains { $0.dims.contains(nil) } }
}
