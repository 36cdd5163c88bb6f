import CPrefactor
import KernelContract
import PrefactorModelFormat

/// An 8-bit RGB image that is to become an input, as a model's preprocessing says: resized, cut, normalized, and taken
/// apart into channels. Resizing is Pillow's `resize(…, BILINEAR)` to the bit, because the networks that people train
/// saw images resized that way.
public struct ImageInput {
  private var image: pf_image
  private var values = InlineArray<768, Float>(repeating: 0)

  /// `rgb` has at least one pixel, and rows `rowBytes` apart. From pixel to pixel of the output there are `pixelStride`
  /// floats, from channel to channel `channelStride`.
  public init(
    _ rgb: UnsafePointer<UInt8>, width: Int, height: Int, rowBytes: Int, preprocessing: pf_preprocessing,
    targetWidth: Int,
    targetHeight: Int, output: UnsafeMutablePointer<Float>, pixelStride: Int, channelStride: Int
  ) {
    var columns = (source: width, resized: Double(targetWidth), target: targetWidth)
    var rows = (source: height, resized: Double(targetHeight), target: targetHeight)
    if preprocessing.resize == Int32(PF_RESIZE_SHORTER_SIDE_CROP.rawValue) {
      let side = Double(max(Int(preprocessing.crop), max(targetWidth, targetHeight)))
      let shorter = Double(min(width, height))
      columns.resized = (Double(width) * side / shorter).rounded(.down)
      rows.resized = (Double(height) * side / shorter).rounded(.down)
    }
    let isGray = preprocessing.channels == Int32(PF_CHANNELS_GRAY.rawValue)
    let isBGR = preprocessing.channels == Int32(PF_CHANNELS_BGR.rawValue)
    image = pf_image(
      rgb: rgb, row_bytes: rowBytes, columns: pf_image_axis(columns), rows: pf_image_axis(rows), planes: isGray ? 1 : 3,
      values: nil,
      output: isBGR ? output + 2 * channelStride : output, pixel_stride: Int64(pixelStride),
      plane_stride: Int64(isBGR ? -channelStride : channelStride))
    let mean = preprocessing.mean
    let deviation = preprocessing.deviation
    setValues(ofPlane: 0, isBGR ? mean.2 : mean.0, isBGR ? deviation.2 : deviation.0)
    setValues(ofPlane: 1, mean.1, deviation.1)
    setValues(ofPlane: 2, isBGR ? mean.0 : mean.2, isBGR ? deviation.0 : deviation.2)
  }

  private mutating func setValues(ofPlane plane: Int, _ mean: Float, _ deviation: Float) {
    for value in 0..<256 { values[256 * plane + value] = (Float(value) - mean) / deviation }
  }

  public var targetHeight: Int { Int(image.rows.target) }

  /// What one thread takes at most: the image is read once, and an element of the output looked up.
  fileprivate var cycles: Double {
    Double(image.columns.source) * Double(image.rows.source) * 2 + Double(image.columns.target)
      * Double(image.rows.target) * 8
  }

  /// Writes rows of the output, with the kernels' `image_scratch`.
  public func write(rows: Range<Int>, _ kernels: UnsafePointer<pf_kernels>, scratch: UnsafeMutableRawPointer) {
    withUnsafeBytes(of: values) { values in
      var image = image
      image.values = values.baseAddress?.assumingMemoryBound(to: Float.self)
      kernels.pointee.image(
        &image, Int32(truncatingIfNeeded: rows.lowerBound), Int32(truncatingIfNeeded: rows.count), scratch)
    }
  }
}

extension pf_image_axis {
  /// The middle of the resized image is kept. Sizes and margins are rounded as torchvision does.
  fileprivate init(_ side: (source: Int, resized: Double, target: Int)) {
    self.init(
      source: Int32(truncatingIfNeeded: side.source), target: Int32(truncatingIfNeeded: side.target),
      scale: Double(side.source) / side.resized,
      margin: ((side.resized - Double(side.target)) / 2).rounded(.toNearestOrEven))
  }
}

// MARK: Threads

extension Session {
  /// On all threads where that pays. Whatever rows a thread writes, their values are the same.
  public func load(_ input: ImageInput) {
    let threads = host.pointee.threads
    let wakesThreads = threads.pointee.threads > 1 && input.cycles > ThreadPool.cyclesWorthWaking
    // At the edges of a band, rows of the image are resized for both of its neighbours.
    let bands = wakesThreads ? max(min(4 * threads.pointee.threads, input.targetHeight / 16), 1) : 1
    var job = BandJob(
      input: input, bands: bands, kernels: UnsafePointer(host.pointee.kernels), scratch: host.pointee.threadScratch,
      scratchStride: host.pointee.plan.threadScratch)
    if wakesThreads { threads.beginRun() }
    threads.run(items: bands, &job) { job, band, thread in
      job.assumingMemoryBound(to: BandJob.self).pointee.run(band, thread: thread)
    }
    if wakesThreads { threads.endRun() }
  }
}

private struct BandJob {
  let input: ImageInput
  let bands: Int
  let kernels: UnsafePointer<pf_kernels>
  let scratch: UnsafeMutableRawPointer
  let scratchStride: Int

  func run(_ band: Int, thread: Int) {
    let height = input.targetHeight
    input.write(
      rows: height * band / bands..<height * (band + 1) / bands, kernels, scratch: scratch + thread * scratchStride)
  }
}
