import Foundation
import KernelContract
import XCTest

/// Every instruction set gives the reference's bits, whatever rows are computed together, and reads nothing outside the
/// image.
final class ImageTests: XCTestCase {
  func testSides() {
    for source in [1, 2, 3, 4, 5, 7, 16, 37, 100] {
      for target in [1, 2, 3, 5, 8, 31, 40] {
        check(width: source, height: 9, to: (target, 4))
        check(width: 6, height: source, to: (5, target))
      }
    }
  }

  func testPlanesAndStrides() {
    for planes in [1, 3] {
      check(width: 23, height: 17, to: (9, 11), planes: planes, rowGap: 5)
      check(width: 23, height: 17, to: (30, 29), planes: planes, isChannelsLast: true)
      check(width: 5, height: 3, to: (4, 6), planes: planes, rowGap: 1, isReversed: true)
    }
  }

  func testCut() {
    check(width: 40, height: 30, to: (8, 9), resized: (14, 10.5), margins: (3, 1))
    check(width: 4, height: 3, to: (8, 9), resized: (14, 12), margins: (3, 1))
  }

  /// Several blocks of columns, by their number and by the pixels that they are made of.
  func testBlocks() {
    check(width: 300, height: 5, to: (600, 3))
    check(width: 9000, height: 5, to: (40, 3))
    check(width: 65536, height: 2, to: (1, 1))
  }

  private func check(
    width: Int, height: Int, to target: (width: Int, height: Int), resized: (Double, Double)? = nil,
    margins: (Double, Double) = (0, 0),
    planes: Int = 3, rowGap: Int = 0, isChannelsLast: Bool = false, isReversed: Bool = false,
    file: StaticString = #filePath, line: UInt = #line
  ) {
    let rowBytes = 3 * width + rowGap
    var random = Random(seed: UInt64(width * height))
    let bytes = (0..<rowBytes * (height - 1) + 3 * width).map { _ in UInt8(127.5 + 127.5 * random.next()) }
    let values = Buffer((0..<256 * planes).map { Float($0) })
    let elements = planes * target.width * target.height
    let plane = isChannelsLast ? 1 : target.width * target.height
    func axis(_ source: Int, _ target: Int, _ resized: Double?, _ margin: Double) -> pf_image_axis {
      pf_image_axis(
        source: Int32(source), target: Int32(target), scale: Double(source) / (resized ?? Double(target)),
        margin: margin)
    }
    func run(_ kernels: Kernels, startsAtPage: Bool, bandRows: Int) -> Buffer {
      let output = Buffer(count: elements, repeating: .nan)
      let pages = GuardedBytes(bytes, startsAtPage: startsAtPage)
      var image = pf_image(
        rgb: pages.pointer, row_bytes: rowBytes, columns: axis(width, target.width, resized?.0, margins.0),
        rows: axis(height, target.height, resized?.1, margins.1), planes: Int32(planes), values: values.pointer,
        output: isReversed ? output.pointer + (planes - 1) * plane : output.pointer,
        pixel_stride: isChannelsLast ? Int64(planes) : 1,
        plane_stride: Int64(isReversed ? -plane : plane))
      let scratch = UnsafeMutableRawPointer.allocate(
        byteCount: max(kernels.table.image_scratch(Int32(target.width)), 1), alignment: 64)
      defer { scratch.deallocate() }
      for row in stride(from: 0, to: target.height, by: bandRows) {
        kernels.table.image(&image, Int32(row), Int32(min(bandRows, target.height - row)), scratch)
      }
      return output
    }
    let want = run(.reference, startsAtPage: false, bandRows: target.height)
    for kernels in Kernels.underTest {
      for bandRows in [1, 3, target.height] {
        for startsAtPage in [false, true] {
          assertIdentical(
            run(kernels, startsAtPage: startsAtPage, bandRows: bandRows), want,
            "\(kernels) \(width)×\(height) to \(target), \(planes) planes, \(bandRows) rows a call", file: file,
            line: line)
        }
      }
    }
  }
}

/// Bytes between unreadable pages, of which they touch one.
private final class GuardedBytes {
  let pointer: UnsafePointer<UInt8>
  private let mapping: UnsafeMutableRawPointer
  private let length: Int

  init(_ bytes: [UInt8], startsAtPage: Bool) {
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let used = (bytes.count + page - 1) / page * page
    length = used + 2 * page
    mapping = mmap(nil, length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)!
    precondition(mapping != MAP_FAILED)
    mprotect(mapping + page, used, PROT_READ | PROT_WRITE)
    let start = mapping + page + (startsAtPage ? 0 : used - bytes.count)
    start.copyMemory(from: bytes, byteCount: bytes.count)
    pointer = UnsafePointer(start.assumingMemoryBound(to: UInt8.self))
    mprotect(mapping + page, used, PROT_READ)
  }

  deinit { munmap(mapping, length) }
}
