/// When an object of a connection is read from the provider to be sure of it (provider_api 3.6).
package enum ConfirmPolicy: String, Sendable, Hashable, CaseIterable {
    /// When its events do not link onto the confirmed state.
    case whenNeeded = "when_needed"
    /// After every event of it, or of an object that names it (provider_api 3.3 R1, R2).
    case always
    /// Never: what events tell is believed. Only what a run could not decide is read. So it is, but for runs, for
    /// every connection without an API key.
    case never

    /// Reads of single objects are made of which no run asks.
    package var makesReads: Bool {
        switch self {
        case .whenNeeded, .always: true
        case .never: false
        }
    }
}
