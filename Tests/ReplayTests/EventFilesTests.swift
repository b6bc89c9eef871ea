import Foundation
import Testing
import WebhookVerifier

@testable import tollgate

struct EventFilesTests {
    @Test func `of our own fixtures everything is sent but the expectations`() throws {
        let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Fixtures").path
        let stripe = try #require(SignatureProfile.builtIn("stripe"))
        let files = try EventFiles([fixtures + "/scenarios", fixtures + "/events"], profile: stripe)
        let names = (FileManager.default.enumerator(atPath: fixtures)?.allObjects as? [String] ?? []).filter {
            $0.hasSuffix(".json") && !$0.hasPrefix("load/")
        }
        let expectations = names.filter { $0.hasSuffix("/expected.json") || $0.hasSuffix("/final.json") }
        #expect(names.count > 400)
        #expect(Set(files.skipped) == Set(expectations.map { fixtures + "/" + $0 }))
        #expect(files.events.count == names.count - expectations.count)
    }
}
