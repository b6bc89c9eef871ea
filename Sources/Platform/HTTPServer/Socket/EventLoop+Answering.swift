import CLinux
import Glibc

/// From answers to bytes on the socket.
extension EventLoop {
    /// Stale tickets, second answers and dead connections are ignored.
    func complete(_ ticket: HTTPTicket, _ answer: HTTPAnswer) {
        guard Int(ticket.slot) < connections.count else { return }
        let connection = connections[Int(ticket.slot)]
        guard connection.generation == ticket.generation, connection.phase == .open else { return }
        complete(connection, ticket.sequence, answer)
    }

    /// Answers leave in the order of the requests; one that is early waits.
    func complete(_ connection: Connection, _ number: UInt32, _ answer: HTTPAnswer) {
        guard connection.phase == .open, Int(number &- connection.nextAnswer) < connection.inFlight else {
            return
        }
        guard number == connection.nextAnswer else {
            if connection.early[number] == nil { connection.early[number] = answer }
            return
        }
        if case .raw(let bytes, .continues) = answer {
            connection.output.append(bytes, pool: pool)
            connection.answerDeadline = now &+ core.deadlines.answer
            return markDirty(connection)
        }
        write(connection, answer)
        while !connection.early.isEmpty, connection.inFlight > 0,
            let next = connection.early.removeValue(forKey: connection.nextAnswer)
        {
            write(connection, next)
        }
        connection.answerDeadline =
            connection.inFlight > 0 ? now &+ core.deadlines.answer : .max
        sendContinueIfDue(connection)
        markDirty(connection)
    }

    /// RFC 9110 §10.1.1, behind the answers to earlier requests.
    func sendContinueIfDue(_ connection: Connection) {
        guard connection.owesContinue, connection.inFlight == 0, connection.parser.isInBody else { return }
        connection.owesContinue = false
        append("HTTP/1.1 100 Continue\r\n\r\n", connection)
        markDirty(connection)
    }

    func markDirty(_ connection: Connection) {
        guard !connection.isDirty else { return }
        connection.isDirty = true
        dirty.append(connection)
    }

    func updateInterest(_ connection: Connection) {
        guard connection.phase != .free else { return }
        var interest: UInt32 = 0
        if connection.phase == .lingering || isReading(connection) { interest |= EPOLLIN.rawValue }
        if connection.writeDeadline != .max { interest |= EPOLLOUT.rawValue }
        setInterest(connection, interest)
    }

    /// One send for each connection; resumed connections may add to the list.
    func flushAll() {
        var index = 0
        while index < dirty.count {
            let connection = dirty[index]
            connection.isDirty = false
            if connection.phase == .open { flush(connection) }
            index += 1
        }
        dirty.removeAll(keepingCapacity: true)
    }

    private func flush(_ connection: Connection) {
        if !connection.output.isEmpty, !sendOutput(connection) { return close(connection) }
        if connection.output.isEmpty, connection.resetsAfterOutput { return reset(connection) }
        if connection.output.isEmpty, connection.closesAfterOutput { return beginLingering(connection) }
        let mayResume =
            connection.isPaused && !connection.stopsReading
            && connection.inFlight < core.limits.requestsInFlightPerConnectionMax
            && connection.output.count < core.limits.outputBytesPause
        if mayResume {
            resume(connection)
        } else {
            settleReading(connection)
        }
        guard connection.output.isEmpty, connection.inFlight == 0, !connection.isPaused else { return }
        if connection.peerClosed { return close(connection) }
        closeIfIdle(connection)
    }

    /// False when the connection is gone.
    private func sendOutput(_ connection: Connection) -> Bool {
        let bytes = connection.output.bytes
        let count = send(connection.descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
        if count < 0 {
            guard errno == EAGAIN || errno == EINTR else { return false }
        } else {
            counters.bytesSent += UInt64(count)
            connection.output.dropFirst(count, pool: pool)
        }
        if connection.output.isEmpty {
            connection.writeDeadline = .max
        } else if connection.writeDeadline == .max {
            connection.writeDeadline = now &+ core.deadlines.write
        }
        return true
    }

    /// RFC 9112 §9.6: closing with unread bytes in the kernel would reset the connection, and the peer could lose
    /// the answer. So our side is shut first, and the other is read to its end, within bounds.
    private func beginLingering(_ connection: Connection) {
        if connection.peerClosed { return close(connection) }
        shutdown(connection.descriptor, Int32(SHUT_WR))
        connection.phase = .lingering
        connection.input.release(pool: pool)
        connection.readDeadline = now &+ core.deadlines.linger
        updateInterest(connection)
    }

    private func reset(_ connection: Connection) {
        var rude = linger(l_onoff: 1, l_linger: 0)
        setsockopt(connection.descriptor, SOL_SOCKET, SO_LINGER, &rude, socklen_t(MemoryLayout<linger>.size))
        close(connection)
    }

    // MARK: The wire form

    private func write(_ connection: Connection, _ answer: HTTPAnswer) {
        let marks = connection.marks(of: connection.nextAnswer)
        connection.nextAnswer &+= 1
        counters.answers += 1
        let encoded: EncodedResponse
        switch answer {
        case .encoded(let known): encoded = known
        case .response(let response): encoded = EncodedResponse(response)
        case .raw(let bytes, let ending): return writeRaw(connection, bytes, ending)
        }
        // While draining, the last answer of a connection announces the end.
        let closes =
            marks.contains(.closes) || encoded.closes || (drainDeadline != nil && connection.inFlight == 0)
        encoded.head.withUnsafeBytes { head in
            guard let source = head.baseAddress else { return }
            let offset = connection.output.count
            connection.output.append(source, count: head.count, pool: pool)
            if let target = connection.output.bytes.baseAddress {
                date.text.withUnsafeBytes { date in
                    (target + offset + encoded.dateOffset).copyMemory(
                        from: date.baseAddress ?? source,
                        byteCount: ResponseEncoder.dateBytes
                    )
                }
            }
        }
        if closes {
            append("Connection: close\r\n\r\n", connection)
        } else if marks.contains(.isOld) {
            append("Connection: keep-alive\r\n\r\n", connection)
        } else {
            append("\r\n", connection)
        }
        if !marks.contains(.isHead), encoded.sendsBody { connection.output.append(encoded.body, pool: pool) }
        if closes { endAnswers(connection) }
    }

    private func writeRaw(_ connection: Connection, _ bytes: [UInt8], _ ending: HTTPRawEnding) {
        connection.output.append(bytes, pool: pool)
        if case .resets = ending { connection.resetsAfterOutput = true }
        endAnswers(connection)
    }

    /// Nothing may follow: requests behind this one stay unanswered.
    private func endAnswers(_ connection: Connection) {
        counters.abandoned += UInt64(connection.inFlight)
        connection.nextAnswer = connection.nextRequest
        if !connection.early.isEmpty { connection.early = [:] }
        connection.stopsReading = true
        connection.closesAfterOutput = true
        connection.owesContinue = false
    }

    private func append(_ text: StaticString, _ connection: Connection) {
        connection.output.append(text.utf8Start, count: text.utf8CodeUnitCount, pool: pool)
    }
}
