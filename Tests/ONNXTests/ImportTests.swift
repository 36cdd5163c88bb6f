import XCTest
@testable import PrefactorONNX
