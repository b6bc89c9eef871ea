import JSON

extension SignatureProfile {
    /// The profile of that name, as `stripe`; nil if none of the built-in ones has it.
    package static func builtIn(_ name: String) -> SignatureProfile? {
        BuiltInProfiles.table[name]
    }

    /// In alphabetical order.
    package static var builtInNames: [String] {
        BuiltInProfiles.table.keys.sorted()
    }
}

/// The built-in profiles as the same JSON that a configuration may hold, parsed once when first asked for.
enum BuiltInProfiles {
    static let table: [String: SignatureProfile] = {
        var table: [String: SignatureProfile] = [:]
        for (name, json) in documents {
            // A built-in profile that cannot be read is a fault of this build, and a test counts them.
            table[name] = try? SignatureProfile.parse(name: name, json)
        }
        return table
    }()

    static func json(named name: String) -> JSONValue? {
        documents[name]
    }

    private static let documents: [String: JSONValue] = {
        var documents: [String: JSONValue] = [:]
        for text in [standardWebhooksProfilesJSON, bodyProfilesJSON, timedProfilesJSON, fieldProfilesJSON] {
            // As above: the test counts.
            guard let document = try? JSONDocument.parse(Array(text.utf8)) else { continue }
            for (name, value) in document.root.members { documents[name] = value }
        }
        return documents
    }()
}
