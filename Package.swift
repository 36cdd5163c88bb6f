// swift-tools-version: 6.2
import Foundation
import PackageDescription

// The same runtime sources are built by CMake as Embedded Swift, for devices; here they are ordinary Swift, for the
// compiler, the command line and the tests. docs/architecture.md has the table of who may import whom.

// With PREFACTOR_FUZZ in the environment there is what fuzzes the compiler's readers of files, and of the tests those
// of the runtime: one build for all that runs under AddressSanitizer. See fuzz/README.md.
let isFuzzing = Context.environment["PREFACTOR_FUZZ"] != nil

// MARK: Flags

// Without optimization the SIMD code is a hundred times slower, so kernels are always optimized. Bounds are checked by
// the runtime before a kernel is called; -Ounchecked keeps overflow traps out of the inner loops. CMakeLists.txt says
// whose are not unrolled.
func kernelFlags(_ march: String) -> [SwiftSetting] {
  let newer = march == "default" ? [] : ["-Xllvm", "-unroll-runtime=false", "-Xcc", "-march=\(march)"]
  return [.unsafeFlags(["-Ounchecked"] + newer)]
}

// MARK: Kernels

#if arch(x86_64)
let processor = "x86_64"
#elseif arch(arm64)
let processor = "aarch64"
#endif

/// The entries of the one list of instruction sets that are this processor's.
struct KernelSet {
  let processor, name, folder, march: String

