import Timing

/// What has to be done for one request once the state has been left.
struct Carriage: Sendable {
    var answer: SandboxAnswer
    var fault: FaultAction?
    var latencyMilliseconds = 0
    /// The object that the request is about.
    var object: String?
    /// The key that is held until the answer is on its way, with what is then kept under it.
    var key: String?
    var kept: SandboxAnswer?
}

/// From a request to its answer: who asks, faults, limits, idempotency, then the call itself.
extension SandboxState {
    mutating func receive(_ call: SandboxCall, now: Timestamp, keys: [String], baseURL: String) -> Carriage {
        let requestID = identifiers.request()
        let object = Self.object(of: call)
        effects.arrived(object, now: now)
        var carriage = Carriage(answer: SandboxAnswer(status: 500, body: []), object: object)
        do throws(ProviderError) {
            try authorize(call, keys)
            try checkVersion(call)
            let (fault, latency) = faults.forCall(method: call.method, path: call.path, now: now)
            carriage.latencyMilliseconds = latency
            carriage.fault = fault
            if case .loseRequest? = fault { return carriage }
            // The limiter stands before the idempotency layer: nothing is stored for what it refuses.
            if limiter?.take(now: now) == false, let limiter { throw limiter.refusal }
            try carryOut(call, now: now, requestID: requestID, baseURL: baseURL, &carriage)
        } catch {
            carriage.answer = answer(error, requestID: requestID, baseURL: baseURL)
        }
        carriage.answer.headers += standardHeaders(call, requestID)
        return carriage
    }

    /// The answer is on its way, or will never be.
    mutating func finish(_ carriage: Carriage, answered: Bool) {
        effects.left(carriage.object, status: answered ? carriage.answer.status : nil)
        guard let key = carriage.key else { return }
        if let kept = carriage.kept { answers.answered(key, kept) } else { answers.release(key) }
    }

    private mutating func carryOut(
        _ call: SandboxCall,
        now: Timestamp,
        requestID: String,
        baseURL: String,
        _ carriage: inout Carriage
    ) throws(ProviderError) {
        // Keys have no effect on GET and DELETE.
        if call.method == "POST", let key = call.idempotencyKey {
            try checkKey(key)
            switch answers.begin(key, fingerprint: IdempotencyLedger.fingerprint(call), now: now) {
            case .fresh: carriage.key = key
            case .replay(let answer):
                effects.replayed()
                carriage.answer = answer
                carriage.answer.headers.append((name: "Idempotent-Replayed", value: "true"))
                return
            case .inUse: throw Self.keyInUse(key)
            case .changed: throw Self.keyChanged(key)
            }
        }
        if case .refuse(let error, let stored)? = carriage.fault {
            carriage.answer = answer(error, requestID: requestID, baseURL: baseURL)
            if stored { carriage.kept = carriage.answer }
            return
        }
        // What fails here failed validation: nothing was executed, so nothing is stored.
        carriage.answer = try execute(call, now: now, requestID: requestID, baseURL: baseURL, &carriage)
        carriage.kept = carriage.answer
        if case .failAfterwards(let error, let stored)? = carriage.fault {
            carriage.answer = answer(error, requestID: requestID, baseURL: baseURL)
            if stored { carriage.kept = carriage.answer }
        }
    }

    private mutating func execute(
        _ call: SandboxCall,
        now: Timestamp,
        requestID: String,
        baseURL: String,
        _ carriage: inout Carriage
    ) throws(ProviderError) -> SandboxAnswer {
        var branch = FormBranch()
        try FormDecoder.decode(call.query, into: &branch)
        if !call.body.isEmpty {
            guard call.contentType?.hasPrefix("application/x-www-form-urlencoded") == true else {
                throw ProviderError("Bodies of this API are application/x-www-form-urlencoded.")
            }
            try FormDecoder.decode(call.body, into: &branch)
        }
        // Deletions are told without a key (provider_api 1.5).
        let key = call.method == "DELETE" ? nil : call.idempotencyKey
        let context = CallContext(
            now: now,
            origin: EventOrigin(requestID: requestID, idempotencyKey: key),
            parameters: Parameters(branch),
            baseURL: baseURL
        )
        let answer = try route(call, context)
        if call.method != "GET" {
            // A created object has its id from now on.
            let changed = carriage.object ?? Self.id(in: answer) ?? call.path
            effects.changed(changed, method: call.method, key: call.idempotencyKey, parameters: call.body)
        }
        return answer
    }

