import PrefactorCompiler
import PrefactorEvaluation

extension Classifier {
  init(_ network: Network, _ sizes: SizeOptions, _ execution: ExecutionOptions) throws {
    try network.requirePreprocessing()
    let options = try sizes.added(to: execution.engineOptions, for: network)
    try self.init(network.engine(options), name: network.path)
  }
}
