import API
import Database
import Gateway
import Glibc
import HTTPServer
import JSON

/// The admin API of one store, whoever serves it: the running server through its control socket, or this process
/// when no server holds the store.
final class StoreClient {
    private enum Way {
        case server(LocalHTTPClient)
        case ownHands(OfflineAPI)
    }

    private let way: Way

    /// Whether a running server answers, and not this process.
    var isServer: Bool {
        switch way {
        case .server: true
        case .ownHands: false
        }
    }

    static let options: [OptionSyntax] = [
        ConfigurationFile.option,
        .value("--database", "FILE", "the database itself; then no configuration is read"),
    ]

    /// Finds the store by `--database` or the configuration.
    convenience init(_ arguments: ParsedArguments) throws(CommandFailure) {
        if let path = arguments.value("--database") {
            try self.init(
                DatabaseLocation(path: path.hasPrefix("sqlite:") ? String(path.dropFirst(7)) : path)
            )
            return
        }
        let file = ConfigurationFile.path(arguments)
        switch ConfigurationDecoder(sources: .process).decodeDatabase(file: file) {
        case .success(let location):
            try self.init(location)
        case .failure(let problem):
            throw CommandFailure(
                "\(problem)",
                hint: "--database FILE works without a configuration",
                exitCode: ExitCode.configuration
            )
        }
    }

    init(_ location: DatabaseLocation) throws(CommandFailure) {
        let client = LocalHTTPClient(.unix(path: location.controlSocketPath))
        do throws(LocalHTTPClient.Failure) {
            _ = try client.request("GET", "/healthz")
            way = .server(client)
        } catch {
            if case .broken(let reason) = error {
                throw CommandFailure(
                    "\(location.controlSocketPath): \(reason)",
                    hint: "the server behind this socket does not answer as it should",
                    exitCode: ExitCode.unavailable
                )
            }
            way = .ownHands(try Self.open(location))
        }
    }

    deinit {
        if case .ownHands(let api) = way { api.close() }
    }

    private static func open(_ location: DatabaseLocation) throws(CommandFailure) -> OfflineAPI {
        // Opening would make a new, empty store where somebody mistyped a path.
        guard access(location.path, F_OK) == 0 else {
            throw CommandFailure(
                "there is no database \(location.path)",
                hint: "the first tollgate serve makes it; relative paths count from the working directory",
                exitCode: ExitCode.unavailable
            )
        }
        do throws(GatewayError) {
            return try OfflineAPI(location)
        } catch {
            if case .store(let failure) = error, failure.kind == .busy {
                throw CommandFailure(
                    "a tollgate process holds \(location.path), but nobody answers at \(location.controlSocketPath)",
                    hint: "it may be starting or stopping: try again",
                    exitCode: ExitCode.unavailable
                )
            }
            throw CommandFailure("\(error)", exitCode: ExitCode.unavailable)
        }
    }

    /// The answer's JSON. Throws what a person should read when it is no 2xx.
    func call(
        _ method: HTTPMethod,
        _ path: String,
        query: [(name: String, value: String)] = [],
        body: [UInt8] = []
    ) throws(CommandFailure) -> JSONValue {
        let text = query.map { "\($0.name)=\(percentEncoded($0.value))" }.joined(separator: "&")
        let (status, bytes) = try answer(method, path, text, body)
        let document: JSONDocument
        do throws(JSONError) {
            document = try JSONDocument.parse(bytes, limits: JSONLimits(bytesMax: 64 << 20))
        } catch {
            throw CommandFailure(
                "the answer (\(status)) cannot be read: \(error)",
                exitCode: ExitCode.unavailable
            )
        }
        guard (200..<300).contains(status) else { throw Self.failure(status, document.root) }
        return document.root
    }

    private func answer(
        _ method: HTTPMethod,
        _ path: String,
        _ query: String,
        _ body: [UInt8]
    ) throws(CommandFailure) -> (status: Int, body: [UInt8]) {
        switch way {
        case .server(let client):
            let target = query.isEmpty ? path : "\(path)?\(query)"
            let headers = body.isEmpty ? [] : [("Content-Type", "application/json")]
            do throws(LocalHTTPClient.Failure) {
                let response = try client.request(word(method), target, headers: headers, body: body)
                return (response.status, response.body)
            } catch {
                switch error {
                case .nobody: throw CommandFailure("the server has gone", exitCode: ExitCode.unavailable)
                case .broken(let reason):
                    throw CommandFailure("the server: \(reason)", exitCode: ExitCode.unavailable)
                }
            }
        case .ownHands(let api):
            var call = APICall(method: method, path: path, query: query.isEmpty ? nil : query)
            call.body = body
            if !body.isEmpty { call.contentType = "application/json" }
            let answer = api.answer(call)
            return (answer.status, answer.body)
        }
    }

    private func word(_ method: HTTPMethod) -> String {
        switch method {
        case .get: "GET"
        case .head: "HEAD"
        case .post: "POST"
        case .put: "PUT"
        case .patch: "PATCH"
        case .delete: "DELETE"
        case .options: "OPTIONS"
        case .other: preconditionFailure("the API is called by known methods")
        }
    }

    /// RFC 9457: `detail` is for people; `errors` name the fields.
    private static func failure(_ status: Int, _ problem: JSONValue) -> CommandFailure {
        let detail = problem["detail"]?.string ?? problem["title"]?.string ?? "the answer was \(status)"
        let fields = problem["errors"]?.elements.compactMap { error -> String? in
            guard let pointer = error["pointer"]?.string else { return nil }
            return "\(pointer): \(error["detail"]?.string ?? error["code"]?.string ?? "wrong")"
        }
        return CommandFailure(
            printable(detail),
            hint: fields.flatMap { $0.isEmpty ? nil : printable($0.joined(separator: "; ")) },
            exitCode: status >= 500 ? ExitCode.unavailable : ExitCode.failure
        )
    }
}

/// RFC 3986 §2.3: everything but the unreserved characters as `%XX`.
func percentEncoded(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var bytes: [UInt8] = []
    for byte in text.utf8 {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            bytes.append(byte)
        default:
            bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
    }
    return String(decoding: bytes, as: UTF8.self)
}
