// Times kernels alone, on one thread, as a share of what the processor can do. One file a table.
//
//     swift run -c release benchmark-kernels [ISA...]
import PrefactorRuntime

let wanted = CommandLine.arguments.dropFirst()
for machine in Machine.all where wanted.isEmpty || wanted.contains(machine.name) {
  print("\n## \(machine.name): \(rounded(machine.peak)) GFLOP/s, \(rounded(machine.bandwidth)) GB/s read")
  printRegisterTiles(on: machine)
  printConvolutions("ResNet-50", Layer.resNet50, on: machine)
  printConvolutions("VGG-19", Layer.vgg19, on: machine)
  printConvolutions("Of other networks", Layer.others, on: machine)
  printMatrixProducts(on: machine)
  printBandwidth(machine)
  printTransformConvolutions(machine)
  printTransformErrors(machine)
}
