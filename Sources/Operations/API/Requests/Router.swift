import HTTPServer

/// Finds what answers a method and a path. Patterns are paths whose `{…}` segments match anything non-empty.
struct Router<Target: Sendable>: Sendable {
    enum Match {
        /// The segments that stood for the pattern's `{…}`, decoded, in order.
        case found(Target, captures: [String])
        case wrongMethod(allow: [String])
        case unknownPath
    }

    private struct Entry: Sendable {
        let method: HTTPMethod
        let segments: [Substring]
        let target: Target
    }

    private var entries: [Entry] = []

    mutating func add(_ method: HTTPMethod, _ pattern: String, _ target: Target) {
        entries.append(Entry(method: method, segments: split(pattern), target: target))
    }

    /// All that is answered, each as `GET /v1/customers/{id}`.
    var lines: [String] {
        entries.flatMap { entry in
            names(entry.method).prefix(1).map { name in
                name + " " + entry.segments.map { "/" + $0 }.joined()
            }
        }
    }

    /// HEAD is answered as GET; the server leaves the body out.
    func match(_ method: HTTPMethod, path: String) -> Match {
        let segments = split(path)
        var allow: [String] = []
        for entry in entries {
            guard let captures = captures(of: segments, in: entry.segments) else { continue }
            if entry.method == method || (entry.method == .get && method == .head) {
                return .found(entry.target, captures: captures)
            }
            for name in names(entry.method) where !allow.contains(name) { allow.append(name) }
        }
        return allow.isEmpty ? .unknownPath : .wrongMethod(allow: allow)
    }

    private func split(_ path: String) -> [Substring] {
        path.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map { $0 }
    }

    private func captures(of segments: [Substring], in pattern: [Substring]) -> [String]? {
        guard segments.count == pattern.count else { return nil }
        var captures: [String] = []
        for (segment, expected) in zip(segments, pattern) {
            if expected.hasPrefix("{") {
                guard !segment.isEmpty, let text = PercentEncoding.decoded(segment, plusIsSpace: false) else {
                    return nil
                }
                captures.append(text)
            } else if !segment.utf8.elementsEqual(expected.utf8) {
                return nil
            }
        }
        return captures
    }

    private func names(_ method: HTTPMethod) -> [String] {
        switch method {
        case .get: ["GET", "HEAD"]
        case .head: ["HEAD"]
        case .post: ["POST"]
        case .put: ["PUT"]
        case .patch: ["PATCH"]
        case .delete: ["DELETE"]
        case .options: ["OPTIONS"]
        case .other: []
        }
    }
}
