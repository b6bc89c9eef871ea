import Cryptography
package import JSON

extension SignatureProfile {
    /// Reads one profile of the configuration's `profiles` object; throws everything that is wrong with it.
    ///
    /// `like` names a built-in profile whose members count where the profile has none of its own.
    package static func parse(name: String, _ json: JSONValue) throws(ProfileProblems) -> SignatureProfile {
        let problems = ProblemList()
        let path = "profiles.\(name)"
        var base: JSONValue?
        if let like = json.member("like") {
            base = like.string.flatMap { BuiltInProfiles.json(named: $0) }
            if base == nil {
                problems.add("\(path).like", wanted: "the name of a built-in profile", found: like)
            }
        }
        let profile = ProfileReader(name: name, path: path, own: json, base: base, problems: problems).read()
        guard let profile, problems.all.isEmpty else { throw ProfileProblems(all: problems.all) }
        return profile
    }
}

/// Turns a profile's JSON into a `SignatureProfile`. A member comes whole from the profile itself or else from the
/// built-in one that it is like.
struct ProfileReader {
    private static let members = [
        "like", "hash", "secret_encoding", "signature_encoding", "signature", "signed", "timestamp", "id",
        "json_roots", "trusted_fields", "max_header_bytes", "max_signatures", "duplicates", "empty_body",
        "body",
        "bad_signature_status", "success_status", "success_body", "event",
    ]

    private let name: String
    private let path: String
    private let problems: ProblemList
    /// The profile itself, then what it is like.
    private let layers: [MemberReader]

    init(name: String, path: String, own: JSONValue, base: JSONValue?, problems: ProblemList) {
        self.name = name
        self.path = path
        self.problems = problems
        layers = [own, base].compactMap { $0 }.compactMap {
            MemberReader($0, path: path, known: Self.members, problems: problems)
        }
    }

    /// Nil, or wrong in some member, when problems were added.
    func read() -> SignatureProfile? {
        guard !layers.isEmpty else { return nil }
        let hash: HashAlgorithm? = layer("hash").choice("hash")
        let secretEncodings: [SecretEncoding] = layer("secret_encoding").choices("secret_encoding")
        let signatureEncoding: SignatureEncoding? = layer("signature_encoding").choice("signature_encoding")
        layer("secret_encoding").require(
            "secret_encoding",
            wanted: "how the secret becomes a key, as \"utf8\""
        )
        layer("signature_encoding").require("signature_encoding", wanted: "\"hex\" or \"base64\"")
        layer("signature").require("signature", wanted: "an object that says where the signature stands")
        layer("signed").require("signed", wanted: "a template, as \"{timestamp}.{body}\"")
        let signature = readSignature()
        let templates = readTemplates()
        let timestamp = readTimestamp(signature: signature)
        let idHeaders = readIDHeaders()
        let variables = templates.flatMap(\.variables)
        if variables.contains(.timestamp), timestamp == nil,
            layer("timestamp").object.member("timestamp") == nil
        {
            problems.add(
                "\(path).timestamp",
                wanted: "an object, because the template signs {timestamp}",
                found: nil
            )
        }
        if variables.contains(.id), idHeaders.isEmpty, layer("id").object.member("id") == nil {
            problems.add("\(path).id", wanted: "an object, because the template signs {id}", found: nil)
        }
        let event = readEvent()
        guard let signature, let signatureEncoding else { return nil }
        return SignatureProfile(
            name: name,
            hash: hash ?? .sha256,
            secretEncodings: secretEncodings,
            signatureEncoding: signatureEncoding,
            signature: signature,
            templates: templates,
            timestamp: timestamp,
            idHeaders: idHeaders,
            jsonRoots: readRoots(),
            trustedFields: layer("trusted_fields").strings("trusted_fields", wanted: "a list of field names"),
            limits: readLimits(),
            answers: readAnswers(),
            event: event
        )
    }

    private func layer(_ member: String) -> MemberReader {
        layers.first { $0.has(member) } ?? layers[0]
    }

    /// The object under that member; nil, with a problem if it is there but wrong.
    private func object(_ member: String, known: [String]) -> MemberReader? {
        guard let value = layer(member).object.member(member) else { return nil }
        return MemberReader(value, path: "\(path).\(member)", known: known, problems: problems)
    }

