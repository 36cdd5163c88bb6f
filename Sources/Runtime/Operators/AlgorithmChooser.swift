import CPrefactor
import CShims
import KernelContract
import PrefactorModelFormat

/// Chooses how each convolution of a session is computed.
package struct AlgorithmChooser {
  let kernels: UnsafePointer<pf_kernels>
  private let estimate: AlgorithmEstimate
  var target: Target { estimate.target }
  private let savesMemory: Bool
  private let isForDevice: Bool
  /// What the environment's `PREFACTOR_ALGORITHM` names: used wherever it applies.
  private let forced: pf_algorithm?
  /// The algorithm that the step at hand finds its weights transformed for in the file.
  var stored: pf_algorithm?

  init(_ kernels: UnsafePointer<pf_kernels>, _ target: Target, _ options: SessionOptions) throws(Failure) {
    self.kernels = kernels
    estimate = AlgorithmEstimate(target)
    savesMemory = options.savesMemory
    isForDevice = !options.backend.plansForHost
    forced = try AlgorithmChooser.forcedAlgorithm()
  }

  func way(for convolution: pf_convolution) -> (algorithm: pf_algorithm, mergedGroups: Int32) {
    // A device has ways of its own.
    if kernels.pointee.transform_convolution == nil || isForDevice { return (PF_DIRECT, 1) }
    if savesMemory { return ((forced ?? stored).map { admitted($0, convolution) } ?? PF_DIRECT, 1) }
    guard let forced else { return estimate.fastest(for: convolution) }
    return estimate.fastest(for: convolution, only: admitted(forced, convolution))
  }

  private func admitted(_ algorithm: pf_algorithm, _ convolution: pf_convolution) -> pf_algorithm {
    AlgorithmEstimate.admits(algorithm, convolution) ? algorithm : PF_DIRECT
  }

  package static func forcedAlgorithm() throws(Failure) -> pf_algorithm? {
    guard let wanted = environment("PREFACTOR_ALGORITHM") else { return nil }
    for code in 0..<UInt32(PF_ALGORITHM_COUNT) where strcmp(pf_algorithm(rawValue: code).name.cString, wanted) == 0 {
      return pf_algorithm(rawValue: code)
    }
    throw Failure(PF_ERROR_UNSUPPORTED, "PREFACTOR_ALGORITHM does not name a convolution algorithm")
  }
}

extension pf_algorithm {
  public var name: StaticString {
    switch self {
    case PF_WINOGRAD_2X2_3X3: "winograd-2x2-3x3"
    case PF_WINOGRAD_3X3_3X3: "winograd-3x3-3x3"
    case PF_WINOGRAD_4X4_3X3: "winograd-4x4-3x3"
    case PF_WINOGRAD_6X6_3X3: "winograd-6x6-3x3"
    case PF_WINOGRAD_2X2_5X5: "winograd-2x2-5x5"
    case PF_WINOGRAD_4X4_5X5: "winograd-4x4-5x5"
    case PF_FFT_16X16: "fft-16x16"
    case PF_WINOGRAD_6_3: "winograd-6-3"
    case PF_WINOGRAD_4_5: "winograd-4-5"
    default: "direct"
    }
  }
}

extension ConvolutionAlgorithm {
  /// Nil for the direct way, which needs no weights of its own.
  init?(_ algorithm: pf_algorithm) { self.init(rawValue: Int32(bitPattern: algorithm.rawValue)) }

  /// Kernels number them as files do.
  var kernel: pf_algorithm { pf_algorithm(UInt32(bitPattern: rawValue)) }
}
