// Times back-propagation of single images to all weights and biases, on one thread.
//
//     swift run -c release benchmark-gradients NET.onnx...
import Foundation
import PrefactorCompiler
import PrefactorGradients
import PrefactorGraph

func padded(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(0, width - text.count)) }

/// The median of several runs, in milliseconds, after one that does not count.
func milliseconds(_ body: () throws -> Void) rethrows -> String {
  try body()
  let times = try (0..<21).map { _ in
    let start = DispatchTime.now().uptimeNanoseconds
    try body()
    return Double(DispatchTime.now().uptimeNanoseconds - start) / 1e6
  }
  return String(format: "%.2f", times.sorted()[times.count / 2])
}

print(
  padded("network", 24) + padded("parameters", 12) + padded("forward ms", 12) + padded("backward ms", 13)
    + "forward, two backward and squares ms")
for path in CommandLine.arguments.dropFirst() {
  let graph = try Compiler.load(path)
  let parameters = graph.constants.filter { $0.value.type == .float32 }
  let backpropagation = try Backpropagation(graph, parameters: Set(parameters.keys))
  var sensitivity = try LabelSensitivity(backpropagation, wrongLabels: 2)
  _ = try backpropagation.engine.run(backpropagation.engine.inputs.map { Tensor.random(like: $0) })
  let slopes = backpropagation.output.map { _ in Float.random(in: -1...1) }
  let forward = try milliseconds { try backpropagation.forward() }
  let backward = milliseconds { backpropagation.backward(from: slopes) }
  let all = try milliseconds {
    try backpropagation.forward()
    try sensitivity.add()
  }
  let name = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
  let count = parameters.values.reduce(0) { $0 + $1.count }
  print(padded(name, 24) + padded("\(count)", 12) + padded(forward, 12) + padded(backward, 13) + all)
}
