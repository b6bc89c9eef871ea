import JSON

/// A refusal in Stripe's form: `{"error":{type, code, message, param, …}}`.
///
/// Facts: `reference/provider_api.md` 1.6.
package struct ProviderError: Error, Sendable {
    package var status: Int
    package var type = "invalid_request_error"
    package var code: String?
    package var message: String
    package var parameter: String?
    package var headers: [(name: String, value: String)] = []

    package init(
        status: Int = 400,
        type: String = "invalid_request_error",
        code: String? = nil,
        _ message: String,
        parameter: String? = nil,
        headers: [(name: String, value: String)] = []
    ) {
        self.status = status
        self.type = type
        self.code = code
        self.message = message
        self.parameter = parameter
        self.headers = headers
    }

    static func unknownParameter(_ name: String) -> ProviderError {
        ProviderError(code: "parameter_unknown", "Received unknown parameter: \(name)", parameter: name)
    }

    static func missing(_ name: String) -> ProviderError {
        ProviderError(code: "parameter_missing", "Missing required param: \(name).", parameter: name)
    }

    static func invalid(_ name: String, _ message: String, code: String? = nil) -> ProviderError {
        ProviderError(code: code, message, parameter: name)
    }

    /// An object named by a parameter.
    static func noSuch(_ noun: String, _ id: String, parameter: String) -> ProviderError {
        ProviderError(code: "resource_missing", "No such \(noun): '\(id)'", parameter: parameter)
    }

    /// An object named by the path.
    static func notFound(_ noun: String, _ id: String) -> ProviderError {
        ProviderError(status: 404, code: "resource_missing", "No such \(noun): '\(id)'", parameter: "id")
    }

    func body(logURL: String) -> [UInt8] {
        var error: WireObject = [:]
        if let code {
            error["code"] = .text(code)
            error["doc_url"] = .text(
                "https://stripe.com/docs/error-codes/"
                    + code.replacing(UInt8(ascii: "_"), with: UInt8(ascii: "-"))
            )
        }
        error["message"] = .text(message)
        if let parameter { error["param"] = .text(parameter) }
        error["request_log_url"] = .text(logURL)
        error["type"] = .text(type)
        return WireObject(members: [("error", .object(error))]).json
    }
}

extension String {
    fileprivate func replacing(_ byte: UInt8, with other: UInt8) -> String {
        String(decoding: utf8.map { $0 == byte ? other : $0 }, as: UTF8.self)
    }
}
