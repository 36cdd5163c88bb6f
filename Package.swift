// swift-tools-version: 6.2
import PackageDescription

// The same runtime sources are built by CMake as Embedded Swift, for devices; here they are ordinary Swift, for the
// compiler, the command line and the tests. docs/architecture.md has the table of who may import whom.

// With PREFACTOR_FUZZ in the environment there is what fuzzes the compiler's readers of files, and of the tests those
// of the runtime: one build for all that runs under AddressSanitizer. See fuzz/README.md.
let isFuzzing = Context.environment["PREFACTOR_FUZZ"] != nil

// MARK: Flags

// Without optimisation the SIMD code is a hundred times slower, so kernels are always optimised. Bounds are checked by
// the runtime before a kernel is called; -Ounchecked keeps overflow traps out of the inner loops. CMakeLists.txt says
// whose are not unrolled.
func kernelFlags(_ march: String?) -> [SwiftSetting] {
  [.unsafeFlags(["-Ounchecked"] + (march.map { ["-Xllvm", "-unroll-runtime=false", "-Xcc", "-march=\($0)"] } ?? []))]
}

// MARK: Runtime

#if arch(x86_64)
// Under AddressSanitizer there are those of the baseline alone.
let newerKernels: [Target.Dependency] =
  isFuzzing ? ["KernelsAbsent"] : ["PrefactorKernelsAVX2", "PrefactorKernelsAVX512"]
let kernels: [Target.Dependency] = ["PrefactorKernelsScalar", "PrefactorKernels"] + newerKernels
#else
let kernels: [Target.Dependency] = ["PrefactorKernelsScalar", "PrefactorKernels"]
#endif

var targets: [Target] = [
  .systemLibrary(name: "CPrefactor", path: "include"),
  .systemLibrary(name: "CShims", path: "Sources/CShims"),
  .systemLibrary(name: "KernelContract", path: "Sources/KernelContract"),
  .target(
    name: "PrefactorModelFormat", dependencies: ["CPrefactor", "CShims", "KernelContract"],
    path: "Sources/ModelFormat"),
  .target(name: "PrefactorKernelsScalar", dependencies: ["CShims", "KernelContract"], path: "Sources/KernelsScalar"),
  .target(
    name: "PrefactorKernels", dependencies: ["CShims", "KernelContract"], path: "Sources/Kernels",
    swiftSettings: kernelFlags(nil)),
  // Clang reads the kernels' text into it.
  .target(name: "COpenCL", path: "Sources/OpenCL/Kernels", publicHeadersPath: "."),
  .target(
    name: "PrefactorOpenCL", dependencies: ["PrefactorModelFormat", "COpenCL", "CPrefactor", "CShims"],
    path: "Sources/OpenCL", exclude: ["Kernels"]),
  .target(
    name: "PrefactorRuntime",
    dependencies: ["PrefactorModelFormat", "PrefactorOpenCL", "COpenCL", "CPrefactor", "CShims", "KernelContract"],
    path: "Sources/Runtime", exclude: ["WithoutDevices"]),
  .target(
    name: "PrefactorCABI",
    dependencies: ["PrefactorRuntime", "PrefactorModelFormat", "CPrefactor", "CShims"] + kernels,
    path: "Sources/CABI"),
]

#if arch(x86_64)
if !isFuzzing {
  targets += [
    .target(
      name: "PrefactorKernelsAVX2", dependencies: ["CShims", "KernelContract"], path: "Sources/KernelsAVX2",
      swiftSettings: kernelFlags("x86-64-v3")),
    .target(
      name: "PrefactorKernelsAVX512", dependencies: ["CShims", "KernelContract"], path: "Sources/KernelsAVX512",
      swiftSettings: kernelFlags("x86-64-v4")),
  ]
}
#endif

// MARK: Compiler

