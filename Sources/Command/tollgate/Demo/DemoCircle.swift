import BillingModel
import Cryptography
import JSON
import Threading
import Timing

/// The whole circle, step by step: a local change goes to the provider, and what happens there comes back.
///
/// Each step waits for what it tells, and no longer than `patienceSeconds`.
struct DemoCircle {
    private static let patienceSeconds: UInt64 = 30

    let gateway: LocalHTTPClient
    /// `127.0.0.1:8481`
    let gatewayAddress: String
    let key: RedactedText
    let sandbox: DemoSandbox
    let terminal: Terminal
    private let monotonic = MonotonicClock.system
    private let began: UInt64

    init(
        gateway: LocalHTTPClient,
        at address: String,
        key: RedactedText,
        sandbox: DemoSandbox,
        terminal: Terminal
    ) {
        self.gateway = gateway
        gatewayAddress = address
        self.key = key
        self.sandbox = sandbox
        self.terminal = terminal
        began = monotonic.nanoseconds()
    }

    /// Throws with the step that failed.
    func run() throws(CommandFailure) {
        terminal.line("The circle, with the sandbox provider on \(sandbox.url):")
        let customer = try makeCustomer()
        let remote = try meetCustomer(customer)
        try awaitWebhook(of: remote)
        let page = try openSession(for: customer)
        try pay(on: page)
        try awaitSubscription(of: customer)
        terminal.line("The circle is closed.")
    }

    // MARK: Steps

    private func makeCustomer() throws(CommandFailure) -> String {
        let made = try ask(
            1,
            "POST",
            "/v1/customers",
            #"{"external_id": "circle-1", "email": "grace@circle.example", "name": "Grace"}"#
        )
        let id = text(made["id"])
        tell(1, "customer \(id) made here, sync \(text(made["sync"]?["state"]))", "/v1/customers/\(id)")
        return id
    }

    private func meetCustomer(_ customer: String) throws(CommandFailure) -> String {
        let remote = try wait(2, "the customer at the provider") { () throws(CommandFailure) in
            sandbox.customer(withMark: customer, under: Metadata.customerKey)
        }
        try wait(2, "the link to the provider's customer") { () throws(CommandFailure) in
            let shown = try ask(2, "GET", "/v1/customers/\(customer)")
            return shown["stripe_customer_id"]?.string == remote ? true : nil
        }
        tell(2, "the provider has it as \(remote)", nil)
        return remote
    }

    private func awaitWebhook(of remote: String) throws(CommandFailure) {
        let target = "/v1/webhook_events?connection=\(DemoCommand.circleConnection)&type=customer.created"
        let event = try wait(3, "customer.created of \(remote), applied") { () throws(CommandFailure) in
            let page = try ask(3, "GET", target)
            let first = page["data"]?.elements.first { _ in true }
            return first.flatMap { $0["state"]?.string == "applied" ? text($0["provider_event_id"]) : nil }
        }
        tell(3, "its webhook customer.created came back as \(event), applied", target)
    }

    private func openSession(for customer: String) throws(CommandFailure) -> String {
        let made = try ask(
            4,
            "POST",
            "/v1/checkout_sessions",
            """
            {"customer_id": "\(customer)", "mode": "subscription", "success_url": "http://127.0.0.1/thanks",
             "line_items": [{"quantity": 2, "price_data": {"unit_amount": 1500, "currency": "eur",
                             "product_name": "Circle", "interval": "month"}}]}
            """
        )
        let id = text(made["id"])
        let url = try wait(4, "the session's page") { () throws(CommandFailure) in
            let shown = try ask(4, "GET", "/v1/checkout_sessions/\(id)")
            return shown["url"]?.string
        }
        tell(4, "checkout session \(id) opened, to be paid on \(url)", "/v1/checkout_sessions/\(id)")
        return url
    }

    private func pay(on page: String) throws(CommandFailure) {
        guard page.hasPrefix(sandbox.url + "/pay/") else {
            throw failure(5, "the page \(page) is not the sandbox's")
        }
        let path = String(page.dropFirst(sandbox.url.count))
        let client = LocalHTTPClient(.loopback(port: sandbox.port))
        let form = "email=grace%40circle.example&name=Grace&outcome=paid"
        let response: LocalHTTPClient.Response
        do throws(LocalHTTPClient.Failure) {
            response = try client.request(
                "POST",
                path,
                headers: [(name: "Content-Type", value: "application/x-www-form-urlencoded")],
                body: Array(form.utf8)
            )
        } catch {
            throw failure(5, "\(error)")
        }
        guard response.status == 303 else { throw failure(5, "the page answered with \(response.status)") }
        tell(5, "paid there, as the page's form does", nil)
    }

    private func awaitSubscription(of customer: String) throws(CommandFailure) {
        let target = "/v1/customers/\(customer)?expand=subscriptions"
        let subscription = try wait(6, "the subscription in the store") { () throws(CommandFailure) in
            let shown = try ask(6, "GET", target)
            let active = shown["subscriptions"]?.elements.first { $0["status"]?.string == "active" }
            return active.map { "\(text($0["id"])) (\(text($0["billing_id"]))) \(text($0["status"]))" }
        }
        tell(6, "subscription \(subscription) is in the store", target)
    }

    // MARK: Asking and telling

    private func tell(_ step: Int, _ words: String, _ target: String?) {
        let milliseconds = "\((monotonic.nanoseconds() - began) / 1_000_000)"
        let padding = String(repeating: " ", count: max(6 - milliseconds.count, 0))
        terminal.line("  \(step) \(padding)\(milliseconds) ms  \(printable(words))")
        if let target { terminal.line("               http://\(gatewayAddress)\(printable(target))") }
    }

    private func failure(_ step: Int, _ reason: String) -> CommandFailure {
        CommandFailure("step \(step) of the circle failed: \(reason)", exitCode: ExitCode.failure)
    }

    @discardableResult
    private func wait<Found>(
        _ step: Int,
        _ what: String,
        until look: () throws(CommandFailure) -> Found?
    ) throws(CommandFailure) -> Found {
        let deadline = monotonic.nanoseconds() + Self.patienceSeconds * 1_000_000_000
        let pause = EventSignal()
        while true {
            if let found = try look() { return found }
            guard monotonic.nanoseconds() < deadline else {
                throw failure(step, "\(what) did not arrive within \(Self.patienceSeconds) s")
            }
            pause.wait(milliseconds: 10)
        }
    }

    private func ask(
        _ step: Int,
        _ method: String,
        _ target: String,
        _ body: String = ""
    ) throws(CommandFailure) -> JSONValue {
        var headers = [(name: "Authorization", value: "Bearer \(key.revealed())")]
        if !body.isEmpty { headers.append((name: "Content-Type", value: "application/json")) }
        let response: LocalHTTPClient.Response
        do throws(LocalHTTPClient.Failure) {
            response = try gateway.request(method, target, headers: headers, body: Array(body.utf8))
        } catch {
            throw failure(step, "\(method) \(target): \(error)")
        }
        guard (200...299).contains(response.status) else {
            let said = printable(String(decoding: response.body.prefix(1_000), as: UTF8.self))
            throw failure(step, "\(method) \(target) was answered with \(response.status): \(said)")
        }
        do throws(JSONError) {
            return try JSONDocument.parse(response.body).root
        } catch {
            throw failure(step, "the answer to \(method) \(target) cannot be read: \(error)")
        }
    }
}
