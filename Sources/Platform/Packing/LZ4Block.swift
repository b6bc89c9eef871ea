import CLZ4

/// One LZ4 block, made with a dictionary that is loaded once.
enum LZ4Block {
    /// Nothing that is stored is longer: a length beyond it is damage.
    private static let unpackedMax = 64 << 20
    /// liblz4's `acceleration`. A body of 3 KB takes 1.6 µs with 4, and 4.1 µs with 1, and 34 % of it remain instead
    /// of 33 %; of 118 genuine events 39 % instead of 36 %.
    private static let acceleration: Int32 = 4

    /// Nil when the packed bytes would not be fewer.
    static func pack(_ original: [UInt8], with dictionary: PackingDictionary) -> [UInt8]? {
        guard original.count > 1, original.count <= unpackedMax else { return nil }
        let room = original.count - 1
        let packed = [UInt8](unsafeUninitializedCapacity: room) { output, count in
            // liblz4 gives up, with 0, when the room is too small.
            count = original.withUnsafeBytes { input in
                dictionary.withState { state in
                    let written = LZ4_compress_fast_continue(
                        state,
                        input.bindMemory(to: CChar.self).baseAddress,
                        UnsafeMutableRawPointer(output.baseAddress)?.assumingMemoryBound(to: CChar.self),
                        Int32(original.count),
                        Int32(room),
                        acceleration
                    )
                    return Int(max(written, 0))
                }
            }
        }
        return packed.isEmpty ? nil : packed
    }

    /// Nil when the block is not one of `count` bytes. Reads and writes nothing outside, whatever the block says.
    static func unpack(_ packed: [UInt8], to count: Int, with dictionary: PackingDictionary) -> [UInt8]? {
        guard count > 0, count <= unpackedMax, packed.count <= unpackedMax else { return nil }
        var isWhole = false
        let original = [UInt8](unsafeUninitializedCapacity: count) { output, written in
            let length = packed.withUnsafeBytes { input in
                LZ4_decompress_safe_usingDict(
                    input.bindMemory(to: CChar.self).baseAddress,
                    UnsafeMutableRawPointer(output.baseAddress)?.assumingMemoryBound(to: CChar.self),
                    Int32(packed.count),
                    Int32(count),
                    dictionary.bytes.baseAddress,
                    Int32(dictionary.bytes.count)
                )
            }
            isWhole = Int(length) == count
            written = isWhole ? count : 0
        }
        return isWhole ? original : nil
    }
}
