import BillingModel
import Foundation
import JSON
import Providers
import Testing

/// Every payload in `Fixtures/`.
private struct Payload: CustomStringConvertible, Sendable {
    let path: String
    let root: JSONValue

    var description: String { path }

    static let all: [Payload] = {
        let top = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Fixtures")
        let files = FileManager.default.enumerator(atPath: top.path)?.compactMap { $0 as? String } ?? []
        return files.sorted().compactMap { file in
            guard file.hasSuffix(".json"), !file.hasSuffix("expected.json"),
                // A file that cannot be read is left out, and the count is checked.
                let data = try? Data(contentsOf: top.appending(path: file)),
                let root = try? JSONDocument.parse([UInt8](data)).root, root["type"] != nil
            else { return nil }
            return Payload(path: file, root: root)
        }
    }()
}

struct StripeFixtureTests {
    @Test func `every fixture is an event whose object decodes without a problem`() throws {
        #expect(Payload.all.count >= 100)
        var modelled = 0
        for payload in Payload.all {
            guard case .event(let event) = StripeDecoder.envelope(payload.root) else {
                Issue.record("\(payload) is no event")
                continue
            }
            #expect(event.id != nil, "\(payload)")
            #expect(event.second != nil, "\(payload)")
            guard let object = event.object, let type = event.objectType else { continue }
            let decoded = StripeDecoder.decode(type: type.rawValue, object)
            #expect(decoded.problems.isEmpty, "\(payload): \(decoded.problems)")
            if case .unmodelled = decoded.content { continue }
            modelled += 1
        }
        #expect(modelled >= 100)
    }

    @Test func `what a link was before also decodes`() throws {
        for payload in Payload.all {
            guard case .event(let event) = StripeDecoder.envelope(payload.root),
                let previous = event.previousAttributes
            else { continue }
            #expect(event.type.hasSuffix(".updated") || previous.count > 0, "\(payload)")
        }
    }

    @Test func `any member of any object may have a wrong type without a crash`() throws {
        let isLong = ProcessInfo.processInfo.environment["TOLLGATE_LONG"] == "1"
        var seen: Set<String> = []
        for payload in Payload.all {
            guard case .event(let event) = StripeDecoder.envelope(payload.root), let object = event.object,
                let type = event.objectType,
                isLong || seen.insert("\(type) \(event.apiVersion ?? "")").inserted
            else { continue }
            for (key, _) in object.members {
                for wrong in [
                    "7", "\"x\"", "true", "null", "[]", "{}", "[{}]", "1e400", "9223372036854775807",
                ] {
                    let text = Self.replacing(key, of: object, with: wrong)
                    let odd = try JSONDocument.parse(Array(text.utf8)).root
                    let decoded = StripeDecoder.decode(type: type.rawValue, odd)
                    if case .unusable = decoded.content {
                        #expect(decoded.unusable != nil, "\(payload) \(key) \(wrong)")
                    } else {
                        #expect(decoded.unusable == nil, "\(payload) \(key) \(wrong)")
                    }
                }
            }
        }
    }

    private static func replacing(_ key: String, of object: JSONValue, with value: String) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        for (name, member) in object.members {
            writer.key(name)
            if name == key { writer.raw(Array(value.utf8)) } else { writer.raw(member) }
        }
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