targets += [
  .systemLibrary(
    name: "CLAPACK", path: "Sources/CLAPACK", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
  .target(
    name: "CImage", path: "Sources/CImage",
    linkerSettings: [.linkedLibrary("jpeg"), .linkedLibrary("png"), .linkedLibrary("dl")]),
  .target(name: "CFiles", path: "Sources/CFiles"),
  .target(
    name: "PrefactorGraph",
    dependencies: [
      "PrefactorModelFormat", "PrefactorRuntime", "PrefactorCABI", "CPrefactor", "CShims", "KernelContract",
    ],
    path: "Sources/Graph"),
  .target(
    name: "PrefactorONNX",
    dependencies: [
      "PrefactorGraph", "PrefactorModelFormat", "KernelContract",
      .product(name: "SwiftProtobuf", package: "swift-protobuf"),
    ], path: "Sources/ONNX", exclude: ["onnx.proto"]),
  .target(
    name: "PrefactorPasses", dependencies: ["PrefactorGraph", "PrefactorModelFormat", "KernelContract"],
    path: "Sources/Passes"),
  .target(name: "PrefactorLinearAlgebra", dependencies: ["CLAPACK"], path: "Sources/LinearAlgebra"),
  .target(
    name: "PrefactorFactorization",
    dependencies: ["PrefactorGraph", "PrefactorLinearAlgebra", "PrefactorModelFormat", "KernelContract"],
    path: "Sources/Factorization"),
  .target(
    name: "PrefactorGradients",
    dependencies: [
      "PrefactorGraph", "PrefactorLinearAlgebra", "PrefactorModelFormat", "PrefactorRuntime", "KernelContract",
    ],
    path: "Sources/Gradients"),
  .target(
    name: "PrefactorCalibration",
    dependencies: [
      "PrefactorGraph", "PrefactorFactorization", "PrefactorGradients", "PrefactorLinearAlgebra",
      "PrefactorModelFormat", "PrefactorRuntime",
    ], path: "Sources/Calibration"),
  .target(
    name: "PrefactorCompiler",
    dependencies: [
      "PrefactorCalibration", "PrefactorGraph", "PrefactorONNX", "PrefactorPasses", "PrefactorFactorization",
      "PrefactorModelFormat",
      "PrefactorRuntime", "CFiles",
    ],
    path: "Sources/Compiler"),
]
let usedByCommands: [Target.Dependency] = [
  "PrefactorCompiler", "PrefactorCalibration", "PrefactorGraph", "PrefactorRuntime", "PrefactorCABI", "CPrefactor",
  "CImage", "CShims", "KernelContract",
]

// MARK: Tests

let runtimeUnderTest: [Target.Dependency] = [
  "PrefactorModelFormat", "PrefactorRuntime", "PrefactorCABI", "CPrefactor", "CShims", "KernelContract",
]
targets += [
  .target(
    name: "PrefactorTestSupport", dependencies: ["CPrefactor", "PrefactorGraph", "PrefactorModelFormat"],
    path: "Tests/Support"),
  .testTarget(
    name: "RuntimeTests", dependencies: runtimeUnderTest + ["PrefactorGraph", "PrefactorTestSupport"],
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
      sources: ["Files", "Terminal/Printable.swift", "Terminal/ProgressBar.swift", "Terminal/Warnings.swift"]),
    .systemLibrary(name: "CFuzzer", path: "fuzz/CFuzzer"),
    .target(name: "KernelsAbsent", path: "Sources/KernelsAbsent", publicHeadersPath: "."),
    .target(name: "Fuzzing", dependencies: ["CFuzzer"], path: "fuzz", sources: ["Fuzzing.swift"]),
    fuzzer(
      "onnx",
      ["Fuzzing", "CFuzzer", "PrefactorCompiler", "PrefactorGraph", "PrefactorONNX", "PrefactorPasses", "CPrefactor"],
      ["fuzz_onnx.swift", "ONNXMutator.swift"]),
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
      dependencies: usedByCommands + [.product(name: "ArgumentParser", package: "swift-argument-parser")],
      path: "Sources/prefactor"),
    .executableTarget(
      name: "benchmark-kernels", dependencies: ["PrefactorRuntime", "KernelContract", "CShims"] + kernels,
      path: "benchmarks/kernels"),
    .executableTarget(
      name: "benchmark-gradients", dependencies: ["PrefactorGradients", "PrefactorCompiler", "PrefactorGraph"],
      path: "benchmarks/gradients"),
    .testTarget(name: "KernelTests", dependencies: ["KernelContract", "CShims"] + kernels, path: "Tests/KernelTests"),
    .testTarget(
      name: "OperatorTests", dependencies: runtimeUnderTest + kernels + ["PrefactorGraph", "PrefactorTestSupport"],
      path: "Tests/OperatorTests"),
    .testTarget(
      name: "ONNXTests",
      dependencies: [
        "PrefactorONNX", "PrefactorGraph", "PrefactorPasses", "PrefactorCompiler", "PrefactorFactorization",
      ],
      path: "Tests/ONNXTests"),
    .testTarget(
      name: "PassTests", dependencies: ["PrefactorPasses", "PrefactorGraph", "KernelContract", "PrefactorTestSupport"],
      path: "Tests/PassTests"),
    .testTarget(
      name: "FactorizationTests",
      dependencies: [
        "PrefactorCalibration", "PrefactorFactorization", "PrefactorLinearAlgebra", "PrefactorGraph",
        "PrefactorModelFormat",
      ],
      path: "Tests/FactorizationTests"),
    .testTarget(
      name: "GradientTests",
      dependencies: [
        "PrefactorGradients", "PrefactorLinearAlgebra", "PrefactorCompiler", "PrefactorGraph", "PrefactorModelFormat",
        "KernelContract",
        "PrefactorTestSupport",
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
