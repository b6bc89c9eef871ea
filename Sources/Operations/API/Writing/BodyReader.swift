import JSON
import Providers
import Timing

/// Reads the members of one JSON object of a body. What is wrong is noted, and nil or `keep` given instead.
struct BodyReader {
    let value: JSONValue
    /// RFC 6901 of `value`; empty for the whole body.
    let pointer: String
    let errors: FieldErrors
    private var known: Set<String> = []

    init(_ value: JSONValue, pointer: String = "", errors: FieldErrors) {
        self.value = value
        self.pointer = pointer
        self.errors = errors
    }

    func pointer(to name: String) -> String { "\(pointer)/\(Problem.escaped(name))" }

    func wrong(_ name: String, _ code: String, _ detail: String? = nil) {
        errors.add(pointer(to: name), code, detail)
    }

    /// The member; nil when it is not there. From then on it is not unknown.
    mutating func member(_ name: String) -> JSONValue? {
        known.insert(name)
        return value.member(name)
    }

    /// The member when it is there and not null.
    mutating func present(_ name: String) -> JSONValue? {
        member(name).flatMap { $0.isNull ? nil : $0 }
    }

    /// Text of at most `max` characters without control characters; null and the empty text clear.
    mutating func change(_ name: String, max: Int) -> FieldChange<String> {
        guard let value = member(name) else { return .keep }
        if value.isNull { return .clear }
        guard let text = text(value, name, max: max) else { return .keep }
        return .text(text)
    }

    mutating func text(_ name: String, max: Int, required: Bool = false) -> String? {
        guard let value = present(name) else {
            if required { wrong(name, "required") }
            return nil
        }
        guard let text = text(value, name, max: max) else { return nil }
        if text.isEmpty {
            wrong(name, required ? "required" : "empty")
            return nil
        }
        return text
    }

    private func text(_ value: JSONValue, _ name: String, max: Int) -> String? {
        guard let text = value.string else {
            wrong(name, "not_a_string")
            return nil
        }
        guard text.unicodeScalars.count <= max else {
            wrong(name, "too_long", "At most \(max) characters.")
            return nil
        }
        guard !text.hasControlCharacters else {
            wrong(name, "control_character")
            return nil
        }
        return text
    }

    mutating func boolean(_ name: String) -> Bool? {
        guard let value = present(name) else { return nil }
        if let boolean = value.boolean { return boolean }
        wrong(name, "not_a_boolean")
        return nil
    }

    mutating func integer(_ name: String, in range: ClosedRange<Int64>, required: Bool = false) -> Int64? {
        guard let value = present(name) else {
            if required { wrong(name, "required") }
            return nil
        }
        guard let number = value.integer, range.contains(number) else {
            wrong(name, "out_of_range", "A whole number from \(range.lowerBound) to \(range.upperBound).")
            return nil
        }
        return number
    }

    /// RFC 3339.
    mutating func time(_ name: String) -> Timestamp? {
        guard let value = present(name) else { return nil }
        if let time = value.string.flatMap({ Timestamp(rfc3339: $0) }) { return time }
        wrong(name, "not_a_time", "A time such as 2026-06-24T12:00:00Z.")
        return nil
    }

    mutating func word<Word: RawRepresentable & CaseIterable>(
        _ name: String,
        _ type: Word.Type = Word.self,
        required: Bool = false
    ) -> Word? where Word.RawValue == String {
        guard let value = present(name) else {
            if required { wrong(name, "required") }
            return nil
        }
        if let word = value.string.flatMap(Word.init(rawValue:)) { return word }
        wrong(name, "unknown_word", "One of \(Word.allCases.map(\.rawValue).joined(separator: ", ")).")
        return nil
    }

    mutating func object(_ name: String) -> BodyReader? {
        guard let value = present(name) else { return nil }
        guard value.kind == .object else {
            wrong(name, "not_an_object")
            return nil
        }
        return BodyReader(value, pointer: pointer(to: name), errors: errors)
    }

    mutating func objects(_ name: String, count: ClosedRange<Int>) -> [BodyReader] {
        guard let value = present(name) else { return [] }
        guard value.kind == .array, count.contains(value.count) else {
            wrong(name, "not_a_list", "A list of \(count.lowerBound) to \(count.upperBound) objects.")
            return []
        }
        var readers: [BodyReader] = []
        for (index, element) in value.elements.enumerated() {
            let place = "\(pointer(to: name))/\(index)"
            guard element.kind == .object else {
                errors.add(place, "not_an_object")
                continue
            }
            readers.append(BodyReader(element, pointer: place, errors: errors))
        }
        return readers
    }

    /// Notes every member that was not asked for. Call last.
    func refuseOthers(readOnly: Set<String> = []) {
        for (name, _) in value.members where !known.contains(name) {
            if readOnly.contains(name) {
                wrong(name, "read_only", "The gateway or the provider says this, not the application.")
            } else {
                wrong(name, "unknown", "Known here: \(known.sorted().joined(separator: ", ")).")
            }
        }
    }
}

extension String {
    /// C0, DEL and C1.
    var hasControlCharacters: Bool {
        unicodeScalars.contains { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) }
    }
}

extension RequestContext {
    /// The body of a request that must have one.
    func requiredBody(_ errors: FieldErrors) throws -> BodyReader {
        guard let body = try bodyObject() else {
            throw Problem(.validationFailed, "Send the fields as a JSON object.")
        }
        return BodyReader(body, errors: errors)
    }
}
