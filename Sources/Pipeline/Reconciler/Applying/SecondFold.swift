import CustomerStore
import Database

/// Folds log entries of one second onto the state before them: turns entries into what `Fold` compares, and its
/// result back into what the log keeps.
struct SecondFold {
    let bridge: VersionBridge
    let canLiveAgain: Bool
    /// The API version in which the state before was told; nil when it is not known.
    let versionBefore: String?

    /// `nodes` are all entries of one second.
    func fold(before: ObjectEvent.After, _ nodes: [ObjectEvent]) throws(DatabaseError) -> ObjectEvent.After {
        let digests = try StateDigests(before: before, versionBefore: versionBefore, nodes, bridge)
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
            return ObjectEvent.After(
                state: before.state,
                certainty: StateCertainty(result.certainty),
                event: before.event,
                digest: before.digest
            )
        }
        let telling = nodes.first { $0.id == result.stateHandle }
        switch result.state {
        case .absent:
            return ObjectEvent.After(
                state: .absent,
                certainty: StateCertainty(result.certainty),
                event: nil,
                digest: nil
            )
        case .present:
            return ObjectEvent.After(
                state: .live,
                certainty: StateCertainty(result.certainty),
                event: result.stateHandle,
                // The text's digest, whatever form was compared: the next fold starts from it.
                digest: telling?.to ?? before.digest
            )
        case .tombstone:
            return ObjectEvent.After(
                state: .tombstone,
                certainty: StateCertainty(result.certainty),
                event: result.stateHandle,
                digest: nil
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
        before: ObjectEvent.After,
        versionBefore: String?,
        _ nodes: [ObjectEvent],
        _ bridge: VersionBridge
    ) throws(DatabaseError) {
        switch before.state {
        case .absent: self.before = .absent
        case .tombstone: self.before = .tombstone
        case .live: self.before = .present(FoldDigest(before.digest ?? bridge.stranger()))
        }
        let version = before.state == .live ? versionBefore : nodes[0].apiVersion
        guard nodes.contains(where: { $0.apiVersion != version }) else { return }
        for node in nodes {
            let ends = try bridge.ends(of: node.id)
            bridged[node.id] = (FoldDigest(ends.from), FoldDigest(ends.to))
        }
        if before.state == .live, let event = before.event {
            self.before = .present(FoldDigest(try bridge.ends(of: event).to))
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
    fileprivate init(_ certainty: FoldCertainty) {
        switch certainty {
        case .certain: self = .certain
        case .gap: self = .gap
        case .guess: self = .guess
        }
    }
}
