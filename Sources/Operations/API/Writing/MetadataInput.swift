import BillingModel
import JSON
import Providers

extension BodyReader {
    /// Catalogue 3.1: letters, digits, `_`, `.` and `-`; values are texts, numbers or booleans, and null deletes.
    mutating func metadata(_ name: String = "metadata") -> MetadataPatch {
        var patch = MetadataPatch()
        guard let members = object(name) else {
            if let value = value.member(name), value.isNull {
                wrong(name, "not_an_object", "null deletes single keys only.")
            }
            return patch
        }
        for (key, value) in members.value.members {
            guard isMetadataKey(key) else {
                members.wrong(
                    key,
                    "invalid_key",
                    "At most \(CallLimits.metadataKeyLengthMax) letters, digits, _, . and -."
                )
                continue
            }
            guard !key.hasPrefix(reservedMetadataPrefix) else {
                members.wrong(key, "reserved", "Keys that begin with gw_ are the gateway's.")
                continue
            }
            switch value.kind {
            case .null: patch.set(key, to: nil)
            case .string:
                let text = value.string ?? ""
                if text.unicodeScalars.count > CallLimits.metadataValueLengthMax {
                    members.wrong(key, "too_long", "At most \(CallLimits.metadataValueLengthMax) characters.")
                } else if value.containsNUL {
                    members.wrong(key, "control_character")
                } else {
                    patch.set(key, to: text)
                }
            case .number: patch.set(key, to: value.numberText)
            case .boolean: patch.set(key, to: value.boolean == true ? "true" : "false")
            case .array, .object:
                members.wrong(key, "not_a_scalar", "A text, a number, true or false; null deletes the key.")
            }
        }
        return patch
    }

    private func isMetadataKey(_ key: String) -> Bool {
        (1...CallLimits.metadataKeyLengthMax).contains(key.utf8.count)
            && key.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."),
                    UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}

private let reservedMetadataPrefix = "gw_"

extension Metadata {
    /// With the marks that we set ourselves it must fit what providers take.
    func fits(marks: Set<String>) -> Bool {
        Set(entries.map(\.key)).union(marks).count <= CallLimits.metadataKeysMax
    }

    static var tooMany: Problem {
        Problem(
            .validationFailed,
            "An object has at most \(CallLimits.metadataKeysMax) metadata keys, the gateway's own included.",
            errors: [Problem.FieldError(pointer: "/metadata", code: "too_many_keys")]
        )
    }
}
