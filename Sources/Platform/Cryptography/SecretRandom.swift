import CCrypto

/// Randomness for secrets: API keys, store epochs. Everything that a test must replay takes `RandomSource`.
package enum SecretRandom {
    /// From libcrypto's generator for private values, seeded by the kernel.
    package static func bytes(count: Int) -> [UInt8] {
        precondition(count >= 0, "a count of bytes is not negative")
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, written in
            if count > 0 {
                let status = RAND_priv_bytes(buffer.baseAddress, Int32(count))
                precondition(status == 1, "libcrypto's generator is seeded by the kernel")
            }
            written = count
        }
    }
}
