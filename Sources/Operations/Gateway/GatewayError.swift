package import Database
package import HTTPServer

/// Why a gateway could not start; each says what to do.
package enum GatewayError: Error, Sendable, CustomStringConvertible {
    case store(DatabaseError)
    case listen(HTTPServerError)
    /// A configured connection's name stands for other data in this store.
    case connectionChanged(name: String, stored: String, configured: String)
    case endpoint(name: String, problem: String)
    /// The client for calls to providers cannot be set up.
    case client(String)

    package var description: String {
        switch self {
        case .store(let error):
            "the store cannot be opened: \(error)"
        case .listen(let error):
            error.description
        case .connectionChanged(let name, let stored, let configured):
            "connection \"\(name)\" is \(stored) in this store and \(configured) in the configuration: "
                + "give the new account a new name, what is stored keeps its meaning"
        case .client(let reason):
            "calls to providers cannot be made: \(reason)"
        case .endpoint(let name, let problem):
            "endpoint \"\(name)\": \(problem)"
        }
    }
}
