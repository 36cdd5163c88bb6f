import KernelContract

/// A depthwise convolution whose filters have no channel of their own: several read one, or each reads some mixture of
/// channels, as in a monochromatic layer.
///
/// What filters read of the input is put in strips, a vector a pixel, once for all windows that share it, and then
/// multiplied like any depthwise convolution's input. Where a vector has all channels that there are, the strip is the
/// same for all filters, and each vector of them permutes what it loads; where not, vectors of filters have one strip
/// after the other.
struct MixedDepthwise {
  private let layer: pf_convolution
  private let mixture: pf_mixture
  private let layout: MixedLayout
  private let scratch: Target
  private let filters: Int

  init(_ layer: pf_convolution, _ mixture: pf_mixture, scratch: Target) {
    self.layer = layer
    self.mixture = mixture
    layout = MixedLayout(layer, mixture)
    self.scratch = scratch
    filters = Int(layer.groups * layer.group_output_channels)
  }

  func compute(rows: Range<Int>) {
    for first in stride(from: 0, to: layout.vectors, by: layout.vectorsAtOnce) {
      let vectors = first..<first + layout.vectorsAtOnce
      for vector in vectors { pack(vector, at: vector - first) }
      let source = PixelSpread(mixture, layout.sharesStrip ? allChannels : indicesOfChannels(0), scratch: scratch)
      guard layout.hasStrips else {
        for y in rows where pf_is_cancelled(layer.cancelled) == 0 { computeAlone(y, first, source) }
        continue
      }
      for x in stride(from: 0, to: layout.outputWidth, by: layout.stripPixels)
      where pf_is_cancelled(layer.cancelled) == 0 {
        computeStrip(rows, from: min(x, layout.outputWidth - layout.stripPixels), vectors, source)
      }
    }
  }

  /// The last vector overlaps the one before where there is one; what is computed twice comes out the same.
  private func filter(_ vector: Int) -> Int { max(0, min(vector * Vector.lanes, filters - Vector.lanes)) }

  private var lanes: Int { min(filters, Vector.lanes) }

  private func pack(_ vector: Int, at index: Int) {
    let filter = filter(vector)
    let indices: UnsafePointer<Int32>? = mixture.indices
    UnsafeMutableRawPointer(scratch + layout.indices).withMemoryRebound(
      to: Int32.self, capacity: layout.vectorsAtOnce * Vector.lanes
    ) { target in
      for lane in 0..<Vector.lanes {
        let group = (filter + min(lane, lanes - 1)) / Int(layer.group_output_channels)
        target[index * Vector.lanes + lane] = indices.map { $0[group] } ?? Int32(truncatingIfNeeded: group)
      }
    }
    guard layout.hasStrips else { return }
    let taps = Int(layer.window.kernel_height) * Int(layer.window.kernel_width)
    for tap in 0..<taps {
      let weight = Vector(from: layer.weights.floats + tap * filters + filter, upTo: lanes)
      weight.store(to: scratch + layout.weights + (index * taps + tap) * Vector.lanes)
    }
  }

  private func indicesOfChannels(_ index: Int) -> LaneIndices {
    UnsafeRawPointer(scratch + layout.indices + index * Vector.lanes).loadUnaligned(as: LaneIndices.self)
  }

  /// Lanes beyond the channels have the last one.
  private var allChannels: LaneIndices {
    var result = LaneIndices(repeating: mixture.channels - 1)
    for lane in 0..<min(Vector.lanes, Int(mixture.channels)) { result[lane] = Int32(truncatingIfNeeded: lane) }
    return result
  }

  private func computeStrip(_ rows: Range<Int>, from x: Int, _ vectors: Range<Int>, _ source: PixelSpread) {
    let window = layer.window
    let strip = SpreadStrip(
      window: window, start: scratch + layout.strip, rows: layout.stripRows, columns: layout.stripColumns)
    let left = x * Int(window.stride_width) - Int(window.pad_left)
    let first = rows.lowerBound * Int(window.stride_height) - Int(window.pad_top)
    var filled = first
    for y in rows {
      let top = y * Int(window.stride_height) - Int(window.pad_top)
      for row in max(filled, top)..<top + layout.stripRows {
        fill(strip.row((row - first) % strip.rows), strip.columns, row, left, source)
      }
      filled = top + layout.stripRows
      let place = (top - first) % strip.rows
      for vector in vectors {
        let index = vector - vectors.lowerBound
        let weights =
          Source(scratch + layout.weights) + index * Int(window.kernel_height) * Int(window.kernel_width) * Vector.lanes
        let outputs = StripOutputs(
          layer: layer, firstPixel: y * layout.outputWidth + x, pixels: layout.stripPixels, top: place,
          filter: filter(vector), lanes: lanes)
        if layout.sharesStrip {
          outputs.compute(
            strip, weights, PermutedReading(indices: indicesOfChannels(index)), tilePixels: layout.tilePixels)
        } else {
          outputs.compute(strip, weights, OwnReading(), tilePixels: layout.tilePixels)
        }
      }
    }
  }

  private func fill(_ target: Target, _ columns: Int, _ y: Int, _ left: Int, _ source: PixelSpread) {
    let width = Int(layer.input_width)
    let stride = Int(layer.input_stride)
    guard y >= 0, y < Int(layer.input_height) else { return clear(target, count: columns * Vector.lanes) }
    let from = min(max(0, -left), columns)
    let until = max(from, min(columns, width - left))
    clear(target, count: from * Vector.lanes)
    source.fill(
      target + from * Vector.lanes, from: layer.input + (y * width + left + from) * stride, stride: stride,
      count: until - from)
    clear(target + until * Vector.lanes, count: (columns - until) * Vector.lanes)
  }

  /// A row of outputs by a window too large for strips.
  private func computeAlone(_ y: Int, _ vector: Int, _ source: PixelSpread) {
    let window = layer.window
    let filter = filter(vector)
    let rows = window.rows(at: y, of: layer.input_height)
    for x in 0..<layout.outputWidth {
      let columns = window.columns(at: x, of: layer.input_width)
      var sum = InlineArray<1, Vector>(repeating: Vector(0))
      for row in rows.first..<rows.end {
        for column in columns.first..<columns.end {
          let pixel =
            layer.input + (rows.position(row) * Int(layer.input_width) + columns.position(column))
            * Int(layer.input_stride)
          let weight = Vector(
            from: layer.weights.floats + (row * Int(window.kernel_width) + column) * filters + filter, upTo: lanes)
          sum[0] = Vector.multiplyAdd(source.load(pixel), weight, sum[0])
        }
      }
      PixelOutputs(layer, pixel: y * layout.outputWidth + x).finishLanes(sum, at: filter, count: lanes)
    }
  }
}
