/// The events of one second over the state before them. Sections are those of `reference/provider_api.md` 3.5.
struct FoldSecond {
    let before: FoldResult
    /// Each event once, by ascending id.
    let events: [FoldEvent]

    func result() -> FoldResult {
        if let deletion = events.last(where: { $0.tells == .deletion }) {
            return afterDeletion(deletion)
        }
        if before.state == .tombstone {
            // 5: A merchant may give a deleted id to a new object, in a later second; other ids stay dead.
            guard events.contains(where: { isBirth($0) && $0.canLiveAgain }) else { return before }
            return join(from: .absent)
        }
        return join(from: before.state)
    }

    /// 5: A provisional tombstone that always asks for a read; beside a birth nobody knows which came last.
    private func afterDeletion(_ deletion: FoldEvent) -> FoldResult {
        before.followed(
            by: .tombstone,
            toldBy: deletion.handle,
            certainty: events.contains(where: isBirth) ? .guess : .certain,
            asksForRead: true
        )
    }

    private func isBirth(_ event: FoldEvent) -> Bool {
        switch event.tells {
        case .birth: true
        case .birthUnlessKnown: before.state == .absent
        case .link, .snapshot, .deletion: false
        }
    }

    private func join(from start: FoldState) -> FoldResult {
        // 1. Links.
        var graph = FoldGraph()
        var snapshots: [FoldState] = []
        for event in events {
            switch event.tells {
            case .birth(let to):
                graph.link(.absent, .present(to))
            case .birthUnlessKnown(let to) where start == .absent:
                graph.link(.absent, .present(to))
            case .link(let from, let to):
                graph.link(.present(from), .present(to))
            case .birthUnlessKnown(let to), .snapshot(let to):
                snapshots.append(.present(to))
            case .deletion:
                preconditionFailure("deletions are settled before anything is joined")
            }
        }

        // 2. Snapshots: foreign are those that no link tells.
        var foreign: [FoldState] = []
        for snapshot in snapshots where snapshot != start && !graph.contains(snapshot) {
            if !foreign.contains(snapshot) { foreign.append(snapshot) }
        }
        if foreign.isEmpty, graph.isEmpty { return settled(start, .certain) }

        // 3. Certain.
        let pieces = graph.pieces()
        if foreign.isEmpty, pieces.count == 1 {
            let ends = graph.ends(of: pieces[0], from: start)
            if let certain = ends.certain { return settled(certain, .certain) }
            // Both ways of counting work and differ. Nothing is missing, so repeats are believed first.
            if let ambiguous = ends.ambiguous { return settled(ambiguous, .guess) }
        }

        // 4. Otherwise. What begins at the state before came first, so it is not last while there is more.
        var candidates = foreign
        for piece in pieces where !graph.begins(piece, at: start) {
            candidates += graph.candidates(of: piece, from: start)
        }
        if candidates.isEmpty {
            for piece in pieces { candidates += graph.candidates(of: piece, from: start) }
        }
        return settled(best(of: candidates), candidates.count == 1 ? .gap : .guess)
    }

    /// Terminal status first, then the greatest event id among those that tell the state.
    private func best(of candidates: [FoldState]) -> FoldState {
        let ranked = Set(candidates)
        // Events ascend by id: the last one that qualifies has the greatest.
        let telling = events.filter { ranked.contains($0.told) }
        let terminal = Set(telling.filter(\.isTerminal).map(\.told))
        let last = telling.last { terminal.contains($0.told) } ?? telling.last
        guard let last else { preconditionFailure("a candidate is told by an event of this second") }
        return last.told
    }

    private func settled(_ state: FoldState, _ certainty: FoldCertainty) -> FoldResult {
        // The newest telling of the state; it may carry fresher addresses of the kind that is not compared.
        let handle = events.last { $0.told == state }?.handle ?? before.stateHandle
        return before.followed(by: state, toldBy: handle, certainty: certainty)
    }
}
