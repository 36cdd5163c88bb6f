import CShims
import Foundation
import XCTest

/// How many processors' worth of time control groups allow, read from folders that look like Linux's.
final class QuotaTests: XCTestCase {
  private static let unified = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"

  func testNothingThere() { XCTAssertEqual(quota([:]), 0) }

  func testVersion2() {
    func quota(_ limit: String) -> Int64 {
      self.quota([
        "proc/self/cgroup": "0::/job\n", "proc/self/mountinfo": Self.unified, "sys/fs/cgroup/job/cpu.max": limit,
      ])
    }
    XCTAssertEqual(quota("200000 100000\n"), 2)
    XCTAssertEqual(quota("200001 100000\n"), 3)
    XCTAssertEqual(quota("1000 100000\n"), 1)
    XCTAssertEqual(quota("max 100000\n"), 0)
    XCTAssertEqual(quota("350000 100000"), 4)
    for damaged in ["", "\n", "100000", "-5 100000", "100000 0", "x y"] { XCTAssertEqual(quota(damaged), 0, damaged) }
  }

  func testTheLeastOfAllGroupsAbove() {
    let files = [
      "proc/self/cgroup": "0::/a/b/c\n", "proc/self/mountinfo": Self.unified,
      "sys/fs/cgroup/a/cpu.max": "300000 100000\n",
      "sys/fs/cgroup/a/b/cpu.max": "max 100000\n", "sys/fs/cgroup/a/b/c/cpu.max": "50000 10000\n",
    ]
    XCTAssertEqual(quota(files), 3)
  }

  func testContainerThatSeesItsOwnGroup() {
    let files = [
      "proc/self/cgroup": "0::/\n", "proc/self/mountinfo": Self.unified, "sys/fs/cgroup/cpu.max": "150000 100000\n",
    ]
    XCTAssertEqual(quota(files), 2)
  }

  private static let separate = """
    31 30 0:27 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd
    32 30 0:28 /box /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
    33 30 0:29 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset

    """

  func testVersion1() {
    func quota(_ group: String, _ folder: String, _ limit: String) -> Int64 {
      self.quota([
        "proc/self/cgroup": "5:cpuset:/other\n4:cpu,cpuacct:\(group)\n1:name=systemd:/\n0::/unused\n",
        "proc/self/mountinfo": Self.separate,
        "sys/fs/cgroup/cpu,cpuacct\(folder)/cpu.cfs_quota_us": limit,
        "sys/fs/cgroup/cpu,cpuacct\(folder)/cpu.cfs_period_us": "100000\n",
      ])
    }
    // The mount shows what is below /box alone.
    XCTAssertEqual(quota("/box", "", "250000\n"), 3)
    XCTAssertEqual(quota("/box/job", "/job", "250000\n"), 3)
    XCTAssertEqual(quota("/box/job", "", "100000\n"), 1)
    XCTAssertEqual(quota("/boxes/job", "", "100000\n"), 1)
    XCTAssertEqual(quota("/box", "", "-1\n"), 0)
  }

  func testLongLines() {
    let long = String(repeating: "x", count: 10_000)
    let files = [
      "proc/self/cgroup": "9:\(long):/\n0::/job\n", "proc/self/mountinfo": "1 2 3 \(long)\n\(Self.unified)",
      "sys/fs/cgroup/job/cpu.max": "100000 100000\n",
    ]
    XCTAssertEqual(quota(files), 1)
    XCTAssertEqual(quota(["proc/self/cgroup": "0::/\(long)\n", "proc/self/mountinfo": Self.unified]), 0)
  }

  func testNoMoreThanTheMaskAllows() {
    XCTAssertGreaterThanOrEqual(shim_processors(0), 1)
    XCTAssertLessThanOrEqual(shim_processors(0), sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    XCTAssertLessThanOrEqual(shim_processors(3), 3)
  }

  private func quota(_ files: [String: String]) -> Int64 {
    let root = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: root) }
    for (path, text) in files {
      let file = root.appendingPathComponent(path)
      try? FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      XCTAssertNoThrow(try text.write(to: file, atomically: false, encoding: .utf8))
    }
    return shim_quota(root.path)
  }
}
