import PrefactorGraph

extension Graph {
  /// Replaces pairs of a node and the producer of one of its inputs, which nothing else uses, by one node, as long as
  /// `merge` makes one. It takes the place of the later node, where all that both need is known, and computes that
  /// one's output.
  mutating func mergePairs(_ merge: (_ producer: Node, _ node: Node, _ inputIndex: Int, _ graph: inout Graph) -> Node?)
  {
    let producers = producers
    let useCounts = useCounts
    var absorbed = Set<Int>()

    func mergeOnce(at index: Int) -> Bool {
      let node = nodes[index]
      let candidates = node.inputs.indices.compactMap { inputIndex -> (producer: Int, inputIndex: Int)? in
        guard let input = node.inputs[inputIndex], useCounts[input] == 1, let producer = producers[input] else {
          return nil
        }
        return (producer, inputIndex)
      }
      // The later a producer, the less it moves.
      for candidate in candidates.sorted(by: { $0.producer > $1.producer }) {
        guard var merged = merge(nodes[candidate.producer], node, candidate.inputIndex, &self) else { continue }
        merged.output = node.output
        nodes[index] = merged
        absorbed.insert(candidate.producer)
        return true
      }
      return false
    }

    for index in nodes.indices { while mergeOnce(at: index) {} }
    nodes = nodes.indices.filter { !absorbed.contains($0) }.map { nodes[$0] }
  }
}