  init?(_ line: Substring) {
    guard let parts = line.wholeMatch(of: /\s*SET\((\w+), (\w+), (\w+), ([-\w]+),.*/)?.output else { return nil }
    (processor, name, folder, march) = (String(parts.1), String(parts.2), String(parts.3), String(parts.4))
  }
}

let instructionSets = try String(
  contentsOfFile: "\(Context.packageDirectory)/Sources/KernelContract/instruction_sets.h", encoding: .utf8)
// Under AddressSanitizer there are those of the baseline alone.
let kernelSets = instructionSets.split(separator: "\n").compactMap(KernelSet.init).filter {
  $0.processor == processor && (!isFuzzing || $0.march == "default")
}

// Each family of kernels has a folder, with its contract and its scalar reference, and an instruction set is a folder
// with a link to all of them. SwiftPM keeps what it made of this file, and does not see that the list above has
// changed: `swift build --manifest-cache none`, once.
let contracts = [
  "depthwise", "elementwise", "gemm", "image", "normalization", "pool", "reduction", "resize", "transform", "transpose",
  "window",
].map { "kernels/\($0)/\($0).h" }
let references = [
  "depthwise/Depthwise", "elementwise/Affine", "elementwise/Binary", "elementwise/Unary", "gemm/Convolve",
  "image/ResizeImage", "normalization/LRN", "normalization/Softmax", "pool/Pool", "reduction/Reduce", "resize/Resize",
  "transpose/Transpose",
].map { "kernels/\($0)+Reference.swift" }

// MARK: Runtime

// What links, and not the runtime, depends on them: their C symbols are all that it needs, and they take as long to
// compile as all modules between the runtime and the command line, which would wait.
let kernels: [Target.Dependency] =
  ["PrefactorKernelsScalar"] + kernelSets.map { .target(name: "Prefactor\($0.folder)") }
  + (isFuzzing ? ["KernelsAbsent"] : [])

var targets: [Target] = [
  .systemLibrary(name: "CPrefactor", path: "include"),
  .systemLibrary(name: "CShims", path: "Sources/CShims"),
  .systemLibrary(name: "KernelContract", path: "Sources/KernelContract"),
  .target(
    name: "PrefactorModelFormat", dependencies: ["CPrefactor", "CShims"], path: "Sources/ModelFormat"),
  .target(name: "PrefactorKernelsScalar", dependencies: ["CShims", "KernelContract"], path: "Sources/KernelsScalar"),
  .target(
    name: "PrefactorRuntime",
    dependencies: ["PrefactorModelFormat", "CPrefactor", "CShims", "KernelContract"], path: "Sources/Runtime"),
  // Clang reads the kernels' text into it.
  .target(name: "COpenCL", path: "Sources/OpenCL/Kernels", publicHeadersPath: "."),
  .target(
    name: "PrefactorOpenCL",
    dependencies: ["PrefactorRuntime", "PrefactorModelFormat", "COpenCL", "CPrefactor", "CShims", "KernelContract"],
    path: "Sources/OpenCL", exclude: ["Kernels"]),
  .target(
    name: "PrefactorCABI",
    dependencies: ["PrefactorRuntime", "PrefactorOpenCL", "PrefactorModelFormat", "CPrefactor", "CShims"],
    path: "Sources/CABI", swiftSettings: [.define("PREFACTOR_OPENCL")]),
]

targets += kernelSets.map {
  .target(
    name: "Prefactor\($0.folder)", dependencies: ["CShims", "KernelContract"], path: "Sources/\($0.folder)",
    exclude: references + contracts, swiftSettings: kernelFlags($0.march))
}

// MARK: Compiler

targets += [
  .systemLibrary(
    name: "CLAPACK", path: "Sources/CLAPACK", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
  .target(
    name: "CImage", path: "Sources/CImage",
    linkerSettings: [.linkedLibrary("jpeg"), .linkedLibrary("png"), .linkedLibrary("dl")]),
  .target(name: "CFiles", path: "Sources/CFiles"),
  .target(
    name: "PrefactorGraph", dependencies: ["PrefactorModelFormat", "PrefactorRuntime", "CPrefactor"],
    path: "Sources/Graph"),
  .target(
    name: "PrefactorEngine",
    dependencies: [
      "PrefactorGraph", "PrefactorModelFormat", "PrefactorRuntime", "PrefactorCABI", "CPrefactor", "CShims",
    ],
    path: "Sources/Engine"),
  .target(
    name: "PrefactorEvaluation", dependencies: ["PrefactorEngine", "PrefactorGraph"], path: "Sources/Evaluation"),
  .target(
    name: "PrefactorONNX",
    dependencies: [
      "PrefactorEngine", "PrefactorGraph", "PrefactorModelFormat",
      .product(name: "SwiftProtobuf", package: "swift-protobuf"),
    ], path: "Sources/ONNX", exclude: ["onnx.proto"]),
  .target(
    name: "PrefactorPasses",
    dependencies: ["PrefactorEngine", "PrefactorGraph", "PrefactorModelFormat"],
    path: "Sources/Passes"),
  .target(name: "PrefactorLinearAlgebra", dependencies: ["CLAPACK"], path: "Sources/LinearAlgebra"),
  .target(
    name: "PrefactorFactorization",
    dependencies: ["PrefactorGraph", "PrefactorLinearAlgebra", "PrefactorModelFormat"],
    path: "Sources/Factorization"),
  .target(
    name: "PrefactorGradients",
    dependencies: [
      "PrefactorEngine", "PrefactorGraph", "PrefactorLinearAlgebra", "PrefactorModelFormat", "PrefactorRuntime",
    ],
    path: "Sources/Gradients"),
  .target(
    name: "PrefactorCalibration",
    dependencies: [
      "PrefactorEngine", "PrefactorGraph", "PrefactorFactorization", "PrefactorGradients", "PrefactorLinearAlgebra",
      "PrefactorModelFormat", "PrefactorRuntime",
    ], path: "Sources/Calibration"),
  .target(
    name: "PrefactorCompiler",
    dependencies: [
      "PrefactorCalibration", "PrefactorEngine", "PrefactorEvaluation", "PrefactorGraph", "PrefactorONNX",
      "PrefactorPasses", "PrefactorFactorization", "PrefactorModelFormat", "PrefactorRuntime", "CFiles",
    ],
    path: "Sources/Compiler"),
]
let usedByCommands: [Target.Dependency] = [
  "PrefactorCompiler", "PrefactorCalibration", "PrefactorEngine", "PrefactorEvaluation", "PrefactorGraph",
  "PrefactorRuntime", "PrefactorCABI", "CPrefactor", "CImage", "CShims", "KernelContract",
]

// MARK: Tests

let runtimeUnderTest: [Target.Dependency] = [
  "PrefactorModelFormat", "PrefactorRuntime", "PrefactorCABI", "CPrefactor", "CShims", "KernelContract",
]
targets += [
  .target(
    name: "PrefactorTestSupport",
    dependencies: ["CPrefactor", "PrefactorEngine", "PrefactorGraph", "PrefactorModelFormat"],
    path: "Tests/Support"),
  .testTarget(
    name: "RuntimeTests",
    dependencies: runtimeUnderTest + kernels + ["PrefactorEngine", "PrefactorGraph", "PrefactorTestSupport"],
    path: "Tests/RuntimeTests"),
]

if isFuzzing {
  // Swift links libFuzzer where it is told of it alone. Its main function would hide that of the tests.
  func fuzzer(_ reader: String, _ dependencies: [Target.Dependency], _ sources: [String]) -> Target {
    .executableTarget(
      name: "fuzz_\(reader)", dependencies: dependencies, path: "fuzz", sources: sources,
      linkerSettings: [.unsafeFlags(["-sanitize=fuzzer,address"])])
  }
  targets += [
    .target(
      name: "prefactor", dependencies: usedByCommands, path: "Sources/prefactor",
      sources: ["Files", "Terminal/String+Printable.swift", "Terminal/ProgressBar.swift", "Terminal/Warn.swift"]),
    .systemLibrary(name: "CFuzzer", path: "fuzz/CFuzzer"),
    .target(name: "KernelsAbsent", path: "Sources/KernelsAbsent", publicHeadersPath: "."),
    .target(name: "Fuzzing", dependencies: ["CFuzzer"] + kernels, path: "fuzz", sources: ["Fuzz.swift"]),
    fuzzer(
      "onnx",
      ["Fuzzing", "CFuzzer", "PrefactorCompiler", "PrefactorGraph", "PrefactorONNX", "PrefactorPasses", "CPrefactor"],
      ["fuzz_onnx.swift", "Mutate.swift"]),
    fuzzer(
      "graph", ["Fuzzing", "PrefactorCompiler", "PrefactorGraph", "PrefactorModelFormat", "PrefactorONNX", "CShims"],
      ["fuzz_graph.swift"]),
    fuzzer("image", ["CImage"], ["fuzz_image.c"]),
    fuzzer("json", ["Fuzzing", "PrefactorCompiler", "PrefactorFactorization", "PrefactorGraph"], ["fuzz_json.swift"]),
    fuzzer("npy", ["Fuzzing", "prefactor"], ["fuzz_npy.swift"]),
    fuzzer("labels", ["Fuzzing", "prefactor"], ["fuzz_labels.swift"]),
  ]
} else {
  targets += [
    .executableTarget(
      name: "prefactor",
      dependencies: usedByCommands + kernels + [.product(name: "ArgumentParser", package: "swift-argument-parser")],
      path: "Sources/prefactor"),
    .executableTarget(
      name: "benchmark-kernels", dependencies: ["PrefactorRuntime", "KernelContract", "CShims"] + kernels,
      path: "benchmarks/kernels"),
    .executableTarget(
      name: "benchmark-gradients",
      dependencies: ["PrefactorGradients", "PrefactorCompiler", "PrefactorGraph"] + kernels,
      path: "benchmarks/gradients"),
    .testTarget(name: "KernelTests", dependencies: ["KernelContract", "CShims"] + kernels, path: "Tests/KernelTests"),
    .testTarget(
      name: "OperatorTests",
      dependencies: runtimeUnderTest + kernels + ["PrefactorEngine", "PrefactorGraph", "PrefactorTestSupport"],
      path: "Tests/OperatorTests"),
    .testTarget(
      name: "ONNXTests",
      dependencies: [
        "PrefactorONNX", "PrefactorEngine", "PrefactorGraph", "PrefactorPasses", "PrefactorCompiler",
        "PrefactorFactorization", "PrefactorModelFormat",
      ],
      path: "Tests/ONNXTests"),
    .testTarget(
      name: "PassTests",
      dependencies: [
        "PrefactorPasses", "PrefactorEngine", "PrefactorGraph", "PrefactorModelFormat", "PrefactorTestSupport",
      ],
      path: "Tests/PassTests"),
    .testTarget(
      name: "FactorizationTests",
      dependencies: [
        "PrefactorCalibration", "PrefactorEngine", "PrefactorFactorization", "PrefactorLinearAlgebra",
        "PrefactorGraph", "PrefactorModelFormat",
      ],
      path: "Tests/FactorizationTests"),
    .testTarget(
      name: "GradientTests",
      dependencies: [
        "PrefactorGradients", "PrefactorLinearAlgebra", "PrefactorCompiler", "PrefactorEngine", "PrefactorGraph",
        "PrefactorModelFormat", "PrefactorTestSupport",
      ], path: "Tests/GradientTests"),
    .testTarget(
      name: "CommandLineTests",
      dependencies: [
        "prefactor", "PrefactorCompiler", "PrefactorCalibration", "PrefactorFactorization", "PrefactorLinearAlgebra",
        "PrefactorGraph",
        "PrefactorTestSupport",
      ] + runtimeUnderTest,
      path: "Tests/CommandLineTests"),
  ]
}

let package = Package(
  name: "prefactor",
  products: isFuzzing ? [] : [.executable(name: "prefactor", targets: ["prefactor"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
  ],
  targets: targets,
  swiftLanguageModes: [.v5]
)
