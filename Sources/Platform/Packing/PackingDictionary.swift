import CLZ4

/// A dictionary as liblz4 has read it.
struct PackingDictionary: @unchecked Sendable {
    // Sendable because both pointers live as long as the process, and nobody writes behind them once this is made.
    static let first = PackingDictionary(PackingWords.first)

    let bytes: UnsafeBufferPointer<CChar>
    private let state: UnsafeRawPointer
    private static let stateSize = Int(LZ4_sizeofState())

    private init(_ words: StaticString) {
        let start = UnsafeRawPointer(words.utf8Start).assumingMemoryBound(to: CChar.self)
        bytes = UnsafeBufferPointer(start: start, count: words.utf8CodeUnitCount)
        let state = UnsafeMutableRawPointer.allocate(byteCount: Self.stateSize, alignment: 16)
        let stream = LZ4_initStream(state, Self.stateSize)
        LZ4_loadDict(stream, bytes.baseAddress, Int32(bytes.count))
        self.state = UnsafeRawPointer(state)
    }

    /// Gives a state that has read the dictionary: a copy of 16 KB, instead of reading it each time.
    func withState<Result>(_ body: (UnsafeMutablePointer<LZ4_stream_t>) -> Result) -> Result {
        withUnsafeTemporaryAllocation(byteCount: Self.stateSize, alignment: 16) { buffer in
            buffer.copyMemory(from: UnsafeRawBufferPointer(start: state, count: Self.stateSize))
            guard let start = buffer.baseAddress else { preconditionFailure("16 KB have an address") }
            return body(start.assumingMemoryBound(to: LZ4_stream_t.self))
        }
    }
}
