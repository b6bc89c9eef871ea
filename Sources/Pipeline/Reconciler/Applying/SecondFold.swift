import CustomerStore
import Database

/// Folds log entries of one second onto the state before them: turns entries into what `Fold` compares, and its
/// result back into what the log keeps.
struct SecondFold {
    let bridge: VersionBridge
    let canLiveAgain: Bool

    /// `nodes` are all entries of one second; none is a hint.
    func fold(before: ObjectEvent.Folded, _ nodes: [ObjectEvent]) throws(DatabaseError) -> ObjectEvent.Folded
    {
        let digests = try StateDigests(before: before, nodes, bridge)
        let start = FoldResult(
            state: digests.before,
            stateHandle: before.event,
            certainty: FoldCertainty(before.certainty),
            asksForRead: false
        )
        var events: [FoldEvent] = []
        for node in nodes { events.append(event(node, digests)) }
        let result = Fold.foldSecond(before: start, events: events)
        if result.stateHandle == before.event, result.state == digests.before {
            return ObjectEvent.Folded(
                state: before.state,
                certainty: StateCertainty(result.certainty),
                event: before.event,
                digest: before.digest,
                apiVersion: before.apiVersion
            )
        }
        let telling = nodes.first { $0.id == result.stateHandle }
        switch result.state {
        case .absent:
            return ObjectEvent.Folded(
                state: .absent,
                certainty: StateCertainty(result.certainty),
                event: nil,
                digest: nil,
                apiVersion: nil
            )
        case .present:
            return ObjectEvent.Folded(
                state: .live,
                certainty: StateCertainty(result.certainty),
                event: result.stateHandle,
                // The text's digest, whatever form was compared: the next fold starts from it.
                digest: telling?.to ?? before.digest,
                apiVersion: telling.map(\.apiVersion) ?? before.apiVersion
            )
        case .tombstone:
            return ObjectEvent.Folded(
                state: .tombstone,
                certainty: StateCertainty(result.certainty),
                event: result.stateHandle,
                digest: nil,
                apiVersion: telling?.apiVersion
            )
        }
    }

    private func event(_ node: ObjectEvent, _ digests: StateDigests) -> FoldEvent {
        let to = digests.to(of: node)
        let tells: FoldEvent.Tells =
            switch node.tells {
            case .birth: .birth(to: to)
            case .arrival: .birthUnlessKnown(to: to)
            case .link: .link(from: digests.from(of: node), to: to)
            case .snapshot, .ending: .snapshot(of: to)
            case .tombstone: .deletion
            case .hint: preconditionFailure("a hint flags the state and is not folded")
            }
        return FoldEvent(
            id: node.eventID,
            handle: node.id,
            second: node.second,
            tells: tells,
            isTerminal: node.isTerminal,
            canLiveAgain: canLiveAgain
        )
    }
}

/// The digests by which the states of one second are compared: those of the text when all were told in one API
/// version, else those of what they decode to.
private struct StateDigests {
    private(set) var before: FoldState
    private var bridged: [Int64: (from: FoldDigest, to: FoldDigest)] = [:]

    init(
        before: ObjectEvent.Folded,
        _ nodes: [ObjectEvent],
        _ bridge: VersionBridge
    ) throws(DatabaseError) {
        switch before.state {
        case .absent: self.before = .absent
        case .tombstone: self.before = .tombstone
        case .live: self.before = .present(FoldDigest(before.digest ?? bridge.stranger()))
        }
        let version = before.state == .live ? before.apiVersion : nodes[0].apiVersion
        // A read may render what an event leaves out: where they do not meet by their text, they may by what it means.
        let isRead = before.state == .live && before.event == nil
        let meets = nodes.contains { $0.from == before.digest || $0.to == before.digest }
        guard isRead && !meets || nodes.contains(where: { $0.apiVersion != version }) else { return }
        for node in nodes {
            guard let ends = try bridge.ends(of: node.id) else { continue }
            bridged[node.id] = (FoldDigest(ends.from), FoldDigest(ends.to))
        }
        if before.state == .live, let digest = try bridge.digest(of: before) {
            self.before = .present(FoldDigest(digest))
        }
    }

    func from(of node: ObjectEvent) -> FoldDigest {
        if let ends = bridged[node.id] { return ends.from }
        guard let from = node.from else { preconditionFailure("a link has the state that it starts from") }
        return FoldDigest(from)
    }

    func to(of node: ObjectEvent) -> FoldDigest {
        if let ends = bridged[node.id] { return ends.to }
        guard let to = node.to else { preconditionFailure("an entry of the log has a snapshot") }
        return FoldDigest(to)
    }
}

extension FoldDigest {
    fileprivate init(_ digest: StateDigest) {
        self.init(high: digest.high, low: digest.low)
    }
}

extension FoldCertainty {
    fileprivate init(_ certainty: StateCertainty) {
        switch certainty {
        case .certain: self = .certain
        case .gap: self = .gap
        case .guess: self = .guess
        }
    }
}

extension StateCertainty {
    init(_ certainty: FoldCertainty) {
        switch certainty {
        case .certain: self = .certain
        case .gap: self = .gap
        case .guess: self = .guess
        }
    }
}
