import CPrefactor
import Foundation
import PrefactorGraph

extension EngineOptions {
  /// Of the first OpenCL device. Its compiled programs are kept, and shared by all tests: most run one kernel in many
  /// sessions, each of which would compile it.
  public static var onDevice: EngineOptions {
    var options = EngineOptions()
    options.backend = PF_BACKEND_OPENCL
    options.cache = programs
    return options
  }

  private static let programs: String = {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return root.appendingPathComponent(".build/opencl-programs").path
  }()
}
