import CLinux
import Glibc

/// From readable socket to the handler.
extension EventLoop {
    func read(_ connection: Connection) {
        switch connection.phase {
        case .free: return
        case .lingering: return discard(connection)
        case .open: break
        }
        guard isReading(connection) else { return }
        if pool.lentBytes > bufferedBytesMax, !connection.input.isEmpty {
            let isInBody = connection.parser.isInBody
            return refuse(connection, .tooMuchBuffered, isInBody ? marks(of: connection.head) : [])
        }
        // Straight from the loop's scratch when nothing waits; else behind what waits.
        let isPartial = !connection.input.isEmpty
        let room =
            isPartial
            ? connection.input.room(1024, pool: pool)
            : UnsafeMutableRawBufferPointer(start: scratch, count: EventLoop.scratchBytes)
        let count = recv(connection.descriptor, room.baseAddress, room.count, 0)
        if count > 0 {
            counters.bytesReceived += UInt64(count)
            if isPartial {
                connection.input.wrote(count)
                consumeInput(connection)
            } else {
                consumeScratch(connection, count)
            }
        } else if count == 0 {
            connection.peerClosed = true
            // What is in flight is still answered: the peer may have closed only its sending side.
            if connection.inFlight == 0, connection.output.isEmpty { return close(connection) }
            connection.readDeadline = .max
            updateInterest(connection)
        } else if errno != EAGAIN, errno != EINTR {
            close(connection)
        }
    }

    /// More bytes of an open connection are wanted.
    func isReading(_ connection: Connection) -> Bool {
        !connection.isPaused && !connection.stopsReading && !connection.peerClosed
    }

    /// Looks again at what waits, after answers made room.
    func resume(_ connection: Connection) {
        connection.isPaused = false
        if connection.input.isEmpty { settleReading(connection) } else { consumeInput(connection) }
    }

    private func consumeScratch(_ connection: Connection, _ count: Int) {
        let rest = consume(connection, UnsafeMutableRawBufferPointer(start: scratch, count: count))
        if !rest.isEmpty { connection.input.append(scratch + rest.lowerBound, count: rest.count, pool: pool) }
        settleReading(connection)
    }

    private func consumeInput(_ connection: Connection) {
        let bytes = connection.input.bytes
        let rest = consume(connection, bytes)
        // The rest ends where the body's framing was squeezed out, so it is cut at both ends.
        connection.input.truncate(to: rest.upperBound, pool: pool)
        connection.input.dropFirst(rest.lowerBound, pool: pool)
        settleReading(connection)
    }

    /// Parses and handles; the result is the part of `bytes` that belongs to an unfinished request.
    private func consume(_ connection: Connection, _ bytes: UnsafeMutableRawBufferPointer) -> Range<Int> {
        guard let base = bytes.baseAddress else { return 0..<0 }
        var start = 0
        var isTableFresh = false
        while true {
            if connection.stopsReading { return bytes.count..<bytes.count }
            if connection.parser.isBetweenRequests, start < bytes.count, hasTooMuchUnderWay(connection) {
                connection.isPaused = true
                return start..<bytes.count
            }
            let unread = UnsafeRawBufferPointer(rebasing: bytes[(start + connection.cursor)...])
            let step = connection.parser.next(unread, limits: core.limits, table: table)
            switch step.event {
            case .head(let layout):
                isTableFresh = true
                connection.head = layout
                connection.cursor = step.consumed
                connection.bodyCount = 0
                counters.requests += 1
                admit(connection, base + start, bodyHasBegun: unread.count > step.consumed)
            case .body(let from, let count):
                // The body stays in one piece behind its head: chunk framing between the pieces is squeezed out.
                let source = start + connection.cursor + from
                let target = start + Int(connection.head.headBytes) + connection.bodyCount
                if source != target { memmove(base + target, base + source, count) }
                connection.bodyCount += count
                connection.cursor += step.consumed
            case .end:
                connection.cursor += step.consumed
                if !isTableFresh { reread(connection, base + start) }
                handle(connection, base + start)
                start += connection.cursor
                connection.cursor = 0
                isTableFresh = false
            case .needMore:
                connection.cursor += step.consumed
                return start..<squeeze(connection, bytes, start)
            case .refused(let refusal):
                refuse(connection, refusal)
            }
        }
    }

    private func hasTooMuchUnderWay(_ connection: Connection) -> Bool {
        connection.inFlight >= core.limits.requestsInFlightPerConnectionMax
            || connection.output.count >= core.limits.outputBytesPause
    }

    private func admit(_ connection: Connection, _ base: UnsafeMutableRawPointer, bodyHasBegun: Bool) {
        let layout = connection.head
        switch core.handler.admit(requestHead(connection, base)) {
        case .refuse(var response):
            response.closes = true
            connection.stopsReading = true
            let number = connection.beginRequest(marks(of: layout))
            complete(connection, number, .response(response))
        case .accept(let bodyBytesMax):
            if let refusal = connection.parser.accept(layout, bodyBytesMax: bodyBytesMax) {
                return refuse(connection, refusal, marks(of: layout))
            }
            if layout.expectsContinue, layout.hasBody, !bodyHasBegun {
                connection.owesContinue = true
                sendContinueIfDue(connection)
            }
        }
    }

