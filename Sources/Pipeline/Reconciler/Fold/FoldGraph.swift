/// The links of one second: states as places, each link a step from one to another.
struct FoldGraph {
    private struct Link: Hashable {
        let from: Int
        let to: Int
    }

    /// The two ways of counting, each with its outcome.
    struct Ends {
        /// One way works, or both agree.
        let certain: FoldState?
        /// Both work and disagree: the end with every repeat counted.
        let ambiguous: FoldState?
    }

    private var states: [FoldState] = []
    private var places: [FoldState: Int] = [:]
    private var links: [Link] = []

    var isEmpty: Bool { links.isEmpty }

    func contains(_ state: FoldState) -> Bool { places[state] != nil }

    mutating func link(_ from: FoldState, _ to: FoldState) {
        links.append(Link(from: place(of: from), to: place(of: to)))
    }

    private mutating func place(of state: FoldState) -> Int {
        if let place = places[state] { return place }
        states.append(state)
        places[state] = states.count - 1
        return states.count - 1
    }

    /// Connected pieces, each as the numbers of its links, in the order of their first link.
    func pieces() -> [[Int]] {
        var root = Array(states.indices)
        func find(_ place: Int) -> Int {
            var place = place
            while root[place] != place {
                root[place] = root[root[place]]
                place = root[place]
            }
            return place
        }
        for link in links {
            let (from, to) = (find(link.from), find(link.to))
            root[from] = to
        }
        var pieces: [[Int]] = []
        var numberOfRoot: [Int: Int] = [:]
        for (number, link) in links.enumerated() {
            let top = find(link.from)
            if let piece = numberOfRoot[top] {
                pieces[piece].append(number)
            } else {
                numberOfRoot[top] = pieces.count
                pieces.append([number])
            }
        }
        return pieces
    }

    /// Step 3 for the one piece there is. The provider may send two events for one change, so it is counted once
    /// with repeats and once with each repeated link as one.
    func ends(of piece: [Int], from start: FoldState) -> Ends {
        let repeated = walk(steps(piece), from: start)
        let single = walk(distinctSteps(piece), from: start)
        guard let either = repeated ?? single else { return Ends(certain: nil, ambiguous: nil) }
        if let repeated, let single, repeated.end != single.end {
            let believed = repeated.isWalkable || !single.isWalkable ? repeated : single
            return Ends(certain: nil, ambiguous: states[believed.end])
        }
        // The counts can fit although no single walk takes every step (two ways from one state to another, and
        // none back): then something was missed after all.
        let isWalkable = repeated?.isWalkable == true || single?.isWalkable == true
        return Ends(certain: isWalkable ? states[either.end] : nil, ambiguous: nil)
    }

    /// The piece starts at `state`, or goes round in a circle with `state` on it.
    func begins(_ piece: [Int], at state: FoldState) -> Bool {
        guard let place = places[state] else { return false }
        for steps in [steps(piece), distinctSteps(piece)] {
            let balance = balance(steps)
            guard let own = balance[place] else { continue }
            if own < 0 || balance.values.allSatisfy({ $0 == 0 }) { return true }
        }
        return false
    }

    /// Step 4: where the piece may end. Counted with repeats if that makes one walk, else with each repeated
    /// link as one.
    func candidates(of piece: [Int], from start: FoldState) -> [FoldState] {
        let repeated = balance(steps(piece))
        let isWalk = repeated.values.reduce(0) { $0 + abs($1) } <= 2
        let balance = isWalk ? repeated : self.balance(distinctSteps(piece))
        let ends = balance.filter { $0.value > 0 }.keys
        if !ends.isEmpty { return ends.map { states[$0] } }
        // A circle ends where it began, which is known only if the state before is on it.
        if let place = places[start], balance[place] != nil { return [start] }
        return balance.keys.map { states[$0] }
    }

    private func steps(_ piece: [Int]) -> [Link] { piece.map { links[$0] } }

    private func distinctSteps(_ piece: [Int]) -> [Link] { Array(Set(steps(piece))) }

    /// Links in less links out, for each place that the steps touch.
    private func balance(_ steps: [Link]) -> [Int: Int] {
        var balance: [Int: Int] = [:]
        for step in steps {
            balance[step.from, default: 0] -= 1
            balance[step.to, default: 0] += 1
        }
        return balance
    }

    /// One state with more links in than out, one with more out than in, and that one is `start`: the first is
    /// the end. None of either and `start` on the circle: `start`.
    private func walk(_ steps: [Link], from start: FoldState) -> (end: Int, isWalkable: Bool)? {
        guard let place = places[start] else { return nil }
        let balance = balance(steps)
        guard let own = balance[place] else { return nil }
        let ends = balance.filter { $0.value > 0 }
        let starts = balance.filter { $0.value < 0 }
        if ends.isEmpty { return (place, true) }
        guard ends.count == 1, starts.count == 1, own < 0, let end = ends.first else { return nil }
        return (end.key, end.value == 1)
    }
}
