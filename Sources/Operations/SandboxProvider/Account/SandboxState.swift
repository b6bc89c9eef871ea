import JSON
import Timing

/// The provider's account and everything that is remembered about requests. A value: the room keeps one behind a
/// lock, and each request is one visit.
struct SandboxState: Sendable {
    let apiVersion: String
    /// Whether events owe a delivery.
    let hasWebhook: Bool
    let identifiers: IdentifierMaker
    private var collections: [ObjectCollection]
    var events = EventLog()
    /// Events made since somebody last looked, for the dispatcher.
    var undispatched: [SandboxEvent] = []
    var effects = EffectsLedger()
    var answers = IdempotencyLedger()
    var faults: FaultEngine
    var limiter: RateLimiter?
    /// Line items of sessions, which are told only when asked for.
    var sessionLines: [String: WireObject] = [:]
    var sessionPlans: [String: SessionPlan] = [:]
    var deadlines = ObjectDeadlines()

    init(configuration: SandboxConfiguration, random: RandomSource) {
        apiVersion = configuration.apiVersion
        hasWebhook = configuration.webhook != nil
        identifiers = IdentifierMaker(random: random)
        let derived = DerivedCustomers(count: configuration.customers, seed: configuration.seed)
        collections = ObjectKind.allCases.map { kind in
            ObjectCollection(kind, derived: kind == .customer ? derived : nil)
        }
        faults = FaultEngine(random: random)
        limiter = configuration.rateLimit.map(RateLimiter.init)
    }

    subscript(kind: ObjectKind) -> ObjectCollection {
        get { collections[kind.rawValue] }
        _modify { yield &collections[kind.rawValue] }
    }

    /// The object that an id names, of whatever type.
    func find(_ id: String) -> WireObject? {
        ObjectKind.of(id: id).flatMap { self[$0].live(id) }
    }

    /// The object that a path names.
    func named(_ kind: ObjectKind, _ id: String) throws(ProviderError) -> WireObject {
        guard let object = self[kind].live(id) else { throw .notFound(kind.noun, id) }
        return object
    }

    // MARK: Changes, each with its event

    mutating func create(
        _ kind: ObjectKind,
        _ object: WireObject,
        _ context: CallContext,
        event: String? = nil
    ) {
        self[kind].insert(object)
        emit(event ?? kind.eventPrefix + ".created", object, context)
    }

    /// Puts `changed` in the place of the object; tells it if anything differs.
    @discardableResult
    mutating func update(
        _ kind: ObjectKind,
        _ changed: WireObject,
        _ context: CallContext,
        event: String? = nil
    ) -> WireObject {
        guard let id = changed.text("id"), let before = self[kind].live(id) else { return changed }
        guard !before.differences(to: changed).isEmpty else { return changed }
        self[kind].replace(changed)
        // Empty where only a row changed that the object does not show: an event all the same.
        let former = before.shown.differences(to: changed.shown)
        let type = event ?? kind.eventPrefix + ".updated"
        emit(type, changed, context, former: former.isEmpty ? nil : former)
        return changed
    }

    /// Changes without an event of its own: what Stripe tells by another event.
    mutating func replaceSilently(_ kind: ObjectKind, _ changed: WireObject) {
        self[kind].replace(changed)
    }

    mutating func emit(
        _ type: String,
        _ object: WireObject,
        _ context: CallContext,
        former: WireObject? = nil
    ) {
        if context.telling == .nothing || faults.losesEvent(type: type, now: context.now) { return }
        var writer = JSONWriter(capacity: 1500)
        writer.beginObject()
        writer.key("object")
        object.shown.write(to: &writer)
        if let former {
            writer.key("previous_attributes")
            former.write(to: &writer)
        }
        writer.endObject()
        let created = faults.eventSecond(type: type, now: context.now)
        let event = SandboxEvent(
            id: identifiers.event(now: context.now),
            type: type,
            created: created,
            made: context.now.seconds,
            objectID: object.text("id") ?? "",
            requestID: context.origin.requestID,
            idempotencyKey: context.origin.idempotencyKey,
            apiVersion: apiVersion,
            data: writer.bytes,
            pendingWebhooks: hasWebhook ? 1 : 0
        )
        events.append(event)
        if hasWebhook, context.telling == .webhook { undispatched.append(event) }
    }
}
