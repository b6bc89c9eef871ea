/// Everything that is wrong with one body, gathered while it is read, so that the caller learns it at once.
final class FieldErrors {
    private(set) var list: [Problem.FieldError] = []

    func add(_ pointer: String, _ code: String, _ detail: String? = nil) {
        list.append(Problem.FieldError(pointer: pointer, code: code, detail: detail))
    }

    /// The problem that says it all; nil when there is none. Its code is that of the errors where they agree.
    var problem: Problem? {
        guard let first = list.first else { return nil }
        let codes = Set(list.map(\.code))
        let code: ProblemCode =
            switch first.code {
            case "unknown" where codes.count == 1: .unknownField
            case "read_only" where codes.count == 1: .readOnlyField
            case "reserved" where codes.count == 1: .reservedMetadataKey
            case "invalid_email" where codes.count == 1: .invalidEmail
            case "invalid_external_id" where codes.count == 1: .invalidExternalID
            default: .validationFailed
            }
        let fields = list.count == 1 ? "One field is" : "\(list.count) fields are"
        return Problem(code, "\(fields) not as they should be; errors tells which.", errors: list)
    }

    func check() throws {
        if let problem { throw problem }
    }
}