    /// The id of the object that a path names.
    private static func object(of call: SandboxCall) -> String? {
        call.segments.first { ObjectKind.of(id: $0) != nil }
    }

    private static func id(in answer: SandboxAnswer) -> String? {
        // Every object begins with its id.
        let start = Array("{\"id\":\"".utf8)
        guard answer.body.starts(with: start) else { return nil }
        let rest = answer.body[start.count...]
        return rest.firstIndex(of: UInt8(ascii: "\"")).map { String(decoding: rest[..<$0], as: UTF8.self) }
    }

    // MARK: Who asks, and in which version

    private func authorize(_ call: SandboxCall, _ keys: [String]) throws(ProviderError) {
        guard let authorization = call.authorization else {
            throw ProviderError(
                status: 401,
                "You did not provide an API key: send it as a bearer token in the Authorization header.",
                headers: [(name: "WWW-Authenticate", value: "Bearer realm=\"sandbox\"")]
            )
        }
        guard authorization.hasPrefix("Bearer "), keys.contains(String(authorization.dropFirst(7))) else {
            throw ProviderError(status: 401, "Invalid API Key provided: \(Self.masked(authorization))")
        }
    }

    /// A key as errors show it: its kind and its last four characters.
    private static func masked(_ authorization: String) -> String {
        let key = authorization.hasPrefix("Bearer ") ? authorization.dropFirst(7) : authorization[...]
        guard key.utf8.count > 12 else { return "****" }
        return "\(key.prefix(8))****\(key.suffix(4))"
    }

    private func checkVersion(_ call: SandboxCall) throws(ProviderError) {
        guard let version = call.version else { return }
        let parts = version.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let isDate = parts[0].utf8.count == 10 && Timestamp(rfc3339: "\(parts[0])T00:00:00Z") != nil
        guard isDate else { throw ProviderError("Invalid Stripe API version: \(version)") }
    }

    private func checkKey(_ key: String) throws(ProviderError) {
        guard !key.isEmpty, key.unicodeScalars.count <= IdempotencyLedger.keyCharactersMax else {
            throw ProviderError(
                type: "idempotency_error",
                "Idempotency keys have 1 to \(IdempotencyLedger.keyCharactersMax) characters."
            )
        }
    }

    private static func keyInUse(_ key: String) -> ProviderError {
        ProviderError(
            status: 409,
            type: "idempotency_error",
            code: "idempotency_key_in_use",
            "There is currently another in-progress request using this Idempotent Key: \(key)"
        )
    }

    private static func keyChanged(_ key: String) -> ProviderError {
        ProviderError(
            type: "idempotency_error",
            "Keys for idempotent requests can only be used with the parameters they were first used with: \(key)"
        )
    }

    // MARK: Answers

    private func answer(_ error: ProviderError, requestID: String, baseURL: String) -> SandboxAnswer {
        SandboxAnswer(
            status: error.status,
            headers: error.headers,
            body: error.body(logURL: "\(baseURL)/sandbox/requests/\(requestID)")
        )
    }

    private func standardHeaders(_ call: SandboxCall, _ requestID: String) -> [(name: String, value: String)]
    {
        var headers = [
            (name: "Content-Type", value: "application/json"),
            (name: "Request-Id", value: requestID),
            (name: "Stripe-Version", value: call.version ?? apiVersion),
        ]
        if let key = call.idempotencyKey { headers.append((name: "Idempotency-Key", value: key)) }
        return headers
    }
}
