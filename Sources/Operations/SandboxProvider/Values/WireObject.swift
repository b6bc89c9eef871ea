import JSON

/// A JSON object whose members keep their order. Small: members are found by looking through them.
package struct WireObject: Sendable, ExpressibleByDictionaryLiteral {
    package private(set) var members: [(name: String, value: WireValue)]

    init(members: [(String, WireValue)]) {
        self.members = members.map { (name: $0.0, value: $0.1) }
    }

    package init(dictionaryLiteral members: (String, WireValue)...) {
        self.init(members: members)
    }

    package init() { members = [] }

    package var isEmpty: Bool { members.isEmpty }

    /// Setting nil removes the member; a new one stands last.
    package subscript(name: String) -> WireValue? {
        get { members.first { $0.name == name }?.value }
        set {
            let index = members.firstIndex { $0.name == name }
            switch (index, newValue) {
            case (let index?, let value?): members[index].value = value
            case (let index?, nil): members.remove(at: index)
            case (nil, let value?): members.append((name: name, value: value))
            case (nil, nil): break
            }
        }
    }

    package func text(_ name: String) -> String? { self[name]?.text }
    package func integer(_ name: String) -> Int64? { self[name]?.integer }

    /// Lays `patch` over this object: objects merge deeply, anything else is replaced.
    mutating func merge(_ patch: WireObject) {
        for (name, value) in patch.members {
            if case .object(let inner) = value, var mine = self[name]?.object {
                mine.merge(inner)
                self[name] = .object(mine)
            } else {
                self[name] = value
            }
        }
    }

    /// What an event tells as `previous_attributes`: the former value of each member that differs now, inside
    /// objects only of what differs there, of lists the whole; a member that is new has the former value null.
    func differences(to now: WireObject) -> WireObject {
        var former = WireObject()
        for (name, value) in now.members {
            let before = self[name] ?? .null
            guard before != value else { continue }
            if case .object(let old) = before, case .object(let new) = value {
                former[name] = .object(old.differences(to: new))
            } else {
                former[name] = before
            }
        }
        for (name, value) in members where now[name] == nil && !value.isNull { former[name] = value }
        return former
    }

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        for (name, value) in members {
            writer.key(name)
            value.write(to: &writer)
        }
        writer.endObject()
    }

    package var json: [UInt8] {
        var writer = JSONWriter(capacity: 1024)
        write(to: &writer)
        return writer.bytes
    }
}

extension WireObject: Equatable {
    /// The order of members does not matter.
    package static func == (left: WireObject, right: WireObject) -> Bool {
        left.members.count == right.members.count
            && left.members.allSatisfy { name, value in right[name] == value }
    }
}
