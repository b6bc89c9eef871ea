import HTTPServer

/// `GET` and `POST /pay/{session}`: the page that stands in for the provider's own, without a card.
struct PayPage {
    let core: SandboxCore

    func answer(_ call: SandboxCall, _ responder: HTTPResponder) {
        guard call.segments.count == 2 else { return responder.respond(page(404, "Nothing is here.", "")) }
        let id = call.segments[1]
        switch call.method {
        case "GET", "HEAD": responder.respond(show(id))
        case "POST": responder.respond(pay(id, call))
        default: responder.respond(page(405, "This page is only shown and sent.", ""))
        }
    }

    private func show(_ id: String) -> HTTPResponse {
        let (session, lines) = core.visit { state, _ in (state.find(id), state.sessionLines[id]) }
        guard let session, session.text("object") == "checkout.session" else {
            return page(404, "There is no such session.", "")
        }
        guard session.text("status") == "open" else {
            return page(410, "This session is \(session.text("status") ?? "closed").", "")
        }
        var rows = ""
        for line in lines?["data"]?.list ?? [] {
            guard let line = line.object else { continue }
            let amount = Self.money(line.integer("amount_total") ?? 0, line.text("currency") ?? "")
            rows +=
                "<li>\(line.integer("quantity") ?? 1) × \(Self.escaped(line.text("description") ?? "")): \(amount)</li>"
        }
        let total = Self.money(session.integer("amount_total") ?? 0, session.text("currency") ?? "")
        let details = session["customer_details"]?.object
        let email = Self.escaped(details?.text("email") ?? "")
        let name = Self.escaped(details?.text("name") ?? "")
        return page(
            200,
            "Pay \(total)",
            """
            <ul>\(rows)</ul>
            <form method="post">
            <p><label>E-mail <input name="email" type="email" required value="\(email)"></label></p>
            <p><label>Name <input name="name" value="\(name)"></label></p>
            <p><button name="outcome" value="paid">Pay</button>
            <button name="outcome" value="delayed">Pay later</button></p>
            </form>
            <p>This is a sandbox: no card, no money.</p>
            """
        )
    }

    private func pay(_ id: String, _ call: SandboxCall) -> HTTPResponse {
        let purchase: Purchase
        let session: WireObject
        do throws(ProviderError) {
            purchase = try read(call)
            session = try carryOut(id, purchase)
        } catch {
            return page(error.status == 404 ? 404 : 409, Self.escaped(error.message), "")
        }
        var response = page(303, "Thank you.", "")
        if let place = session.text("success_url") {
            response.headers.append((name: "Location", value: Self.filled(place, id)))
        }
        return response
    }

    private func carryOut(_ id: String, _ purchase: Purchase) throws(ProviderError) -> WireObject {
        let base = core.baseURL
        let result = core.visit { state, now -> Result<WireObject, ProviderError> in
            do throws(ProviderError) {
                return .success(try state.purchase(id, purchase, now: now, baseURL: base))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private func read(_ call: SandboxCall) throws(ProviderError) -> Purchase {
        var branch = FormBranch()
        try FormDecoder.decode(call.body, into: &branch)
        let parameters = Parameters(branch)
        var purchase = Purchase()
        purchase.email = try parameters.clearable("email", max: 512).value
        purchase.name = try parameters.clearable("name", max: 256).value
        if let word = try parameters.word("outcome", among: ["paid", "delayed", "settled", "failed"]) {
            purchase.outcome = Purchase.Outcome(rawValue: word) ?? .paid
        }
        try parameters.finish()
        return purchase
    }

    // MARK: Text

    /// Stripe puts the session's id in the place of this word.
    private static func filled(_ url: String, _ id: String) -> String {
        var bytes = Array(url.utf8)
        if let place = bytes.firstRange(of: Array("{CHECKOUT_SESSION_ID}".utf8)) {
            bytes.replaceSubrange(place, with: Array(id.utf8))
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func money(_ amount: Int64, _ currency: String) -> String {
        let cents = amount % 100
        return "\(amount / 100).\(cents < 10 ? "0" : "")\(cents) \(escaped(currency.uppercased()))"
    }

    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            default: escaped.append(character)
            }
        }
        return escaped
    }

    /// `title` and `content` are HTML.
    private func page(_ status: Int, _ title: String, _ content: String) -> HTTPResponse {
        HTTPResponse(
            status: status,
            headers: [
                (name: "Content-Type", value: "text/html; charset=utf-8"),
                (name: "Cache-Control", value: "no-store"),
            ],
            body: Array(
                "<!doctype html><html lang=\"en\"><title>\(title)</title><h1>\(title)</h1>\(content)</html>\n"
                    .utf8
            )
        )
    }
}
