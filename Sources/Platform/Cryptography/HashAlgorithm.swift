import CCrypto

/// The digests that a payment provider may sign with. SHA-1 and MD5 are absent on purpose.
package enum HashAlgorithm: String, Sendable, Hashable, CaseIterable {
    case sha256
    case sha512

    /// Length of a digest, and of an untruncated HMAC tag.
    package var digestBytes: Int {
        switch self {
        case .sha256: 32
        case .sha512: 64
        }
    }

    /// libcrypto's name for `OSSL_MAC_PARAM_DIGEST`.
    var libcryptoName: String {
        switch self {
        case .sha256: "SHA256"
        case .sha512: "SHA512"
        }
    }

    func digest(of bytes: UnsafeRawBufferPointer) -> [UInt8] {
        let type =
            switch self {
            case .sha256: EVP_sha256()
            case .sha512: EVP_sha512()
            }
        return [UInt8](unsafeUninitializedCapacity: digestBytes) { buffer, count in
            var written: UInt32 = 0
            let status = EVP_Digest(bytes.baseAddress, bytes.count, buffer.baseAddress, &written, type, nil)
            precondition(status == 1, "libcrypto can digest while memory is left")
            count = Int(written)
        }
    }
}

/// FIPS 180-4.
package enum SHA256 {
    package static func digest(of bytes: UnsafeRawBufferPointer) -> [UInt8] {
        HashAlgorithm.sha256.digest(of: bytes)
    }

    package static func digest(of bytes: [UInt8]) -> [UInt8] {
        bytes.withUnsafeBytes { digest(of: $0) }
    }

    /// 64 lower-case digits; the form in which API keys and body digests are stored.
    package static func hex(of bytes: UnsafeRawBufferPointer) -> String {
        Hex.encode(digest(of: bytes))
    }

    package static func hex(of bytes: [UInt8]) -> String {
        Hex.encode(digest(of: bytes))
    }
}

/// FIPS 180-4.
package enum SHA512 {
    package static func digest(of bytes: UnsafeRawBufferPointer) -> [UInt8] {
        HashAlgorithm.sha512.digest(of: bytes)
    }

    package static func digest(of bytes: [UInt8]) -> [UInt8] {
        bytes.withUnsafeBytes { digest(of: $0) }
    }
}
