import BillingModel
import Database
import JSON
import Timing

/// Counters and findings of what one transaction does for a run.
struct RunLedger {
    private let run: RunID
    private var findings: Int64
    var addition = RunAddition()

    /// Nil when the run does not run any more, or is at another step.
    init?(_ run: RunID, step: Int, in transaction: any WriteTransaction) throws(DatabaseError) {
        guard let findings = try RunCoursesTable.findings(of: run, at: step, in: transaction) else {
            return nil
        }
        self.run = run
        self.findings = findings
    }

    /// Counts an object and keeps what was found of it.
    ///
    /// - Parameter isNew: the run meets the object's row for the first time; nil when it has none.
    mutating func enter(
        _ fate: ItemFate,
        of item: PageItem,
        _ page: RunPage,
        isNew: Bool?,
        mode: RunMode,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        let isOnce = try enterFindings(fate, of: item, page, mode: mode, in: transaction)
        // A list that was begun again shows objects of its last second once more.
        guard isNew ?? isOnce else {
            // Unless there is trouble with it now.
            if fate.kind == .failed, isOnce { addition.counters.failed += 1 }
            return
        }
        switch item {
        case .shown: addition.counters.seen += 1
        case .gone, .refused: break
        }
        if page.source == .question { addition.counters.missing += 1 }
        switch fate.kind {
        case .equal: addition.counters.equal += 1
        case .repaired, .created:
            if mode == .apply {
                addition.counters.repaired += 1
            } else {
                addition.counters.differing += 1
            }
        case .raced: addition.counters.raced += 1
        case .tombstoned: addition.counters.tombstoned += 1
        case .failed: addition.counters.failed += 1
        }
    }

    /// False when all of it was found before.
    private mutating func enterFindings(
        _ fate: ItemFate,
        of item: PageItem,
        _ page: RunPage,
        mode: RunMode,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> Bool {
        let isApplied = mode == .apply
        let key = item.key
        switch fate.kind {
        case .equal:
            return true
        case .repaired:
            let action: Finding.Action = isApplied ? .repaired : .wouldRepair
            return try add(fate.differences, key, action, in: transaction)
        case .raced where !fate.differences.isEmpty:
            return try add(fate.differences, key, .raced, in: transaction)
        case .created:
            guard findings < page.copy.createdFindingsMax else { return true }
            let action: Finding.Action = isApplied ? .created : .wouldCreate
            return try add(whole: key, local: nil, remote: #""present""#, action, in: transaction)
        case .raced:
            return try add(whole: key, local: nil, remote: nil, .raced, in: transaction)
        case .tombstoned:
            let action: Finding.Action = isApplied ? .tombstoned : .wouldTombstone
            return try add(whole: key, local: #""present""#, remote: nil, action, in: transaction)
        case .failed:
            return try add(
                whole: key,
                local: nil,
                remote: fate.words.map(Self.text),
                .failed,
                in: transaction
            )
        }
    }

    private mutating func add(
        _ differences: [FieldDifference],
        _ key: ObjectKey,
        _ action: Finding.Action,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> Bool {
        var isNew = false
        for difference in differences {
            let isAdded = try add(
                (key.type, key.id.rawValue),
                difference.field,
                local: difference.local,
                remote: difference.remote,
                action,
                in: transaction
            )
            if isAdded { isNew = true }
        }
        return isNew
    }

    private mutating func add(
        whole key: ObjectKey,
        local: String?,
        remote: String?,
        _ action: Finding.Action,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> Bool {
        try add(
            (key.type, key.id.rawValue),
            nil,
            local: local,
            remote: remote,
            action,
            in: transaction
        )
    }

    /// False when the run has found it already. Beyond the limit it counts as new.
    @discardableResult
    mutating func add(
        _ object: (type: ObjectType, id: String),
        _ field: String?,
        local: String?,
        remote: String?,
        _ action: Finding.Action,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) -> Bool {
        guard findings < PageWriter.findingsMax else { return true }
        let finding = Finding(
            run: run,
            number: findings + 1,
            object: object.type,
            id: object.id,
            field: field,
            local: local,
            remote: remote,
            action: action
        )
        guard try FindingsTable.insert(finding, in: transaction) else { return false }
        findings += 1
        return true
    }

    mutating func add(_ more: RunAddition) {
        addition.join(more)
    }

    func close(now: Timestamp, in transaction: any WriteTransaction) throws(DatabaseError) {
        try RunCoursesTable.add(addition, findings: findings, to: run, now: now, in: transaction)
    }

    static func text(_ words: String) -> String {
        var writer = JSONWriter(capacity: words.utf8.count + 2)
        writer.string(words)
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
