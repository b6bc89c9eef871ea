package import Database

/// What one applied event told of its object, and the object's state before it in order of arrival. A class, because
/// a walk of the log hands it from list to list: copying one touches each of its texts.
package final class ObjectEvent: Sendable {
    package enum Tells: String, Sendable {
        /// The object came to be: a link from "absent".
        case birth
        /// A birth when nothing of the object is known yet, else a snapshot (`checkout.session.completed`).
        case arrival
        /// A change, told with what was before.
        case link
        /// A state, told without what was before.
        case snapshot
        /// The object's end, with its last state, that can still be read (`customer.subscription.deleted`).
        case ending
        /// The object is gone.
        case tombstone
        /// That something changed, and no more.
        case hint
    }

    /// What the events up to some arrival amount to.
    package struct Folded: Sendable {
        package enum State: String, Sendable {
            case absent
            case live
            case tombstone
        }

        package var state: State
        package var certainty: StateCertainty
        /// Inbox number of the event whose snapshot is the state.
        package var event: Int64?
        package var digest: StateDigest?
        /// In which the state was told.
        package var apiVersion: String?

        package init(
            state: State,
            certainty: StateCertainty,
            event: Int64?,
            digest: StateDigest?,
            apiVersion: String?
        ) {
            self.state = state
            self.certainty = certainty
            self.event = event
            self.digest = digest
            self.apiVersion = apiVersion
        }
    }

    /// The inbox number.
    package let id: Int64
    package let object: Int64
    /// The event of this object that was applied before; nil for the first.
    package let previous: Int64?
    /// The provider's `created`, in Unix seconds.
    package let second: Int64
    /// Greatest second among all that were applied before.
    package let priorSecondMax: Int64
    package let tells: Tells
    package let from: StateDigest?
    package let to: StateDigest?
    package let isTerminal: Bool
    package let apiVersion: String?
    /// The fold of all that was applied before.
    package let before: Folded
    /// The provider's id; set when read, taken from the inbox.
    package let eventID: String

    package init(
        id: Int64,
        object: Int64,
        previous: Int64?,
        second: Int64,
        priorSecondMax: Int64,
        tells: Tells,
        from: StateDigest?,
        to: StateDigest?,
        isTerminal: Bool,
        apiVersion: String?,
        before: Folded,
        eventID: String
    ) {
        self.id = id
        self.object = object
        self.previous = previous
        self.second = second
        self.priorSecondMax = priorSecondMax
        self.tells = tells
        self.from = from
        self.to = to
        self.isTerminal = isTerminal
        self.apiVersion = apiVersion
        self.before = before
        self.eventID = eventID
    }

    /// The same entry under the number that its object's row was given.
    package func of(object: Int64) -> ObjectEvent {
        guard object != self.object else { return self }
        return ObjectEvent(
            id: id,
            object: object,
            previous: previous,
            second: second,
            priorSecondMax: priorSecondMax,
            tells: tells,
            from: from,
            to: to,
            isTerminal: isTerminal,
            apiVersion: apiVersion,
            before: before,
            eventID: eventID
        )
    }
}

/// The log of each object's events, a list from the newest arrival back.
package enum ObjectEventsTable {
    private static let insert = Statement(
        "object_events.insert",
        """
        INSERT INTO object_events
            (id, object_id, previous_id, second, prior_second_max, tells, from_digest, to_digest, is_terminal,
             api_version, before_state, before_certainty, before_event_id, before_digest, before_api_version)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
        """
    )
    private static let get = Statement(
        "object_events.get",
        """
        SELECT object_events.object_id, object_events.previous_id, object_events.second,
               object_events.prior_second_max, object_events.tells, object_events.from_digest,
               object_events.to_digest, object_events.is_terminal, object_events.api_version,
               object_events.before_state, object_events.before_certainty, object_events.before_event_id,
               object_events.before_digest, object_events.before_api_version, inbox.event_id
        FROM object_events
        JOIN inbox ON inbox.id = object_events.id
        WHERE object_events.id = $1
        """
    )

    package static func insert(
        _ event: ObjectEvent,
        in transaction: any WriteTransaction
    ) throws(DatabaseError) {
        try transaction.execute(
            insert,
            [
                .integer(event.id), .integer(event.object), .optional(event.previous), .integer(event.second),
                .integer(event.priorSecondMax), .text(event.tells.rawValue), .optional(event.from),
                .optional(event.to), .boolean(event.isTerminal), .optional(event.apiVersion),
                .text(event.before.state.rawValue), .text(event.before.certainty.rawValue),
                .optional(event.before.event), .optional(event.before.digest),
                // Nearly always the event's own, and then not worth its bytes.
                event.before.apiVersion == event.apiVersion ? .null : .text(event.before.apiVersion ?? ""),
            ]
        )
    }

    /// Nil when the event was never applied, or its id was swept.
    package static func get(
        _ id: Int64,
        in transaction: any ReadTransaction
    ) throws(DatabaseError) -> ObjectEvent? {
        try transaction.first(get, [.integer(id)]) { row in
            guard let tells = ObjectEvent.Tells(rawValue: row.text(4)),
                let state = ObjectEvent.Folded.State(rawValue: row.text(9)),
                let certainty = StateCertainty(rawValue: row.text(10))
            else { preconditionFailure("the named checks of table object_events hold") }
            let apiVersion = row.optionalText(8)
            return ObjectEvent(
                id: id,
                object: row.integer(0),
                previous: row.optionalInteger(1),
                second: row.integer(2),
                priorSecondMax: row.integer(3),
                tells: tells,
                from: StateDigest(row.digest(5)),
                to: StateDigest(row.digest(6)),
                isTerminal: row.boolean(7),
                apiVersion: apiVersion,
                before: ObjectEvent.Folded(
                    state: state,
                    certainty: certainty,
                    event: row.optionalInteger(11),
                    digest: StateDigest(row.digest(12)),
                    apiVersion: row.isNull(13) ? apiVersion : row.text(13).isEmpty ? nil : row.text(13)
                ),
                eventID: row.text(14)
            )
        }
    }
}
