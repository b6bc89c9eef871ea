import Foundation
import TestSupport
import Testing
import WebhookVerifier

/// The vectors beside the repository. They hold other people's text, so they are read, not copied; our own are in
/// `OwnVectorTests`.
@Suite(.enabled(if: ReferenceFile.directory != nil, "no reference folder beside the package"))
struct ReferenceVectorTests {
    @Test func `all 472 vectors of profiled schemes agree`() throws {
        let all = try ReferenceFile.json("vectors/signatures.json")["vectors"] as? [[String: Any]] ?? []
        let profiled = all.filter { SignatureProfile.builtInNames.contains($0["scheme"] as? String ?? "") }
        #expect(profiled.count == 472)
        for json in profiled {
            let vector = try Vector(json)
            let outcome = try vector.outcome()
            var isVerified = false
            if case .verified = outcome { isVerified = true }
            #expect(isVerified == vector.isValid, "\(vector.testDescription): \(String(describing: outcome))")
        }
    }

    @Test func `the built-in profiles are those of the reference`() throws {
        let url = URL(fileURLWithPath: (ReferenceFile.directory ?? "") + "/signature_profiles.json")
        let profiles = try JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any] ?? [:]
        #expect(profiles.keys.sorted() == SignatureProfile.builtInNames)
    }
}
