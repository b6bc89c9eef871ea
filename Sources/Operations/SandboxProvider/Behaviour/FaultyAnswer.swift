import HTTPServer

/// Puts one answer on the wire, right or as wrong as a rule wants it.
struct FaultyAnswer: Sendable {
    let core: SandboxCore
    let carriage: Carriage
    let responder: HTTPResponder

    func carryOut() {
        switch carriage.fault {
        case nil, .refuse, .failAfterwards, .latency: whole(carriage.answer)
        case .loseRequest, .loseAnswer: lose(.closes)
        case .reset: lose(.resets)
        case .hold: settle(answered: false)
        case .drip(let milliseconds): drip(milliseconds)
        case .resetMidBody:
            let bytes = wire(carriage.answer)
            cut(Array(bytes.prefix(bytes.count - carriage.answer.body.count / 2)), .resets)
        case .shortBody:
            cut(wire(carriage.answer, lengthAdded: 1000), .closes)
        case .truncatedChunks: cut(truncatedChunks, .closes)
        case .replaceBody(let body, let contentType): whole(replaced(body, contentType))
        case .hugeBody(let count): whole(replaced(Self.huge(count), "application/json"))
        case .wrongID: whole(renamed)
        case .interim(let status):
            responder.respond(raw: Array("HTTP/1.1 \(status) Interim\r\n\r\n".utf8), then: .continues)
            whole(carriage.answer)
        case .dropWebhook, .duplicateWebhook, .swapWebhook, .delayWebhook, .sameSecond, .loseEvent:
            whole(carriage.answer)
        }
    }

    private func settle(answered: Bool) {
        core.visit { state, _ in state.finish(carriage, answered: answered) }
    }

    private func whole(_ answer: SandboxAnswer) {
        settle(answered: true)
        responder.respond(HTTPResponse(answer))
    }

    private func lose(_ ending: HTTPRawEnding) {
        settle(answered: false)
        responder.respond(raw: [], then: ending)
    }

    private func cut(_ bytes: [UInt8], _ ending: HTTPRawEnding) {
        settle(answered: false)
        responder.respond(raw: bytes, then: ending)
    }

    private func drip(_ milliseconds: Int) {
        settle(answered: false)
        Self.drip(wire(carriage.answer), from: 0, each: max(milliseconds, 1), responder, core.delayed)
    }

    private static func drip(
        _ bytes: [UInt8],
        from index: Int,
        each milliseconds: Int,
        _ responder: HTTPResponder,
        _ delayed: DelayedWork
    ) {
        let isLast = index + 1 >= bytes.count
        responder.respond(raw: [bytes[index]], then: isLast ? .closes : .continues)
        if isLast { return }
        delayed.after(milliseconds: Int64(milliseconds)) {
            drip(bytes, from: index + 1, each: milliseconds, responder, delayed)
        }
    }

    // MARK: Forms

    /// The answer as bytes; `Connection: close`, since nothing follows it.
    private func wire(_ answer: SandboxAnswer, lengthAdded: Int = 0) -> [UInt8] {
        head(answer) + Array("Content-Length: \(answer.body.count + lengthAdded)\r\n\r\n".utf8) + answer.body
    }

    private func head(_ answer: SandboxAnswer) -> [UInt8] {
        var text = "HTTP/1.1 \(answer.status) Status\r\n"
        for (name, value) in answer.headers { text += "\(name): \(value)\r\n" }
        text += "Connection: close\r\n"
        return Array(text.utf8)
    }

    private var truncatedChunks: [UInt8] {
        let body = carriage.answer.body
        let size = String(body.count, radix: 16)
        return head(carriage.answer) + Array("Transfer-Encoding: chunked\r\n\r\n\(size)\r\n".utf8)
            + body.dropLast(10)
    }

    private func replaced(_ body: [UInt8], _ contentType: String) -> SandboxAnswer {
        var answer = carriage.answer
        answer.status = 200
        answer.headers = answer.headers.map {
            $0.name == "Content-Type" ? (name: $0.name, value: contentType) : $0
        }
        answer.body = body
        return answer
    }

    private static func huge(_ count: Int) -> [UInt8] {
        let (start, end) = (Array("{\"object\":\"".utf8), Array("\"}".utf8))
        let filling = max(count - start.count - end.count, 0)
        return start + [UInt8](repeating: UInt8(ascii: "x"), count: filling) + end
    }

    /// The same object under the id of another.
    private var renamed: SandboxAnswer {
        var answer = carriage.answer
        guard let object = carriage.object else { return answer }
        let id = Array(object.utf8)
        let other = Array(id.dropLast(4)) + Array("0000".utf8)
        if let place = answer.body.firstRange(of: id) { answer.body.replaceSubrange(place, with: other) }
        return answer
    }
}
