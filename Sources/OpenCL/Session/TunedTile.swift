import COpenCL
import CPrefactor
import CShims
import PrefactorModelFormat
import PrefactorRuntime

/// The tiles that were measured to be fastest on a device: for products of certain sizes, and one for all others.
struct TunedTile {
  static func forOthers(isHalf: Bool) -> UInt64 { isHalf ? 1 : 0 }
  let product: UInt64
  let tile: UInt32
  let next: UnsafeMutablePointer<TunedTile>?
}

extension DeviceModel {
  /// A name of the file in the cache that no program has.
  private var tuningKey: UInt64 { fingerprint.value ^ 0x7475_6E69_6E67 }
  private static let recordBytes = 12

  static func tunedTile(
    _ device: UnsafeMutablePointer<DeviceModel>, of model: UnsafeMutablePointer<Model>, _ product: UInt64
  ) -> ProductTile? {
    withLock(of: model) {
      var next = device.pointee.tiles
      while let entry = next {
        if entry.pointee.product == product { return ProductTile(code: entry.pointee.tile) }
        next = entry.pointee.next
      }
      return nil
    }
  }

  /// Takes what was measured before, by others perhaps. The lock is held, or nobody else knows of the device yet.
  static func readTiles(_ device: UnsafeMutablePointer<DeviceModel>, _ allocator: Allocator) {
    _ = device.pointee.compiler.cache?.read(device.pointee.tuningKey) { (contents: Bytes) -> Void? in
      for index in 0..<contents.count / recordBytes {
        add(contents.uint64(index * recordBytes), contents.uint32(index * recordBytes + 8), to: device, allocator)
      }
      return ()
    }
  }

  /// Keeps what has been measured; as far as memory and cache allow that.
  static func setTile(
    _ device: UnsafeMutablePointer<DeviceModel>, of model: UnsafeMutablePointer<Model>, _ product: UInt64,
    _ tile: ProductTile
  ) {
    let allocator = model.pointee.allocator
    withLock(of: model) {
      add(product, tile.code, to: device, allocator)
      readTiles(device, allocator)
      var count = 0
      var next = device.pointee.tiles
      while let entry = next { (count, next) = (count + 1, entry.pointee.next) }
      let size = Cache.headerBytes + count * recordBytes
      guard let cache = device.pointee.compiler.cache, let block = try? allocator.allocate(size) else { return }
      defer { allocator.release(block, size) }
      next = device.pointee.tiles
      var place = block + Cache.headerBytes
      while let entry = next {
        place.storeBytes(of: entry.pointee.product.littleEndian, as: UInt64.self)
        place.storeBytes(of: entry.pointee.tile.littleEndian, toByteOffset: 8, as: UInt32.self)
        (place, next) = (place + recordBytes, entry.pointee.next)
      }
      cache.write(device.pointee.tuningKey, block, size)
    }
  }

  /// What is known already stays as it is.
  private static func add(
    _ product: UInt64, _ tile: UInt32, to device: UnsafeMutablePointer<DeviceModel>, _ allocator: Allocator
  ) {
    var other = device.pointee.tiles
    while let entry = other {
      if entry.pointee.product == product { return }
      other = entry.pointee.next
    }
    guard let block = try? allocator.allocate(MemoryLayout<TunedTile>.size) else { return }
    let entry = block.bindMemory(to: TunedTile.self, capacity: 1)
    entry.initialize(to: TunedTile(product: product, tile: tile, next: device.pointee.tiles))
    device.pointee.tiles = entry
  }
}

extension DeviceRecorder {
  /// Smaller products are over before a clock has ticked.
  private static let leastMultiplyAdds = 20e6

  /// The tile that a product is computed by: as measured for its size, or now, if that is asked for; else as measured
  /// for a product of this device, which is done at the first chance where there is a cache to keep it in.
  mutating func tile(
    for product: pf_cl_convolution, batches: Int, isOnScratch: Bool,
    _ launch: (ProductTile, inout DeviceRecorder) -> Launch?
  ) -> ProductTile {
    let isHalf = hasHalfActivations && !isOnScratch
    let others = TunedTile.forOthers(isHalf: isHalf)
    let pixels = Int(product.images) * Int(product.output_height) * Int(product.output_width)
    let columns = Int(product.filters)
    let usual = ProductTile.usual(isCPU: isCPU)
    if isCounting || failure != nil { return usual }
    let size = DeviceRecorder.size(of: product, batches: batches, isHalf: isHalf)
    if let tile = DeviceModel.tunedTile(device, of: model, size) { return tile }
    if isTuning {
      guard let tile = fastest(product, pixels: pixels, among: ProductTile.candidates(isCPU: isCPU).count, launch)
      else { return usual }
      DeviceModel.setTile(device, of: model, size, tile)
      return tile
    }
    if let tile = DeviceModel.tunedTile(device, of: model, others) {
      return tile.fitting(columns: columns, pixels: pixels)
    }
    let depth = Int(product.kernel_height) * Int(product.kernel_width) * Int(product.channels)
    if device.pointee.compiler.cache != nil, columns >= 32,
      Double(batches * pixels) * Double(columns * depth) >= DeviceRecorder.leastMultiplyAdds,
      let tile = fastest(product, pixels: pixels, among: ProductTile.quickCandidates, launch)
    {
      DeviceModel.setTile(device, of: model, others, tile)
      return tile
    }
    return usual.fitting(columns: columns, pixels: pixels)
  }

  private mutating func fastest(
    _ product: pf_cl_convolution, pixels: Int, among count: Int,
    _ launch: (ProductTile, inout DeviceRecorder) -> Launch?
  ) -> ProductTile? {
    let candidates = ProductTile.candidates(isCPU: isCPU)
    var best: ProductTile?
    var least = UInt64.max
    for index in 0..<count
    where candidates[index].pixels <= max(pixels, 4) && candidates[index].columns < 2 * Int(product.filters) {
      guard let candidate = launch(candidates[index], &self) else { return nil }
      defer { _ = device.pointee.library.clReleaseKernel(candidate.kernel) }
      guard let time = try? nanoseconds(candidate) else { continue }
      if time < least { (best, least) = (candidates[index], time) }
    }
    return best
  }

  /// The least of some runs, after one that compiles what a driver compiles late.
  private func nanoseconds(_ launch: Launch) throws(Failure) -> UInt64 {
    try queue.run(launch, nil)
    try queue.finish()
    var least = UInt64.max
    for _ in 0..<5 {
      let start = shim_nanoseconds()
      try queue.run(launch, nil)
      try queue.finish()
      least = min(least, shim_nanoseconds() - start)
    }
    return least
  }

  private static func size(of product: pf_cl_convolution, batches: Int, isHalf: Bool) -> UInt64 {
    var size = Fingerprint()
    size.add(product.channels)
    size.add(product.filters)
    size.add(product.kernel_height)
    size.add(product.kernel_width)
    size.add(product.stride_width)
    size.add(product.images &* product.output_height)
    size.add(product.output_width)
    size.add(Int32(truncatingIfNeeded: batches))
    if isHalf { size.add(1) }
    return size.value
  }
}