    private func readSignature() -> SignaturePlace? {
        let known = [
            "header", "json", "parse", "prefix", "prefix_optional", "sep", "key", "timestamp_key",
            "timestamp_index",
            "trim",
        ]
        guard let reader = object("signature", known: known) else { return nil }
        if let path = reader.string("json", wanted: "a path to the signature") {
            return .json(JSONPath(path))
        }
        reader.require("header", wanted: "the name of the header that carries the signature")
        reader.require("parse", wanted: "\"plain\", \"list\" or \"kv\"")
        let names = reader.strings("header", wanted: "a header name or a list of them")
        guard let kind: SyntaxKind = reader.choice("parse") else { return nil }
        return .header(names: names.map { $0.lowercased() }, spelling: names, readSyntax(kind, reader))
    }

    private enum SyntaxKind: String, CaseIterable {
        case plain, list
        case keyValue = "kv"
    }

    private func readSyntax(_ kind: SyntaxKind, _ reader: MemberReader) -> SignatureSyntax {
        let prefix = Array((reader.string("prefix", wanted: "a text") ?? "").utf8)
        let trims = reader.boolean("trim") ?? false
        let separator = Array((reader.string("sep", wanted: "a separator") ?? ",").utf8)
        if separator.isEmpty {
            problems.add(
                "\(reader.path).sep",
                wanted: "at least one character",
                found: reader.object.member("sep")
            )
        }
        switch kind {
        case .plain:
            return .plain(prefix: prefix, prefixIsOptional: reader.boolean("prefix_optional") ?? false)
        case .list:
            let index = reader.integer("timestamp_index", in: 0...31)
            return .list(
                separator: separator,
                prefix: prefix,
                trims: trims,
                timestampIndex: index.map(Int.init)
            )
        case .keyValue:
            reader.require("key", wanted: "the key or keys whose values are signatures")
            let keys = reader.strings("key", wanted: "a key or a list of keys").map { Array($0.utf8) }
            let timestampKey = reader.string("timestamp_key", wanted: "a key").map { Array($0.utf8) }
            return .keyValue(separator: separator, keys: keys, timestampKey: timestampKey, trims: trims)
        }
    }

    private func readTemplates() -> [SignedTemplate] {
        guard let value = layer("signed").object.member("signed") else { return [] }
        if let text = value.string {
            return [readTemplate(text, conditions: [], path: "\(path).signed", value)].compactMap { $0 }
        }
        guard value.kind == .array, value.count > 0 else {
            problems.add("\(path).signed", wanted: "a template or a list of templates", found: value)
            return []
        }
        var templates: [SignedTemplate] = []
        for (index, element) in value.elements.enumerated() {
            let path = "\(path).signed.\(index)"
            guard
                let reader = MemberReader(
                    element,
                    path: path,
                    known: ["when", "template"],
                    problems: problems
                )
            else { continue }
            reader.require("template", wanted: "a template")
            var conditions: [SignedTemplate.Variable] = []
            for text in reader.strings("when", wanted: "a list of variables that must not be empty") {
                if let variable = SignedTemplate.Variable(text) {
                    conditions.append(variable)
                } else {
                    let wanted = "variables, as \"json:token\""
                    problems.add("\(path).when", wanted: wanted, found: reader.object.member("when"))
                }
            }
            guard let text = reader.string("template", wanted: "a template"),
                let template = readTemplate(text, conditions: conditions, path: "\(path).template", element)
            else { continue }
            templates.append(template)
        }
        if let last = templates.last, !last.conditions.isEmpty {
            problems.add("\(path).signed", wanted: "a last template without \"when\"", found: nil)
        }
        return templates
    }

    private func readTemplate(
        _ text: String,
        conditions: [SignedTemplate.Variable],
        path: String,
        _ value: JSONValue
    ) -> SignedTemplate? {
        switch SignedTemplate.parse(text, conditions: conditions) {
        case .success(let template): return template
        case .failure(let problem):
            problems.add(path, wanted: problem.wanted, found: value)
            return nil
        }
    }

    private func readTimestamp(signature: SignaturePlace?) -> TimestampRule? {
        let known = ["header", "format", "tolerance", "digits"]
        guard let reader = object("timestamp", known: known) else { return nil }
        reader.require("format", wanted: "how the time is written, as \"unix-s\"")
        let format: TimestampFormat? = reader.choice("format")
        let headers = reader.strings("header", wanted: "a header name or a list of them")
        if headers.isEmpty, case .header(_, _, let syntax) = signature, !syntax.carriesTimestamp {
            let wanted = "the header of the time, or signature.timestamp_key or timestamp_index"
            problems.add("\(reader.path).header", wanted: wanted, found: nil)
        }
        var tolerance: Int64?
        if reader.object.member("tolerance")?.isNull == false {
            tolerance = reader.integer("tolerance", in: 1...86_400)
        }
        var digits: [Int]?
        if let value = reader.object.member("digits") {
            digits = value.elements.compactMap(\.integer).map { Int($0) }
            if digits?.isEmpty != false || digits?.allSatisfy({ (1...18).contains($0) }) != true {
                problems.add("\(reader.path).digits", wanted: "a list of counts from 1 to 18", found: value)
            }
        }
        return format.map {
            TimestampRule(
                headers: headers.map { $0.lowercased() },
                spelling: headers,
                format: $0,
                toleranceSeconds: tolerance,
                digits: digits
            )
        }
    }

