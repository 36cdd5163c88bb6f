/// A method whose only hyper-parameter is `rank`.
protocol RankMethod: Method {
  var rank: Int { get set }

  /// The highest that can lower the error.
  func fullRank(of layer: DenseLayer) -> Int
}

extension RankMethod {
  func hyperparameters(of layer: DenseLayer) -> [Hyperparameter] {
    [Hyperparameter(name: "rank", accepted: 1...fullRank(of: layer))]
  }

  var values: [Int] {
    get { [rank] }
    set { rank = newValue[0] }
  }
}
