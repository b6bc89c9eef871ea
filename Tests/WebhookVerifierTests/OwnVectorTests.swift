import Foundation
import Testing
import WebhookVerifier

/// Vectors of our own, made by `make_vectors.py`: every provider written out by hand with Python's hmac module,
/// independent of profiles and interpreter.
struct OwnVectorTests {
    static let vectors: [Vector] = {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("own_vectors.json")
        // An unreadable file gives no vectors, which the count below notices.
        let data = (try? Data(contentsOf: file)) ?? Data()
        let json = (try? JSONSerialization.jsonObject(with: data)) as? [String: Any]
        return (json?["vectors"] as? [[String: Any]] ?? []).compactMap { try? Vector($0) }
    }()

    @Test func `there are vectors of both verdicts for every built-in profile`() {
        #expect(SignatureProfile.builtInNames.count == 40)
        for name in SignatureProfile.builtInNames {
            let own = Self.vectors.filter { $0.profile == name }
            #expect(own.contains { $0.isValid } && own.contains { !$0.isValid }, "\(name)")
        }
    }

    @Test func `our own vectors agree`() throws {
        #expect(Self.vectors.count > 350)
        for vector in Self.vectors {
            let outcome = try #require(try vector.outcome(), "\(vector.testDescription)")
            switch outcome {
            case .verified(_, let secret):
                #expect(vector.isValid, "\(vector.testDescription)")
                #expect(secret == vector.secrets.count - 1, "\(vector.testDescription)")
            case .refused(let failure):
                #expect(!vector.isValid, "\(vector.testDescription): \(failure)")
                #expect(
                    failure == reason(vector) || reason(vector) == nil,
                    "\(vector.testDescription): \(failure)"
                )
            }
        }
    }

    /// The reason that must be given, where only one is right.
    private func reason(_ vector: Vector) -> VerificationFailure? {
        switch vector.description {
        case "wrong secret", "body changed", "signed field changed", "last character cut off": .noMatch
        case "too old", "too far ahead": .timestampOutsideTolerance
        case "header twice": .duplicateHeader
        case "no header at all", "no signature": .missingSignature
        case "not JSON": .unreadableBody
        default: nil
        }
    }
}