    private func readIDHeaders() -> [String] {
        guard let reader = object("id", known: ["header"]) else { return [] }
        reader.require("header", wanted: "the header of the message id")
        return reader.strings("header", wanted: "a header name or a list of them").map { $0.lowercased() }
    }

    private func readRoots() -> [JSONPath] {
        guard let value = layer("json_roots").object.member("json_roots") else { return [JSONPath("")] }
        let texts = value.elements.compactMap(\.string)
        if texts.isEmpty || texts.count != value.count {
            problems.add(
                "\(path).json_roots",
                wanted: "a list of paths (\"\" is the whole body)",
                found: value
            )
        }
        return texts.map { JSONPath($0) }
    }

    private enum Duplicates: String, CaseIterable { case reject, any }
    private enum EmptyBody: String, CaseIterable { case accept, reject }
    private enum BodyRule: String, CaseIterable { case any, object }

    private func readLimits() -> SignatureLimits {
        let duplicates: Duplicates? = layer("duplicates").choice("duplicates")
        let emptyBody: EmptyBody? = layer("empty_body").choice("empty_body")
        let body: BodyRule? = layer("body").choice("body")
        let bytes = layer("max_header_bytes").integer("max_header_bytes", in: 64...65_536)
        let count = layer("max_signatures").integer("max_signatures", in: 1...256)
        return SignatureLimits(
            headerBytesMax: bytes.map(Int.init) ?? SignatureLimits.headerBytesDefault,
            signaturesMax: count.map(Int.init) ?? SignatureLimits.signaturesDefault,
            acceptsSeveralHeaders: duplicates == .any,
            refusesEmptyBody: emptyBody == .reject,
            wantsObject: body == .object
        )
    }

    private func readAnswers() -> WebhookAnswers {
        let refusal = layer("bad_signature_status").integer("bad_signature_status", in: 400...499)
        // 410 ends the subscription at Standard Webhooks senders; a wrong secret must stay repairable.
        if refusal == 410 {
            let value = layer("bad_signature_status").object.member("bad_signature_status")
            problems.add(
                "\(path).bad_signature_status",
                wanted: "a status that does not unsubscribe",
                found: value
            )
        }
        return WebhookAnswers(
            badSignatureStatus: refusal.map(Int.init) ?? 401,
            successStatus: layer("success_status").integer("success_status", in: 200...299).map(Int.init)
                ?? 200,
            successBody: layer("success_body").string("success_body", wanted: "a text")
        )
    }

    private func readEvent() -> EventLayout {
        let known = ["payload", "batch", "id", "type", "occurred_at", "object"]
        guard let reader = object("event", known: known) else { return .wholeBody }
        let payload: EventLayout.Payload? = reader.choice("payload")
        let place = "a path, \"header:NAME\", \"signed-id\" or \"body-digest\", or a list of them"
        let id = reader.strings("id", wanted: place).map { EventLayout.Source($0) }
        var moment: EventLayout.Moment?
        if let value = reader.object.member("occurred_at"),
            let time = MemberReader(
                value,
                path: "\(reader.path).occurred_at",
                known: ["at", "format"],
                problems: problems
            )
        {
            time.require("at", wanted: "a path or \"header:NAME\"")
            time.require("format", wanted: "how the time is written, as \"unix-s\"")
            let format: TimestampFormat? = time.choice("format")
            if let format, let at = time.string("at", wanted: "a path or \"header:NAME\"") {
                moment = EventLayout.Moment(source: EventLayout.Source(at), format: format)
            }
        }
        return EventLayout(
            payload: payload ?? .json,
            batch: reader.string("batch", wanted: "a path to the list of events").map { JSONPath($0) },
            id: id.isEmpty ? [.bodyDigest] : id,
            type: reader.strings("type", wanted: place).map { EventLayout.Source($0) },
            occurredAt: moment,
            object: reader.string("object", wanted: "a path to the object").map { JSONPath($0) }
        )
    }
}

extension EventLayout {
    /// For profiles that say nothing: JSON, deduplicated by its digest.
    static let wholeBody = EventLayout(
        payload: .json,
        batch: nil,
        id: [.bodyDigest],
        type: [],
        occurredAt: nil,
        object: nil
    )
}
