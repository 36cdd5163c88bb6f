import PrefactorCompiler

extension Table {
  init(_ report: LayerReport) {
    self.init(
      text: ["layer", "method", "parameters"],
      numbers: ["multiplies before", "after", "bytes before", "after", "error"])
    for layer in report.layers {
      let parameters = layer.parameters.sorted { $0.key < $1.key }.map { "\($0) \($1)" }.joined(separator: ", ").filter
      { $0 != "\"" }
      add(
        layer.name, layer.method, parameters, layer.macsBefore.grouped, layer.macs.grouped, layer.bytesBefore.grouped,
        layer.bytes.grouped,
        layer.relativeError.formatted(4))
    }
    add(
      "total", "", "", report.macsBefore.grouped, report.macs.grouped, report.bytesBefore.grouped, report.bytes.grouped,
      "")
  }
}
