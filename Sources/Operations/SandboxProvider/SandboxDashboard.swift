import Timing

/// Changes at the provider that no client asked for: what a person does in the provider's dashboard, and time.
extension SandboxCore {
    /// Lays `patch` over the object and tells it as an update. Nil when there is none.
    @discardableResult
    func edit(_ id: String, _ patch: WireObject, telling: ChangeTelling = .webhook) -> WireObject? {
        let base = baseURL
        return visit { state, now in
            guard let kind = ObjectKind.of(id: id), var object = state[kind].live(id) else { return nil }
            object.merge(patch)
            for (name, value) in patch["metadata"]?.object?.members ?? [] where value.isNull {
                var metadata = object["metadata"]?.object ?? [:]
                metadata[name] = nil
                object["metadata"] = .object(metadata)
            }
            let origin = EventOrigin(requestID: state.identifiers.request(), idempotencyKey: nil)
            var context = CallContext.automatic(now: now, origin: origin, baseURL: base)
            context.telling = telling
            state.update(kind, object, context)
            return object
        }
    }

    /// False when there is no such object.
    func remove(_ id: String, telling: ChangeTelling = .webhook) -> Bool {
        let base = baseURL
        return visit { state, now in
            guard let kind = ObjectKind.of(id: id), let object = state[kind].live(id) else { return false }
            let origin = EventOrigin(requestID: state.identifiers.request(), idempotencyKey: nil)
            var context = CallContext.automatic(now: now, origin: origin, baseURL: base)
            context.telling = telling
            if kind == .customer { state.cancelAll(of: id, context) }
            state[kind].delete(id)
            state.emit(kind.eventPrefix + ".deleted", object, context)
            return true
        }
    }

    /// False when the session cannot be paid.
    func purchase(_ session: String, _ purchase: Purchase) -> Bool {
        let base = baseURL
        return visit { state, now in
            do throws(ProviderError) {
                _ = try state.purchase(session, purchase, now: now, baseURL: base)
                return true
            } catch {
                return false
            }
        }
    }

    /// Does what has come due by now.
    func passTime() {
        visit { _, _ in }
    }
}

extension CallContext {
    /// For changes that no request asks for.
    static func automatic(
        now: Timestamp,
        origin: EventOrigin = EventOrigin(),
        baseURL: String
    ) -> CallContext {
        CallContext(now: now, origin: origin, parameters: Parameters(FormBranch()), baseURL: baseURL)
    }
}
