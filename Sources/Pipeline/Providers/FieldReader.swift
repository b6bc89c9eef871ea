import BillingModel
import JSON
import Timing

/// Collects what was odd about one object.
final class ProblemList {
    private(set) var problems: [DecodedObject.Problem] = []

    func add(_ path: String, wanted: String, isRequired: Bool) {
        problems.append(DecodedObject.Problem(path: path, wanted: wanted, isRequired: isRequired))
    }
}

/// Reads the members of one JSON object. Absent and null are nil and no problem unless required; a value of
/// another type is nil and a problem.
struct FieldReader {
    let value: JSONValue
    let path: String
    let problems: ProblemList

    init(_ value: JSONValue, path: String = "", problems: ProblemList) {
        self.value = value
        self.path = path
        self.problems = problems
    }

    func text(_ key: StaticString, required: Bool = false) -> String? {
        guard let member = present(key, "a text", required) else { return nil }
        guard let text = member.string, !member.containsNUL else {
            return refuse(key, "a text", required)
        }
        return text
    }

    func boolean(_ key: StaticString) -> Bool? {
        guard let member = present(key, "true or false", false) else { return nil }
        guard let boolean = member.boolean else { return refuse(key, "true or false", false) }
        return boolean
    }

    func integer(_ key: StaticString, required: Bool = false) -> Int64? {
        guard let member = present(key, "an integer", required) else { return nil }
        guard let integer = member.integer else { return refuse(key, "an integer", required) }
        return integer
    }

    /// Minor units.
    func amount(_ key: StaticString, required: Bool = false) -> Int64? {
        guard let amount = integer(key, required: required) else { return nil }
        guard amount.magnitude <= UInt64(Money.providerAmountMax) else {
            return refuse(key, "an amount in minor units", required)
        }
        return amount
    }

    /// A time in Unix seconds.
    func time(_ key: StaticString) -> Timestamp? {
        guard let seconds = integer(key) else { return nil }
        guard StripeDecoder.secondsRange.contains(seconds), let time = Timestamp(seconds: seconds)
        else {
            return refuse(key, "a time in seconds", false)
        }
        return time
    }

    /// Another object: its id, or the object itself where the provider expanded it.
    func reference(_ key: StaticString, required: Bool = false) -> ProviderID? {
        guard let member = present(key, "an id", required) else { return nil }
        let named = member.kind == .object ? member["id"] : member
        guard let id = StripeDecoder.identifier(named) else { return refuse(key, "an id", required) }
        return ProviderID(id)
    }

    /// One of our words, by the provider's.
    func word<Word>(
        _ key: StaticString,
        required: Bool = true,
        _ translate: (String) -> Word?
    ) -> Word? {
        guard let text = text(key, required: required) else { return nil }
        guard let word = translate(text) else { return refuse(key, "a known word", required) }
        return word
    }

    func currency(_ key: StaticString = "currency", required: Bool = false) -> String? {
        text(key, required: required)?.lowercased()
    }

    /// A member that is an object; nil when it is an id or absent.
    func object(_ key: StaticString) -> FieldReader? {
        guard let member = value[key], member.kind == .object else { return nil }
        return FieldReader(member, path: join(key.description), problems: problems)
    }

    /// The elements of a list that are objects, whether it is wrapped in a list object or not.
    func list(_ key: StaticString) -> (elements: [FieldReader], isComplete: Bool)? {
        guard let member = value[key], !member.isNull else { return nil }
        let isWrapped = member.kind == .object
        let array = isWrapped ? member["data"] : member
        guard let array, array.kind == .array else {
            problems.add(join(key.description), wanted: "a list", isRequired: false)
            return nil
        }
        var elements: [FieldReader] = []
        for element in array.elements where element.kind == .object {
            elements.append(FieldReader(element, path: join(key.description), problems: problems))
        }
        return (elements, !(isWrapped && member["has_more"]?.boolean == true))
    }

    /// Values are texts at Stripe; a number or truth value in their place is kept as written.
    func metadata(_ key: StaticString = "metadata") -> Metadata {
        guard let member = value[key], member.kind == .object, member.count > 0 else { return Metadata() }
        var builder = Metadata.Builder(count: member.count, bytes: member.byteRange.count)
        member.forEachMember { name, value in
            switch value.kind {
            case .string, .number, .boolean:
                guard !value.containsNUL, !name.contains(0) else { return }
                value.withUTF8 { builder.add(key: name, value: $0) }
            case .null, .array, .object:
                return
            }
        }
        return Metadata(builder)
    }

    private func present(_ key: StaticString, _ wanted: String, _ required: Bool) -> JSONValue? {
        if let member = value[key], !member.isNull { return member }
        if required { problems.add(join(key.description), wanted: wanted, isRequired: true) }
        return nil
    }

    private func refuse<Wanted>(_ key: StaticString, _ wanted: String, _ required: Bool) -> Wanted? {
        problems.add(join(key.description), wanted: wanted, isRequired: required)
        return nil
    }

    private func join(_ key: String) -> String {
        path.isEmpty ? key : path + "." + key
    }
}
