import Foundation
import PrefactorFactorization
import PrefactorGraph

/// What became of each layer of a network, and what all of them cost.
public struct LayerReport: Encodable {
  public struct Layer: Encodable {
    public var name: String, method: String
    public var parameters: [String: FactorizationPlan.Value]
    public var macs: Int, bytes: Int, macsBefore: Int, bytesBefore: Int
    public var relativeError: Double
  }

  public var layers: [Layer]
  public var macs: Int, bytes: Int, macsBefore: Int, bytesBefore: Int

  public init(_ graph: Graph) throws {
    layers = try zip(graph.layers, try graph.layerCosts()).map { layer, cost in
      guard
        let parameters = try? JSONDecoder().decode(
          [String: FactorizationPlan.Value].self, from: Data(layer.parameters.utf8))
      else {
        throw Invalid("layer '\(layer.name)': the parameters of its method cannot be read")
      }
      return Layer(
        name: layer.name, method: layer.method, parameters: parameters, macs: cost.macs, bytes: cost.bytes,
        macsBefore: layer.macsBefore,
        bytesBefore: layer.bytesBefore, relativeError: layer.relativeError)
    }
    macs = clampedSum(layers.map(\.macs))
    bytes = clampedSum(layers.map(\.bytes))
    macsBefore = clampedSum(layers.map(\.macsBefore))
    bytesBefore = clampedSum(layers.map(\.bytesBefore))
  }
}
