import BillingModel

/// Splits a batch by object, so that each object's row is read and written once.
enum ObjectGroups {
    /// What tells the objects of a batch apart. A row's number is hashed faster than a key, and one reading of the
    /// store gave all the numbers of a batch: events of one object have the same, or none.
    private enum Name: Hashable {
        case row(Int64)
        case key(ObjectKey)

        init?(_ event: PreparedEvent) {
            guard let key = event.key else { return nil }
            self = event.objectNumber.map { .row($0) } ?? .key(key)
        }
    }

    /// Groups by the number of their object's row, so that what is written together lies on the same pages; new
    /// objects follow in order of arrival. Events of an object keep their order. Events without an object are
    /// groups of their own.
    static func byObject(_ events: [PreparedEvent]) -> [[PreparedEvent]] {
        var groups: [[PreparedEvent]] = []
        groups.reserveCapacity(events.count)
        var places: [Name: Int] = [:]
        places.reserveCapacity(events.count)
        for event in events {
            guard let name = Name(event) else {
                groups.append([event])
                continue
            }
            if let place = places[name] {
                groups[place].append(event)
            } else {
                places[name] = groups.count
                groups.append([event])
            }
        }
        return groups.enumerated().sorted { left, right in
            (left.element[0].objectNumber ?? .max, left.offset) < (
                right.element[0].objectNumber ?? .max, right.offset
            )
        }.map(\.element)
    }
}

extension PreparedEvent {
    var key: ObjectKey? { content.key }
}

extension PreparedEvent.Content {
    /// The object that the event is of; nil when it has none.
    var key: ObjectKey? {
        switch self {
        case .change(let change): change.key
        case .hint(let key): key
        case .ignored, .dead: nil
        }
    }
}
