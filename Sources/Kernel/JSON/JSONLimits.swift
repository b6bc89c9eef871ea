/// What a document may cost before it is refused. Reaching a limit is a `JSONError` with its own reason.
package struct JSONLimits: Sendable {
    /// Bytes of the whole document. At most 128 MiB, so that offsets and counts fit the token index.
    package let bytesMax: Int
    /// How many arrays and objects may stand inside one another; a plain number has depth 0.
    package let depthMax: Int
    /// Keys and values together; each costs 16 bytes of index.
    package let tokensMax: Int

    package init(bytesMax: Int = 2 << 20, depthMax: Int = 64, tokensMax: Int = 500_000) {
        precondition(bytesMax <= 128 << 20, "token offsets and counts are sized for 128 MiB")
        precondition(depthMax <= 64, "values are walked by recursion, which is safe to a depth of 64")
        self.bytesMax = bytesMax
        self.depthMax = depthMax
        self.tokensMax = tokensMax
    }

    /// 2 MiB, the largest webhook body that the listener takes.
    package static let standard = JSONLimits()
}
