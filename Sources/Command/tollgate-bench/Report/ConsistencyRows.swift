extension BenchReport {
    mutating func addConsistency(_ found: StoredEventsQuery.Consistency) {
        add("not_applied", "not applied", Double(found.notApplied), "")
        add("without_trace", "applied without a trace", Double(found.appliedWithoutTrace), "")
        add("traces_without_event", "traces without an event", Double(found.tracesWithoutEvent), "")
        add("broken_lists", "broken lists of events", Double(found.brokenLists), "")
        add("other_state", "objects in another state than logged", Double(found.otherStateThanLogged), "")
        add("wrong_revisions", "subscriptions not applied exactly once", Double(found.wrongRevisions), "")
        add("flagged", "subscriptions flagged", Double(found.flagged), "")
    }
}
