import BillingModel
import JSON

/// A stored operation that cannot be read: written by a newer version, or damaged. Holds none of its values.
package struct OperationFormatError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Where: `"patch.address"`.
    package let path: String

    package var description: String { "the stored operation cannot be read at \(path)" }
}

/// Reads one object of a stored operation, strictly: what we do not know we must not lose.
struct OperationReader {
    let value: JSONValue
    let path: String

    init(_ value: JSONValue, path: String, knows keys: Set<String>) throws(OperationFormatError) {
        self.value = value
        self.path = path
        guard value.kind == .object else { throw OperationFormatError(path: path) }
        for (key, _) in value.members where !keys.contains(key) {
            throw OperationFormatError(path: path + "." + key)
        }
    }

    func text(_ key: StaticString) throws(OperationFormatError) -> String {
        guard let text = try optionalText(key) else { throw wrong(key) }
        return text
    }

    func optionalText(_ key: StaticString) throws(OperationFormatError) -> String? {
        guard let member = value[key] else { return nil }
        guard let text = member.string else { throw wrong(key) }
        return text
    }

    func optionalInteger(_ key: StaticString) throws(OperationFormatError) -> Int64? {
        guard let member = value[key] else { return nil }
        guard let integer = member.integer else { throw wrong(key) }
        return integer
    }

    func optionalBoolean(_ key: StaticString) throws(OperationFormatError) -> Bool? {
        guard let member = value[key] else { return nil }
        guard let boolean = member.boolean else { throw wrong(key) }
        return boolean
    }

    func optionalWord<Word: RawRepresentable<String>>(
        _ key: StaticString
    ) throws(OperationFormatError) -> Word? {
        guard let text = try optionalText(key) else { return nil }
        guard let word = Word(rawValue: text) else { throw wrong(key) }
        return word
    }

    func word<Word: RawRepresentable<String>>(_ key: StaticString) throws(OperationFormatError) -> Word {
        guard let word: Word = try optionalWord(key) else { throw wrong(key) }
        return word
    }

    func optionalObject(
        _ key: StaticString,
        knows keys: Set<String>
    ) throws(OperationFormatError) -> OperationReader? {
        guard let member = value[key] else { return nil }
        return try OperationReader(member, path: path + "." + key.description, knows: keys)
    }

    func object(_ key: StaticString, knows keys: Set<String>) throws(OperationFormatError) -> OperationReader
    {
        guard let object = try optionalObject(key, knows: keys) else { throw wrong(key) }
        return object
    }

    func texts(_ key: StaticString) throws(OperationFormatError) -> [String] {
        try elements(key) { (element) throws(OperationFormatError) in
            guard let text = element.string else { throw wrong(key) }
            return text
        }
    }

    /// Of an absent member: none.
    func elements<Element>(
        _ key: StaticString,
        _ read: (JSONValue) throws(OperationFormatError) -> Element
    ) throws(OperationFormatError) -> [Element] {
        guard let member = value[key] else { return [] }
        guard member.kind == .array else { throw wrong(key) }
        var elements: [Element] = []
        for element in member.elements { elements.append(try read(element)) }
        return elements
    }

    /// Absent keeps, null clears.
    func change(_ key: StaticString) throws(OperationFormatError) -> FieldChange<String> {
        guard let member = value[key] else { return .keep }
        if member.isNull { return .clear }
        guard let text = member.string else { throw wrong(key) }
        return .set(text)
    }

    func metadata(_ key: StaticString) throws(OperationFormatError) -> Metadata {
        let patch = try metadataPatch(key)
        return patch.folded(over: Metadata())
    }

    func metadataPatch(_ key: StaticString) throws(OperationFormatError) -> MetadataPatch {
        var patch = MetadataPatch()
        guard let member = value[key] else { return patch }
        guard member.kind == .object else { throw wrong(key) }
        for (name, value) in member.members {
            guard value.isNull || value.kind == .string else { throw wrong(key) }
            patch.set(name, to: value.string)
        }
        return patch
    }

    func reference(_ key: StaticString) throws(OperationFormatError) -> ObjectReference? {
        guard let reader = try optionalObject(key, knows: ["provider_id", "local_id"]) else { return nil }
        if let id = try reader.optionalText("provider_id") { return .provider(ProviderID(id)) }
        return .local(try reader.text("local_id"))
    }

    func wrong(_ key: StaticString) -> OperationFormatError {
        OperationFormatError(path: path + "." + key.description)
    }
}
