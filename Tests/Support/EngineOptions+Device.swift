import CPrefactor
import Foundation
import PrefactorEngine

extension EngineOptions {
  /// Of the first OpenCL device. Its compiled programs are kept, and shared by all tests: most run one kernel in many
  /// sessions, each of which would compile it.
  public static var onDevice: EngineOptions {
    var options = EngineOptions()
    options.backend = PF_BACKEND_OPENCL
    options.cache = root.appendingPathComponent(".build/opencl-programs").path
    return options
  }
}
