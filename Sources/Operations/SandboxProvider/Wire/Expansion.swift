/// Puts objects in the place of their ids, where a request asks for it.
enum Expansion {
    /// Of a list's paths the part behind `data`.
    static func ofList(_ paths: [[String]]) throws(ProviderError) -> [[String]] {
        var inner: [[String]] = []
        for path in paths {
            guard path.first == "data", path.count > 1 else {
                throw .invalid(
                    "expand",
                    "This property cannot be expanded (\(path.joined(separator: "."))); lists expand data.*"
                )
            }
            inner.append(Array(path.dropFirst()))
        }
        return inner
    }
}

extension SandboxState {
    /// `object` with every path followed; a path that leads nowhere is refused.
    func expanded(_ object: WireObject, _ paths: [[String]]) throws(ProviderError) -> WireObject {
        guard !paths.isEmpty else { return object }
        var object = object
        for path in paths {
            guard let step = path.first else { continue }
            let rest = Array(path.dropFirst())
            let deeper = rest.isEmpty ? [] : [rest]
            switch object[step] {
            case .text(let id):
                guard let target = find(id) else { throw refused(path) }
                object[step] = .object(try expanded(target, deeper).shown)
            case .object(let inner):
                // An object on the way, or one that an earlier path has put there.
                object[step] = .object(try expanded(inner, deeper))
            case .list(let elements):
                var changed: [WireValue] = []
                for element in elements {
                    guard case .object(let inner) = element else { throw refused(path) }
                    changed.append(.object(try expanded(inner, deeper)))
                }
                object[step] = .list(changed)
            case .null: break
            case nil:
                guard let included = includable(step, of: object) else { throw refused(path) }
                object[step] = .object(try expanded(included, deeper))
            case .boolean, .integer, .number: throw refused(path)
            }
        }
        return object
    }

    /// Members that are only there when asked for.
    private func includable(_ name: String, of object: WireObject) -> WireObject? {
        guard let id = object.text("id") else { return nil }
        switch (object.text("object"), name) {
        case ("checkout.session", "line_items"): return sessionLines[id]
        case ("customer", "subscriptions"):
            let rows = self[.subscription].ranks(indexed: id).compactMap {
                self[.subscription].object(atRank: $0)
            }
            .filter { $0.text("customer") == id && $0.text("status") != "canceled" }
            return ListShape.list(rows, url: "/v1/customers/\(id)/subscriptions")
        case ("invoice", "payments"):
            let rows = self[.invoicePayment].ranks(indexed: id).compactMap {
                self[.invoicePayment].object(atRank: $0)
            }
            return ListShape.list(rows, url: "/v1/invoice_payments?invoice=\(id)")
        default: return nil
        }
    }

    private func refused(_ path: [String]) -> ProviderError {
        .invalid("expand", "This property cannot be expanded (\(path.joined(separator: "."))).")
    }
}
