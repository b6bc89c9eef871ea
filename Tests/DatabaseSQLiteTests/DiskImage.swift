import Timing

/// What the disk may hold after the power went: all that was synced, and any part of what was not.
struct DiskImage {
    /// What becomes of writes that no finished sync covers.
    enum Fate: CaseIterable {
        case allLost
        case allKept
        /// Up to some write; the rest is lost.
        case prefixKept
        /// Each sector of 512 bytes for itself.
        case sectorsAtRandom
    }

    private(set) var files: [[UInt8]] = [[], [], []]
    /// Rows that were told before the power went.
    private(set) var told: [Int64] = []

    /// `settled` steps lie so far back that all of them are on the disk.
    init(after steps: ArraySlice<DiskStep>, settled: Int, _ fate: Fate, random: RandomSource) {
        let durable = Self.durable(steps).union(steps.indices.prefix(settled))
        // What a later sync covered is applied after what came before it: the order of writes stays.
        let lost = steps.indices.filter { !durable.contains($0) }
        let keptUntil = lost.isEmpty ? 0 : lost[Int(random.next() % UInt64(lost.count))]
        for index in steps.indices {
            let isDurable = durable.contains(index)
            switch steps[index] {
            case .told(let row): told.append(row)
            case .syncBegan, .syncEnded: continue
            case .truncate(let file, let size):
                guard isDurable || Self.keeps(index, keptUntil, fate) else { continue }
                resize(file, to: Int(size))
            case .write(let file, let offset, let bytes):
                if isDurable || fate != .sectorsAtRandom {
                    guard isDurable || Self.keeps(index, keptUntil, fate) else { continue }
                    write(bytes[...], file, Int(offset))
                } else {
                    var start = 0
                    while start < bytes.count {
                        let end = min(start + 512, bytes.count)
                        if random.next() & 1 == 0 { write(bytes[start..<end], file, Int(offset) + start) }
                        start = end
                    }
                }
            }
        }
    }

    private static func keeps(_ index: Int, _ keptUntil: Int, _ fate: Fate) -> Bool {
        switch fate {
        case .allLost: false
        case .allKept, .sectorsAtRandom: true
        case .prefixKept: index <= keptUntil
        }
    }

    /// Places of the steps that a sync which has ended covers.
    private static func durable(_ steps: ArraySlice<DiskStep>) -> Set<Int> {
        var ended: Set<Int> = []
        for case .syncEnded(let number) in steps { ended.insert(number) }
        var durable: Set<Int> = []
        var open: [[Int]] = [[], [], []]
        for index in steps.indices {
            switch steps[index] {
            case .write(let file, _, _), .truncate(let file, _): open[file.rawValue].append(index)
            case .syncBegan(let file, let number) where ended.contains(number):
                durable.formUnion(open[file.rawValue])
                open[file.rawValue] = []
            case .syncBegan, .syncEnded, .told: continue
            }
        }
        return durable
    }

    private mutating func resize(_ file: DiskFile, to size: Int) {
        let count = files[file.rawValue].count
        if size < count {
            files[file.rawValue].removeLast(count - size)
        } else {
            files[file.rawValue] += [UInt8](repeating: 0, count: size - count)
        }
    }

    private mutating func write(_ bytes: ArraySlice<UInt8>, _ file: DiskFile, _ offset: Int) {
        if files[file.rawValue].count < offset + bytes.count { resize(file, to: offset + bytes.count) }
        files[file.rawValue].replaceSubrange(offset..<offset + bytes.count, with: bytes)
    }
}
