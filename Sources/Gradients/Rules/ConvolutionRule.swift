import PrefactorLinearAlgebra
import PrefactorModelFormat

/// Per group the output is P·Wᵀ of the patches P, a row for each output pixel, and the weights W, a row for each
/// filter: dW = dyᵀ·P, and dP = dy·W is added to where the patches lie in the image.
struct ConvolutionRule: Rule {
  private let layer: Convolution
  private let patches: Patches
  private let images: Int, groups: Int, filters: Int
  private let rows: Int, columns: Int
  /// Output rows whose patches are in memory at once, 0 where the image itself will do.
  private let rowsAtOnce: Int
  private let scratch: FloatBuffer
  let inputsRead: [Int]

  /// Numbers in the patches that are in memory at once, at least those of a row: 4 MiB stay in the caches, and have
  /// several hundred pixels for the product over them.
  private static let scratchSize = 1 << 20

  init(_ layer: Convolution, _ site: Site) {
    self.layer = layer
    groups = Int(layer.groups)
    let image = site.inputs[0]!
    patches = Patches(layer.window, groups: groups, over: image)
    (images, rows, columns, filters) = (site.output[0], site.output[1], site.output[2], site.output[3] / groups)
    let rowSize = patches.depth * columns
    rowsAtOnce = patches.isPointwise ? 0 : min(max(Self.scratchSize / rowSize, 1), rows)
    scratch = FloatBuffer(count: rowsAtOnce * rowSize)
    inputsRead = (site.wants(1) ? [0] : []) + (site.wants(0) ? [1] : [])
  }

  var readsOutput: Bool { !layer.clamp.isNone }

  func pullBack(_ step: BackwardStep) {
    let terms = step.outputAdjoint(within: layer.clamp)
    step.adjoint(2)?.addRows(terms, count: images * rows * columns)
    step.adjoint(3)?.add(terms)
    if patches.isPointwise { pullBackPixels(terms, step) } else { pullBackPatches(terms, step) }
  }

  private func pullBackPixels(_ terms: UnsafePointer<Float>, _ step: BackwardStep) {
    let pixels = images * rows * columns
    let depth = patches.depth
    let input = step.adjoint(0)?.target()
    let weights = step.adjoint(1)?.target()
    for group in 0..<groups {
      let terms = FloatMatrix(terms + group * filters, rows: pixels, columns: filters, stride: groups * filters)
      if let weights {
        let values = FloatMatrix(
          step.inputs[0]! + group * depth, rows: pixels, columns: depth, stride: patches.channels)
        terms.transpose.multiply(values, to: weights.values + group * filters * depth, isAdding: weights.isAdding)
      }
      if let input {
        let filter = FloatMatrix(step.inputs[1]! + group * filters * depth, rows: filters, columns: depth)
        terms.multiply(filter, to: input.values + group * depth, stride: patches.channels, isAdding: input.isAdding)
      }
    }
  }

  private func pullBackPatches(_ terms: UnsafePointer<Float>, _ step: BackwardStep) {
    let input = step.adjoint(0)?.values
    let weights = step.adjoint(1)?.target()
    let imageSize = patches.height * patches.width * patches.channels
    let depth = patches.depth
    for image in 0..<images {
      for start in stride(from: 0, to: rows, by: rowsAtOnce) {
        let part = start..<min(start + rowsAtOnce, rows)
        let pixels = part.count * columns
        let first = (image * rows + start) * columns * groups * filters
        for group in 0..<groups {
          let terms = FloatMatrix(
            terms + first + group * filters, rows: pixels, columns: filters, stride: groups * filters)
          let place = image * imageSize + group * patches.groupChannels
          if let weights {
            patches.copy(step.inputs[0]! + place, rows: part, to: scratch.values)
            terms.transpose.multiply(
              FloatMatrix(scratch.values, rows: pixels, columns: depth), to: weights.values + group * filters * depth,
              isAdding: weights.isAdding || image > 0 || start > 0)
          }
          if let input {
            let filter = FloatMatrix(step.inputs[1]! + group * filters * depth, rows: filters, columns: depth)
            terms.multiply(filter, to: scratch.values, isAdding: false)
            patches.add(scratch.values, rows: part, to: input + place)
          }
        }
      }
    }
  }
}