    private func handle(_ connection: Connection, _ base: UnsafeMutableRawPointer) {
        connection.owesContinue = false
        let layout = connection.head
        let requestMarks = marks(of: layout)
        if requestMarks.contains(.closes) { connection.stopsReading = true }
        if connection.inFlight == 0 {
            connection.answerDeadline = now &+ core.deadlines.answer
        }
        let number = connection.beginRequest(requestMarks)
        let ticket = HTTPTicket(
            slot: connection.slot,
            generation: connection.generation,
            sequence: number,
            loop: index
        )
        core.handler.handle(
            requestHead(connection, base),
            body: UnsafeRawBufferPointer(start: base + Int(layout.headBytes), count: connection.bodyCount),
            responder: HTTPResponder(ticket: ticket, sink: core)
        )
    }

    private func refuse(
        _ connection: Connection,
        _ refusal: HTTPRefusal,
        _ requestMarks: RequestMarks = []
    ) {
        counters.refusals[Int(refusal.rawValue)] += 1
        connection.stopsReading = true
        let number = connection.beginRequest(requestMarks.union(.closes))
        complete(connection, number, .response(refusal.response))
    }

    private func requestHead(_ connection: Connection, _ base: UnsafeMutableRawPointer) -> HTTPRequestHead {
        HTTPRequestHead(
            bytes: UnsafeRawBufferPointer(start: base, count: Int(connection.head.headBytes)),
            layout: connection.head,
            fields: table.fields,
            peer: connection.peer,
            proxies: core.proxies,
            number: counters.requests
        )
    }

    /// Fills the loop's table again: other connections used it while the body came.
    private func reread(_ connection: Connection, _ base: UnsafeMutableRawPointer) {
        let head = UnsafeRawBufferPointer(start: base, count: Int(connection.head.headBytes))
        let again = HeadParser.parse(head, limits: core.limits, table: table)
        precondition(again == .complete(connection.head), "a head that was kept reads as it did before")
    }

    private func marks(of layout: HeadLayout) -> RequestMarks {
        var marks: RequestMarks = []
        if layout.method == .head { marks.insert(.isHead) }
        if !layout.keepsAlive { marks.insert(.closes) }
        if layout.minorVersion == 0 { marks.insert(.isOld) }
        return marks
    }

    /// Moves what is not parsed yet next to the body so far; the result is the new end.
    private func squeeze(_ connection: Connection, _ bytes: UnsafeMutableRawBufferPointer, _ start: Int)
        -> Int
    {
        guard connection.cursor > 0, let base = bytes.baseAddress else { return bytes.count }
        let kept = Int(connection.head.headBytes) + connection.bodyCount
        let unread = bytes.count - start - connection.cursor
        if kept < connection.cursor, unread > 0 {
            memmove(base + start + kept, base + start + connection.cursor, unread)
        }
        connection.cursor = kept
        return start + kept + unread
    }

    // MARK: Deadlines of reading

    /// A total deadline for each part of a request, from its first byte; waiting for answers has its own.
    func settleReading(_ connection: Connection) {
        guard connection.phase == .open else { return }
        updateInterest(connection)
        if !isReading(connection) {
            connection.readPhase = .idle
            connection.readDeadline = .max
            return
        }
        let phase: Connection.ReadPhase =
            connection.parser.isInBody ? .body : connection.input.isEmpty ? .idle : .head
        switch phase {
        case .idle:
            connection.readDeadline =
                connection.inFlight > 0 ? .max : now &+ core.deadlines.idle
        case .head, .body:
            guard phase != connection.readPhase || connection.readRequest != connection.nextRequest else {
                return
            }
            connection.readDeadline = now &+ (phase == .head ? core.deadlines.head : core.deadlines.body)
        }
        connection.readPhase = phase
        connection.readRequest = connection.nextRequest
    }

    func checkDeadlines(_ connection: Connection) {
        if now >= connection.writeDeadline { return reset(connection) }
        if now >= connection.answerDeadline {
            counters.refusals[Int(HTTPRefusal.answerTimedOut.rawValue)] += 1
            connection.answerDeadline = .max
            connection.stopsReading = true
            complete(connection, connection.nextAnswer, .response(HTTPRefusal.answerTimedOut.response))
            return
        }
        guard now >= connection.readDeadline else { return }
        connection.readDeadline = .max
        if connection.phase == .lingering { return close(connection) }
        switch connection.readPhase {
        case .idle: close(connection)
        case .head: refuse(connection, .headTimedOut)
        case .body: refuse(connection, .bodyTimedOut, marks(of: connection.head))
        }
    }

    // MARK: Lingering, RFC 9112 §9.6

    private func discard(_ connection: Connection) {
        let count = recv(connection.descriptor, scratch, EventLoop.scratchBytes, 0)
        if count > 0 {
            connection.lingeredBytes += count
            if connection.lingeredBytes > core.limits.lingerBytesMax { close(connection) }
        } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
            close(connection)
        }
    }

    /// Cuts a peer that does not read: what is unsent is thrown away at once.
    private func reset(_ connection: Connection) {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(
            connection.descriptor,
            SOL_SOCKET,
            SO_LINGER,
            &option,
            socklen_t(MemoryLayout<linger>.size)
        )
        close(connection)
    }
}
