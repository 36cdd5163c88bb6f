// Times kernels alone, on one thread, as a share of what the processor can do. One file a table.
//
//     swift run -c release benchmark-kernels [ISA...]
import PrefactorRuntime

let wanted = CommandLine.arguments.dropFirst()
for machine in Machine.all where wanted.isEmpty || wanted.contains(machine.name) {
  print("\n## \(machine.name): \(rounded(machine.peak)) GFLOP/s, \(rounded(machine.bandwidth)) GB/s read")
}
